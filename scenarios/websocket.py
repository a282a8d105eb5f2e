"""The page's socket under load: opened as a browser opens it, kept alive by the heartbeat, opened again when lost."""

from __future__ import annotations

import random
import time
from typing import Any

from locust import task

from diag.dialects import load as load_dialect
from diag.probes.requests import browser_request
from diag.probes.upgrade import upgrade
from diag.wire.dial import Dialer
from scenarios import causes
from scenarios.failure import WsFailure
from scenarios.pacing import next_due, reconnect_delay
from scenarios.session import LiveSession
from scenarios.user import PageUser

HANGING_S = 1.0
"""A handshake that is this old when the run ends counts as unanswered."""
STABLE_MS = 2000.0
"""A session that lives this long starts the reconnect policy afresh; being accepted alone does not."""
_TYPES_LIMIT = 50
_TYPE_LENGTH = 60

_types: set[str] = set()


class WebSocketUser(PageUser):
    """One page with one socket.

    Reports, as request type `WS`: `connect`, the handshake from name resolution to 101; `heartbeat`, from sending to
    the arrival of its answer; `session`, only when one is lost, without a response time; and with `--wsdiag-updates`,
    `update TYPE`, whose response time is the age of a pushed message. A failure's code is that of `wsdiag explain`.
    """

    def __init__(self, environment: Any) -> None:
        """A user without a socket."""
        super().__init__(environment)
        self._session: LiveSession | None = None
        self._attempt = 0
        self._asked: float | None = None

    @task  # type: ignore[untyped-decorator]
    def live(self) -> None:
        """One step: open the socket, report its loss, or beat. None of them lasts, so that a run can stop."""
        if self._session is None:
            self._open()
        elif self._session.ended:
            self._lose(self._session)
        else:
            self._beat(self._session)

    def wait_time(self) -> float:
        """Waits here while there is a socket, because its end must be noticed at once; 0 is left to wait then."""
        if self._session is None:
            return self.pause_s
        self._session.wait(self._session.due())
        return 0.0

    def on_stop(self) -> None:
        """Closes the socket as a page does that is left (1001).

        A run that ends while its handshakes hang would otherwise have nothing to report, and pass.
        """
        if self._session is not None:
            self._session.close()
        elif self._asked is not None and (waited_s := time.monotonic() - self._asked) > HANGING_S:
            self.report("WS", "connect", waited_s * 1000, failure=WsFailure("handshake-unanswered"))

    def answered(self, rtt_ms: float, size: int) -> None:
        """Reports a heartbeat's round trip."""
        self.report("WS", "heartbeat", rtt_ms, size=size)

    def pushed(self, type_: str, age_ms: float | None, size: int) -> None:
        """Reports a pushed message, if that is wanted: it would inflate the requests per second."""
        if self.environment.parsed_options.wsdiag_updates:
            self.report("WS", f"update {_row_of(type_)}", age_ms, size=size)

    def _open(self) -> None:
        target = self.load.target
        self._asked = time.monotonic()
        deadline = self._asked + target.client.connect_timeout_s
        opened = upgrade(browser_request(target, target.page_route), Dialer.of(target), deadline=deadline)
        self._asked = None
        took_ms = opened.exchange.took_ms
        if opened.sock is None:
            self._plan_reconnect()
            failure = WsFailure(causes.of_handshake(target, opened.exchange))
            self.report("WS", "connect", took_ms, failure=failure)
            return
        self._session = LiveSession(opened, target.client, load_dialect(target.client.dialect), self)
        self.report("WS", "connect", took_ms)

    def _lose(self, session: LiveSession) -> None:
        self._session = None
        if session.lived_ms >= STABLE_MS:
            self._attempt = 0
        self._plan_reconnect()
        code = causes.of_session(self.load.target, session.exchange, session.observation())
        self.report("WS", "session", None, failure=WsFailure(code))

    def _beat(self, session: LiveSession) -> None:
        client = self.load.target.client
        unanswered = "heartbeat-unanswered" if session.dialect.beat_kind == "application" else "pong-missing"
        for _ in range(session.expired()):
            self.report("WS", "heartbeat", client.heartbeat_timeout_s * 1000, failure=WsFailure(unanswered))
        now = time.monotonic()
        if now >= session.next_beat:
            session.next_beat = next_due(session.next_beat, client.heartbeat_interval_s, now)
            session.beat()

    def _plan_reconnect(self) -> None:
        self._attempt += 1
        self.pause_s = reconnect_delay(self.load.target.client.reconnect, self._attempt, random.random())


def _row_of(type_: str) -> str:
    """The type as a name in Locust's table. A server chooses it, so it is cut short, and there is an end to them."""
    shown = "".join(char if char.isprintable() else "?" for char in type_[:_TYPE_LENGTH])
    if shown not in _types and len(_types) >= _TYPES_LIMIT:
        return "(other types)"
    _types.add(shown)
    return shown
