"""The live session: the page's heartbeats on a fixed schedule, what the server pushes, and how it ends.

A browser sends no pings of its own, and every byte hides an idle limit. So the watch sends what the page would send,
and one single ping at its start.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from diag.browser.frame_events import Close, Event, Message, Opcode, Ping, Pong, Violation
from diag.dialects import Dialect, parse
from diag.model import Target
from diag.observations import Beat, Closed, Received, Session, TypeSeen
from diag.probes.upgrade import Upgraded
from diag.seen import IDLE
from diag.wire.live import LiveSocket

FIRST_BEAT_S = 0.1
"""Late enough to see a server that accepts and closes at once, before anything of ours could be the reason."""
_PING_AFTER_S = 0.02
"""The one ping follows a beat: if its pong waits for the beat's answer, the whole server waits."""
QUICK_BEATS, QUICK_BEAT_S = 5, 0.1
"""When the page's own interval is longer than the watch: a few beats at once, and then silence as the page keeps it."""
_BUSY_S = 0.1
_MANY = 100_000
_RECEIVED_LIMIT = 500
_TYPES_LIMIT = 50
_SAMPLE_LIMIT = 4096
_CLOSE_WAIT_S = 1.0


def watch(
    opened: Upgraded, target: Target, dialect: Dialect, *, variant: str, observe_s: float, stop: Callable[[], bool]
) -> Session:
    """Watches one open socket for `observe_s` seconds, or less: until it ends, until `stop`, or until `target.count`
    beats are answered and every expected type was seen. The socket is closed at the end."""
    if opened.sock is None:
        raise ValueError("the handshake did not open")
    live = LiveSocket(opened.sock, opened.verdict.deflate, opened.rest)
    watcher = _Watcher(live, target, dialect, silent=variant in ("silent", IDLE), busy=variant == "busy")
    watcher.run(observe_s, stop)
    answered = None
    if watcher.closed is None:
        answered = live.close(1000, _CLOSE_WAIT_S)
    else:
        live.close(watcher.closed.code if watcher.closed.clean else 1002, 0)
    session = watcher.session(opened.exchange.route, variant)
    return replace(
        session,
        close_answered=answered,
        subprotocol=opened.verdict.subprotocol,
        deflate=opened.verdict.deflate is not None,
    )


