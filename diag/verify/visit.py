"""One visit of the page: its socket is opened, what is pushed is looked at closely, and the page leaves."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from diag.browser.frame_events import Close, Event, Message, Opcode, Ping, Violation
from diag.client.messages import sequence_of, type_of
from diag.client.reference import refusal
from diag.client.waiting import writable
from diag.dialects import Conversation, Frame, Heard
from diag.model import Target
from diag.probes.requests import browser_request
from diag.probes.upgrade import upgrade
from diag.verify.ages import fields_of, session_counts, stamp_of
from diag.verify.observed import Push, Visit
from diag.wire.dial import Dialer
from diag.wire.live import LiveSocket

RELOADED, LEFT = 1001, 1000
"""What a page closes with that is reloaded, and what a client closes with that is done."""
_TYPES = 50
_FIRST_BEAT_S = 0.1
_CLOSE_WAIT_S = 1.0
_SLICE_S = 0.1

Done = Callable[[Visit], bool]


def visit(target: Target, until: float, done: Done, *, code: int, then: Callable[[], None] | None = None) -> Visit:
    """Opens the page's route and listens until `done`, until the server ends it, or until `until` (time.monotonic()).

    `then` runs while the socket is still open. The page's heartbeats are sent, and their answers not looked at.
    """
    deadline = min(until, time.monotonic() + target.client.connect_timeout_s)
    opened = upgrade(browser_request(target, target.page_route), Dialer.of(target), deadline=deadline)
    if opened.sock is None:
        return Visit(refused=refusal(opened))
    live = LiveSocket(opened.sock, opened.verdict.deflate, opened.rest)
    with opened.sock:
        visitor = _Visitor(target, live, Conversation(target.client.dialect, opened.verdict.subprotocol))
        visitor.listen(until, done)
        if then:
            then()
        visitor.leave(code)
    return visitor.seen()


@dataclass(slots=True)
class _Visitor:
    target: Target
    live: LiveSocket
    talk: Conversation
    opened: float = field(default_factory=time.monotonic)
    pushes: dict[str, Push] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    shapeless: int = 0
    closed: str = ""
    lasted_ms: float = 0.0

    def listen(self, until: float, done: Done) -> None:
        self._send(*self.talk.dialect.open_with())
        beat_at = self.opened + _FIRST_BEAT_S
        while not self.closed and not done(self.seen()) and (now := time.monotonic()) < until:
            if now >= beat_at:
                beat_at += self.target.client.heartbeat_interval_s
                self._send(*self.talk.dialect.beat(str(uuid.uuid4()), int(time.time() * 1000)))
            at, events = self.live.events(min(until, beat_at, now + _SLICE_S))
            for event in events:
                self._take(event, (at - self.opened) * 1000)
            if self.live.ended and not self.closed:
                self.closed = f"1006, {self.live.ended.upper()} without a Close frame"
        self.lasted_ms = (time.monotonic() - self.opened) * 1000

    def leave(self, code: int) -> None:
        self._send(*self.talk.dialect.leave_with())
        if writable(self.live.sock):
            self.live.close(code, 0 if self.closed else _CLOSE_WAIT_S)

    def seen(self) -> Visit:
        return Visit("", dict(self.pushes), self.shapeless, self.closed, self.lasted_ms, dict(self.counts))

    def _send(self, *frames: Frame) -> None:
        for frame in frames:
            if writable(self.live.sock):
                self.live.send(Opcode(frame.opcode), frame.payload)

    def _take(self, event: Event, at_ms: float) -> None:
        match event:
            case Message(kind=kind, data=data):
                for heard in self.talk.hear(data):
                    self._send(*heard.replies)
                    self._heard(heard, kind, at_ms)
            case Ping(payload=payload) if self.target.client.answers_pings:
                self._send(Frame(Opcode.PONG, payload))
            case Close(code=code, reason=reason):
                self.closed = f"{code} {reason}".strip()
            case Violation(problem=problem, message=message):
                self.closed = f"1006, {message or problem}"

    def _heard(self, heard: Heard, kind: str, at_ms: float) -> None:
        if heard.role in ("pong", "beat"):
            return
        if heard.type is None and heard.role == "message":
            self.shapeless += 1
            return
        name = type_of(heard, kind)
        known = self.pushes.get(name)
        if known is None and len(self.pushes) >= _TYPES:
            return
        if known is None:
            self.pushes[name] = _first(heard, at_ms)
            self.counts |= {f"{name}: {path}": count for path, count in session_counts(heard.fields).items()}
        else:
            self.pushes[name] = _next(known, heard, at_ms)


def _first(heard: Heard, at_ms: float) -> Push:
    sequence, stamp = sequence_of(heard.fields), stamp_of(heard.fields)
    return Push(
        1,
        at_ms,
        at_ms,
        None if sequence is None else (sequence, sequence),
        None if stamp is None else (stamp, stamp),
        frozenset(fields_of(heard.fields)),
    )


def _next(known: Push, heard: Heard, at_ms: float) -> Push:
    """The first and the last number and time; a message without any leaves them as they are."""
    sequence, stamp = sequence_of(heard.fields), stamp_of(heard.fields)
    first, earliest = known.sequences, known.stamps
    return replace(
        known,
        count=known.count + 1,
        last_ms=at_ms,
        sequences=first if sequence is None else (first[0] if first else sequence, sequence),
        stamps=earliest if stamp is None else (earliest[0] if earliest else stamp, stamp),
    )
