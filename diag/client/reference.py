"""The reference client: what the page's client does, from its first attempt to the end, as events on one clock."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from diag.client import policy
from diag.client.events import ClientEvent
from diag.client.heartbeats import Heartbeats
from diag.client.polling import Polling
from diag.client.session import OpenSession
from diag.dialects import LISTEN_S, Conversation, load
from diag.model import Route, Target
from diag.observations import NoAnswer
from diag.probes.requests import browser_request
from diag.probes.upgrade import Upgraded, upgrade
from diag.wire.dial import Dialer
from diag.wire.live import LiveSocket

FIRST_BEAT_S = 0.1
"""Late enough to see a server that accepts and closes at once, before anything of ours could be the reason."""


@dataclass(slots=True)
class ReferenceClient:
    """The page's behaviour on one route, in one thread: handshake, heartbeats, reconnection, fallback.

    `emit` gets every event as it happens, in the thread of `run`; what it takes is taken from the heartbeats.

    `started` is the zero of the events' clock (time.monotonic()), by default when `run` begins.
    `stable_s`: a session must live so long to set the count of attempts back; 0 is the naive way, at every open.
    `reprobe_s`: when the policy's attempts are used up, try again so often. None, as in the incident: never again.
    `waits`: the delays before the attempts after a loss, afresh for each loss; by default the target's policy.
    `count`: end when so many heartbeats are answered or missed. `pings`: send the protocol's ping beside each beat.
    `leave_code`: what an open session is closed with at the end; a page that is reloaded sends 1001.
    """

    target: Target
    route: Route
    emit: Callable[[ClientEvent], None]
    _: KW_ONLY
    started: float | None = None
    stable_s: float = 0.0
    reprobe_s: float | None = None
    waits: Callable[[], Iterator[float]] | None = None
    count: int | None = None
    pings: bool = False
    leave_code: int = 1000
    _began: float = field(default=0.0, init=False)
    _end: float = field(default=math.inf, init=False)
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _polling: Polling | None = field(default=None, init=False)
    _gave_up: bool = field(default=False, init=False)
    _beats: int = field(default=0, init=False)

    def run(self, until_s: float = math.inf, stop: threading.Event | None = None) -> None:
        """Lives until `until_s` seconds on the events' clock, until `stop` is set, or until nothing is left to do:
        `count` heartbeats are decided, or the policy gave up and there is neither a fallback nor `reprobe_s`.

        A handshake or a poll that hangs when `stop` is set is waited for; its own limit is the connect timeout.
        """
        load(self.target.client.dialect)  # an unknown one is an error before it costs a connection
        self._began = time.monotonic() if self.started is None else self.started
        self._end = self._began + until_s
        self._stop = stop or threading.Event()
        left_with = self._live()
        self._say("ended", number=left_with)

    def _live(self) -> int | None:
        """Attempt after attempt; the code that the last session was closed with, if it was open at the end."""
        number, waits = 0, self._waits()
        while True:
            session = self._connect(number)
            if session is not None:
                opened_at = time.monotonic()
                session.run(self._end, self._stop.is_set, self.leave_code)
                self._beats = session.heart.number - 1
                if session.left_with is not None or self._done:
                    return session.left_with
                if time.monotonic() - opened_at >= self.stable_s:
                    number, waits = 0, self._waits()
            if self._over:
                return None
            delay = self._next_delay(number, waits)
            if delay is None:
                return None
            number += 1
            if delay < math.inf:
                self._say("waiting", number=number, value=delay)
            if not self._pause(time.monotonic() + delay):
                return None

    @property
    def _over(self) -> bool:
        return self._stop.is_set() or time.monotonic() >= self._end

    @property
    def _done(self) -> bool:
        return self.count is not None and self._beats >= self.count

    def _waits(self) -> Iterator[float]:
        return self.waits() if self.waits else policy.delays(self.target.client.reconnect)

    def _connect(self, number: int) -> OpenSession | None:
        self._say("attempt", number=number)
        deadline = min(self._end, time.monotonic() + self.target.client.connect_timeout_s)
        opened = upgrade(browser_request(self.target, self.route), Dialer.of(self.target), deadline=deadline)
        if opened.sock is None:
            self._say("refused", number=number, text=refusal(opened), value=opened.exchange.took_ms)
            return None
        self._say("opened", number=number, value=opened.exchange.took_ms)
        if self._polling or self._gave_up:
            self._say("recovered")
        self._polling, self._gave_up = None, False
        conversation = Conversation(self.target.client.dialect, opened.verdict.subprotocol)
        heart = self._heartbeats(LISTEN_S if conversation.listening else FIRST_BEAT_S)
        live = LiveSocket(opened.sock, opened.verdict.deflate, opened.rest)
        return OpenSession(live, conversation, heart, self._tell, self.target.client.answers_pings)

    def _heartbeats(self, first_s: float) -> Heartbeats:
        client = self.target.client
        first_at = time.monotonic() + min(first_s, client.heartbeat_interval_s)
        return Heartbeats(
            client.heartbeat_interval_s,
            client.heartbeat_timeout_s,
            first_at,
            number=self._beats + 1,
            last=self.count,
            pings=self.pings,
        )

    def _next_delay(self, failed: int, waits: Iterator[float]) -> float | None:
        """How long to wait after so many failed attempts since the loss; None when there is nothing more to do."""
        delay, fallback = next(waits, None), self.target.client.fallback
        if fallback and self._polling is None and (delay is None or failed >= fallback.after_attempts):
            self._polling = Polling(self.target, fallback, self._tell, time.monotonic())
            self._say("fallback", number=failed, value=fallback.every_s, text=self._polling.url)
        if delay is not None:
            return delay
        if not self._polling and not self._gave_up:
            self._gave_up = True
            self._say("gave-up", number=failed)
        if self.reprobe_s is None and self._polling:
            return math.inf
        return self.reprobe_s

    def _pause(self, until: float) -> bool:
        """Waits, and polls where it is due; False when the end came first."""
        until = min(until, self._end)
        while not self._over and (now := time.monotonic()) < until:
            due = min(until, self._polling.due) if self._polling else until
            if due > now:
                self._stop.wait(min(due - now, threading.TIMEOUT_MAX))
            elif self._polling:
                self._polling.once(self._end)
        return not self._over

    def _say(self, kind: str, **fields: Any) -> None:
        self._tell(time.monotonic(), kind, **fields)

    def _tell(self, at: float, kind: str, **fields: Any) -> None:
        self.emit(ClientEvent(at - self._began, kind, **fields))


def refusal(opened: Upgraded) -> str:
    """Why a handshake did not open: `tcp-refused`, `403 Forbidden`, or what a browser's console would say."""
    outcome = opened.exchange.outcome
    if isinstance(outcome, NoAnswer):
        return opened.verdict.problem or outcome.reason
    if outcome.status == 101:
        return opened.verdict.message or opened.verdict.problem or "101 without a WebSocket"
    return f"{outcome.status} {outcome.reason}".strip()
