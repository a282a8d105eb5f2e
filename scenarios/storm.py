"""Everybody loses the connection at the same moment, and comes back: what a restarted server or proxy has to bear."""

from __future__ import annotations

import time

from diag.observations import Closed
from scenarios.engine import Timer, loop
from scenarios.metrics import record
from scenarios.page import Page
from scenarios.websocket import WebSocketUser

USUAL_S = 10.0


class ReconnectStormUser(WebSocketUser):
    """A page whose socket is cut, together with all others, every `--wsdiag-storm-every` (default: a third of the run).

    It comes back by the page's policy, spread by chance or (`--wsdiag-jitter false`) all at once. The result's
    `counts` hold `storms`, `storm_sessions_cut` and `storm_sessions_back`; `storm_back_ms`, the time until the last of
    them was back, summed over all storms that ended; and `storm_peak_handshakes_per_s`, the busiest second of the
    worst storm. Each process counts its own: with workers `storms` and `storm_back_ms` are sums over them.
    """

    def page_opened(self, page: Page) -> None:
        """One more that can be cut, or that is back."""
        super().page_opened(page)
        _storm.joined(self)

    def page_ended(self, page: Page, closed: Closed | None) -> None:
        """Cut, or lost otherwise."""
        _storm.members.discard(self)
        super().page_ended(page, closed)

    def again(self) -> None:
        """A cut is a loss to the page: its policy begins anew."""
        self._attempt = 0
        self.come_back()

    def leave(self) -> None:
        """Leaves the storm, too."""
        _storm.left(self)
        super().leave()

    def cut(self) -> None:
        """Hangs up without a word."""
        if self._page is not None:
            self._page.session.abort()


class Storm:
    """The storms of this process: as long as there are users for them."""

    def __init__(self) -> None:
        """Calm."""
        self.members: set[ReconnectStormUser] = set()
        self._timer: Timer | None = None
        self._began = 0.0
        self._missing: set[ReconnectStormUser] = set()
        self._second = self._in_second = self._peak = 0

    def joined(self, user: ReconnectStormUser) -> None:
        """A socket has opened."""
        self.members.add(user)
        if self._timer is None:
            every_s = user.scene.behaviour.storm_every or _usual(user.environment.parsed_options.run_time)
            self._timer = loop().every(every_s, every_s, self._strike)
        elif self._began:
            self._back(user)

    def left(self, user: ReconnectStormUser) -> None:
        """The page is left; with the last one the weather ends."""
        self.members.discard(user)
        self._missing.discard(user)
        if not self.members and self._timer is not None and not self._missing:
            self._timer.cancel()
            self._timer = None
            self._began, self._peak = 0.0, 0

    def _strike(self, _due: float) -> None:
        struck = tuple(self.members)
        self._began = time.monotonic()
        self._missing = set(struck)
        self._second = self._in_second = 0
        record.count("storms")
        record.count("storm_sessions_cut", len(struck))
        for user in struck:
            user.cut()

    def _back(self, user: ReconnectStormUser) -> None:
        took_s = time.monotonic() - self._began
        if int(took_s) != self._second:
            self._second, self._in_second = int(took_s), 0
        self._in_second += 1
        if self._in_second > self._peak:
            record.count("storm_peak_handshakes_per_s", self._in_second - self._peak)
            self._peak = self._in_second
        if user in self._missing:
            self._missing.discard(user)
            record.count("storm_sessions_back")
            if not self._missing:
                record.count("storm_back_ms", round(took_s * 1000))


def _usual(run_time_s: float | None) -> float:
    """Twice before the end of a run; the pages' first handshakes, and their policy, take their time in between."""
    return max(run_time_s / 3, 1.0) if run_time_s else USUAL_S


_storm = Storm()