@dataclass(slots=True)
class _Watcher:
    live: LiveSocket
    target: Target
    dialect: Dialect
    silent: bool = False
    busy: bool = False
    started: float = field(default_factory=time.monotonic)
    received: list[Received] = field(default_factory=list)
    types: dict[str, TypeSeen] = field(default_factory=dict)
    beats: dict[str, Beat] = field(default_factory=dict)
    total: int = 0
    bytes_total: int = 0
    sent: int = 0
    last_received: float = 0.0
    last_sent: float = 0.0
    ended_at: float | None = None
    closed: Closed | None = None

    def run(self, observe_s: float, stop: Callable[[], bool]) -> None:
        end = self.started + observe_s
        schedule = [] if self.silent else self._schedule(observe_s)
        while self.closed is None and not self._satisfied() and not stop():
            now = time.monotonic()
            while schedule and now >= schedule[0][0]:
                due, kind = schedule.pop(0)
                self._beat(kind, due)
            if now >= end:
                break
            arrived, events = self.live.events(min(end, schedule[0][0]) if schedule else min(end, now + 0.5))
            for event in events:
                self._take(event, (arrived - self.started) * 1000)
            if self.live.ended and self.closed is None:
                self.closed = Closed(1006, "", False, self.live.ended, self._now())

    def _schedule(self, observe_s: float) -> list[tuple[float, str]]:
        """When to beat: the page's own grid, or a few quick beats when its interval is longer than the watch."""
        interval = self.target.client.heartbeat_interval_s
        count = self.target.count or _MANY
        if self.busy:
            interval = min(interval, _BUSY_S)
        elif interval > observe_s:
            interval, count = QUICK_BEAT_S, min(count, QUICK_BEATS)
        kind = "application" if self.dialect.ping else "protocol"
        at = min(FIRST_BEAT_S, interval)
        beats = [(self.started + at, kind), (self.started + at + _PING_AFTER_S, "protocol")]
        while (at := at + interval) < observe_s and len(beats) <= count:
            beats.append((self.started + at, kind))
        return sorted(beats)

    def _beat(self, kind: str, due: float) -> None:
        identifier = str(uuid.uuid4())
        if kind == "application":
            text = self.dialect.ping_text(identifier, int(time.time() * 1000))
            self._send(Opcode.TEXT, text.encode())
        else:
            identifier = os.urandom(6).hex()
            self._send(Opcode.PING, identifier.encode())
        self.beats[identifier] = Beat(kind, (due - self.started) * 1000)

    def _send(self, opcode: Opcode, payload: bytes) -> None:
        self.live.send(opcode, payload)
        self.sent += 1
        self.last_sent = self._now()

    def _take(self, event: Event, at: float) -> None:
        match event:
            case Message(kind=kind, data=data):
                self._count(kind, len(data), at, self._message(data, at))
            case Ping(payload=payload):
                self._count("ping", len(payload), at)
                if self.target.client.answers_pings:
                    self.live.send(Opcode.PONG, payload)
            case Pong(payload=payload):
                self._count("pong", len(payload), at)
                self._answered("protocol", payload.decode("latin-1"), at)
            case Close(code=code, reason=reason):
                self.closed = Closed(code, reason, True, "close-frame", at)
            case Violation(problem=problem, message=message) if self.closed is None:
                self.closed = Closed(
                    1006, "", clean=False, how="violation", after_ms=at, problem=problem, message=message
                )

    def _count(self, kind: str, size: int, at: float, type_: str | None = None) -> None:
        self.total += 1
        self.bytes_total += size
        self.last_received = at
        if len(self.received) < _RECEIVED_LIMIT:
            self.received.append(Received(at, kind, size, type_))

    def _message(self, data: str | bytes, at: float) -> str | None:
        """Notes a message's type and whether it answers a beat; the type, or None."""
        message = parse(data) if isinstance(data, str) else None
        type_ = self.dialect.type_of(message) if message else None
        if message and self.dialect.is_pong(message):
            self._answered("application", self.dialect.correlated_id(message), at)
        if type_ is not None and (type_ in self.types or len(self.types) < _TYPES_LIMIT):
            known = self.types.get(type_) or TypeSeen(type_, 0, at, str(data)[:_SAMPLE_LIMIT])
            self.types[type_] = replace(known, count=known.count + 1)
        return type_

    def _answered(self, kind: str, identifier: str | None, at: float) -> None:
        """Marks the beat that an answer belongs to; an answer that belongs to none is held against the oldest one."""
        waiting = [key for key, beat in self.beats.items() if beat.kind == kind and beat.answered_ms is None]
        if identifier in waiting:
            self.beats[identifier] = replace(self.beats[identifier], answered_ms=at)
        elif waiting and identifier not in self.beats:
            self.beats[waiting[0]] = replace(self.beats[waiting[0]], answered_ms=at, matched=identifier is None)

    def _satisfied(self) -> bool:
        """With a count: enough beats answered, and nothing more to wait for."""
        if self.target.count is None:
            return False
        kind = "application" if self.dialect.ping else "protocol"
        answered = sum(beat.answered_ms is not None for beat in self.beats.values() if beat.kind == kind)
        return answered >= self.target.count and all(name in self.types for name in self.target.expect)

    def _now(self) -> float:
        return (time.monotonic() - self.started) * 1000

    def session(self, route: str, variant: str) -> Session:
        return Session(
            route=route,
            variant=variant,
            watched_ms=self.closed.after_ms if self.closed else self._now(),
            received=tuple(self.received),
            types=tuple(self.types.values()),
            received_total=self.total,
            bytes_total=self.bytes_total,
            beats=tuple(self.beats.values()),
            sent_total=self.sent,
            closed=self.closed,
            last_received_ms=self.last_received,
            last_sent_ms=self.last_sent,
        )
