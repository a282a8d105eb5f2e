"""The live session: the page's heartbeats on a fixed schedule, what the server pushes, and how it ends.

A browser sends no pings of its own, and every byte hides an idle limit. So the watch sends what the page would send,
and one single ping at its start.
"""

from __future__ import annotations

import math
import os
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from diag.browser.frame_events import Close, Event, Message, Opcode, Ping, Pong, Violation
from diag.dialects import LISTEN_S, Cadence, Conversation, Data, Dialect, Frame
from diag.model import Target
from diag.observations import Beat, Closed, Received, Session, TypeSeen
from diag.probes.pulses import pulses
from diag.probes.pushes import Pushes
from diag.probes.upgrade import Upgraded
from diag.seen import IDLE_DATA, IDLE_PINGS, IDLE_PONGS, PONGS, SEARCHING
from diag.wire.live import LiveSocket

FIRST_BEAT_S = 0.1
"""Late enough to see a server that accepts and closes at once, before anything of ours could be the reason."""
_PING_AFTER_S = 0.02
"""The one ping follows a beat: if its pong waits for the beat's answer, the whole server waits."""
QUICK_BEATS, QUICK_BEAT_S = 5, 0.1
"""When the page's own interval is longer than the watch: a few beats at once, and then silence as the page keeps it."""
_BUSY_S = 0.1
_STEP_S = 0.02
"""How closely it is watched, while an answer is awaited, whether this process runs on time."""
_HELD_UP_MS = 10.0
"""What reading and judging takes at most."""
_LAST_LOOK_S = 0.001
"""After a pause of ours, what came in time may not have been read yet."""
_MANY = 100_000
_RECEIVED_LIMIT = 500
_TYPES_LIMIT = 50
_SAMPLE_LIMIT = 4096
_GREETING_LIMIT = 200
_CLOSE_WAIT_S = 1.0


def watch(
    opened: Upgraded, target: Target, dialect: Dialect, *, variant: str, observe_s: float, stop: Callable[[], bool]
) -> Session:
    """Watches one open socket for `observe_s` seconds, or less: until it ends, until `stop`, or until `target.count`
    beats are answered and every expected type was seen. The socket is closed at the end.

    What the dialect opens with and what it must answer is sent in silent sessions too: no server keeps a client that
    does not introduce itself."""
    if opened.sock is None:
        raise ValueError("the handshake did not open")
    live = LiveSocket(opened.sock, opened.verdict.deflate, opened.rest)
    watcher = _Watcher(
        live,
        target,
        Conversation(dialect.name, opened.verdict.subprotocol),
        variant,
        answers_pings=target.client.answers_pings or variant in (PONGS, IDLE_PONGS),
    )
    watcher.run(observe_s, stop)
    answered = None
    if watcher.closed is None:
        goodbye = watcher.talk.dialect.leave_with()
        watcher.say(goodbye)
        # Whoever was told goodbye may hang up before our Close arrives: MQTT 3.1.1, section 3.14.4, demands it.
        answered = live.close(1000, _CLOSE_WAIT_S) or bool(goodbye and live.ended)
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
    talk: Conversation
    variant: str
    answers_pings: bool = True
    greeting: str = ""
    started: float = field(default_factory=time.monotonic)
    received: list[Received] = field(default_factory=list)
    types: dict[str, TypeSeen] = field(default_factory=dict)
    beats: dict[str, Beat] = field(default_factory=dict)
    waited: dict[str, float] = field(default_factory=dict)  # by a beat that has no answer yet: `live.waited_s` then
    cadence: Cadence = field(default_factory=Cadence)
    pushes: Pushes = field(default_factory=Pushes)
    total: int = 0
    bytes_total: int = 0
    sent: int = 0
    last_received: float = 0.0
    last_sent: float = 0.0
    end: float = math.inf
    closed: Closed | None = None

    def run(self, observe_s: float, stop: Callable[[], bool]) -> None:
        self.end = end = self.started + observe_s
        self.say(self.talk.dialect.open_with())
        while self.talk.listening and self.closed is None and not stop():
            if time.monotonic() >= min(end, self.started + LISTEN_S):
                break
            self._read(min(end, self.started + LISTEN_S))
        if self.weight:
            self._weigh()
        schedule = self._schedule(time.monotonic(), observe_s)
        if self.variant == IDLE_DATA and not schedule:
            return  # a second silent session tells nothing
        while self.closed is None and not self._satisfied() and not stop():
            now = time.monotonic()
            while schedule and now >= schedule[0][0]:
                due, kind = schedule.pop(0)
                self._beat(kind, due)
            if now >= end:
                self._read(now + _LAST_LOOK_S)
                break
            self._read(min(end, schedule[0][0]) if schedule else min(end, now + 0.5))

    @property
    def weight(self) -> int:
        """The size of the one message whose fate is watched, in bytes; 0 in every other session."""
        name, _, size = self.variant.partition("=")
        return int(size) if name == "size" else 0

    def _weigh(self) -> None:
        """The page's own heartbeat, padded with blanks, or only blanks where it is longer than that; and a ping, whose
        pong says that the message before it was taken."""
        beat = next((frame.payload for frame in self._heartbeat(str(uuid.uuid4())) if frame.opcode == Opcode.TEXT), b"")
        payload = beat if len(beat) <= self.weight else b""
        self._send(Opcode.TEXT, payload.ljust(self.weight))
        self._beat("protocol", time.monotonic())

    def _heartbeat(self, identifier: str) -> tuple[Frame, ...]:
        return self.talk.dialect.beat(identifier, int(time.time() * 1000))

    def say(self, frames: Iterable[Frame]) -> None:
        """Sends what the dialect has to say."""
        for frame in frames:
            self._send(Opcode(frame.opcode), frame.payload)

    def _read(self, until: float) -> None:
        arrived, events = self.live.events(until, _STEP_S if self.waited else math.inf)
        for event in events:
            self._take(event, (arrived - self.started) * 1000)
        if self.live.ended and self.closed is None:
            self.closed = Closed(1006, "", False, self.live.ended, self._now())

    def _schedule(self, began: float, observe_s: float) -> list[tuple[float, str]]:
        """When to beat: the page's own grid, or a few quick beats when its interval is longer than the watch."""
        interval = self.target.client.heartbeat_interval_s
        if self.variant == "silent" or self.variant in SEARCHING or self.weight:
            says = {IDLE_PINGS: "protocol", IDLE_DATA: "application" if self.talk.dialect.ping else ""}
            kind = says.get(self.variant)
            return [(began + at, kind) for at in pulses(observe_s, interval)] if kind else []
        count = self.target.count or _MANY
        if self.variant == "busy":
            interval = min(interval, _BUSY_S)
        elif interval > observe_s:
            interval, count = QUICK_BEAT_S, min(count, QUICK_BEATS)
        kind = self.talk.dialect.beat_kind
        at = min(FIRST_BEAT_S, interval)
        beats: list[tuple[float, str]] = [(began + at, kind), (began + at + _PING_AFTER_S, "protocol")]
        while (at := at + interval) < observe_s and len(beats) <= count:
            beats.append((began + at, kind))
        return sorted(beats)

    def _beat(self, kind: str, due: float) -> None:
        identifier = str(uuid.uuid4()) if kind == "application" else os.urandom(6).hex()
        dialect = self.talk.dialect
        ours = self._heartbeat(identifier)
        if self.variant == IDLE_DATA:
            ours = tuple(frame for frame in ours if frame.opcode != Opcode.PING)
        elif kind != dialect.beat_kind or self.variant == IDLE_PINGS or self.weight:
            ours = (Frame(Opcode.PING, identifier.encode()),)
        self.waited[identifier] = self.live.waited_s
        self.say(ours)
        self.beats[identifier] = Beat(kind, (due - self.started) * 1000)

    def _send(self, opcode: Opcode, payload: bytes) -> None:
        self.live.send(opcode, payload, self.end)
        self.sent += 1
        self.last_sent = self._now()

    def _take(self, event: Event, at: float) -> None:
        match event:
            case Message(kind=kind, data=data):
                if not self.greeting and isinstance(data, str):
                    self.greeting = data[:_GREETING_LIMIT]
                self._count(kind, len(data), at, self._message(data, at))
            case Ping(payload=payload):
                self._count("ping", len(payload), at)
                if self.answers_pings:
                    self.live.send(Opcode.PONG, payload, self.end)
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

    def _message(self, data: Data, at: float) -> str | None:
        """Answers a message, notes its type and whether it answers a beat; the type, or None."""
        type_ = None
        for heard in self.talk.hear(data):
            self.say(heard.replies)
            self.cadence.heard(self.talk.dialect, heard, at)
            if heard.role == "pong":
                self._answered("application", heard.identifier, at)
            elif heard.role != "beat":
                self.pushes.heard(heard.content.value)
            type_ = heard.type
            if type_ is not None and (type_ in self.types or len(self.types) < _TYPES_LIMIT):
                known = self.types.get(type_) or TypeSeen(type_, 0, at, str(heard.content.data)[:_SAMPLE_LIMIT])
                self.types[type_] = replace(known, count=known.count + 1)
        return type_

    def _answered(self, kind: str, identifier: str | None, at: float) -> None:
        """Marks the beat that an answer belongs to; an answer that belongs to none is held against the oldest one.

        Its own answer may still come: an unsolicited Pong is allowed (RFC 6455, section 5.5.3).
        """
        waiting = [key for key, beat in self.beats.items() if beat.kind == kind and beat.answered_ms is None]
        own = self.beats.get(identifier) if identifier else None
        if identifier and own:
            answers = own.kind == kind and (own.answered_ms is None or not own.matched)
            key, matched = identifier if answers else "", True
        else:
            key, matched = waiting[0] if waiting else "", identifier is None
        if key:
            held_ms = self._held_ms(key, at)
            self.beats[key] = replace(self.beats[key], answered_ms=at, matched=matched, held_ms=held_ms)

    def _held_ms(self, identifier: str, now_ms: float) -> float:
        """How much of the time from when that beat was due to its first answer was not spent in waiting for it."""
        beat, waited_s = self.beats[identifier], self.waited.pop(identifier, None)
        if waited_s is None:
            return beat.held_ms
        held_ms = now_ms - beat.at_ms - (self.live.waited_s - waited_s) * 1000
        return held_ms if held_ms >= _HELD_UP_MS else 0.0

    def _satisfied(self) -> bool:
        """With a count: enough beats answered, and nothing more to wait for."""
        if self.weight:
            return any(beat.answered_ms is not None for beat in self.beats.values())
        if self.target.count is None or self.variant in SEARCHING:
            return False
        kind = self.talk.dialect.beat_kind
        answered = sum(beat.answered_ms is not None for beat in self.beats.values() if beat.kind == kind)
        return answered >= self.target.count and all(name in self.types for name in self.target.expect)

    def _now(self) -> float:
        return (time.monotonic() - self.started) * 1000

    def session(self, route: str, variant: str) -> Session:
        watched_ms = self.closed.after_ms if self.closed else self._now()
        for name in tuple(self.waited):
            self.beats[name] = replace(self.beats[name], held_ms=self._held_ms(name, watched_ms))
        dialect = self.talk.dialect
        return Session(
            route=route,
            variant=variant,
            watched_ms=watched_ms,
            received=tuple(self.received),
            types=tuple(self.types.values()),
            received_total=self.total,
            bytes_total=self.bytes_total,
            beats=tuple(self.beats.values()),
            sent_total=self.sent,
            closed=self.closed,
            last_received_ms=self.last_received,
            last_sent_ms=self.last_sent,
            greeting=self.greeting,
            server_beats=tuple(Beat("application", *beat) for beat in self.cadence.until(dialect, watched_ms)),
            dialect=dialect.name,
            dialect_why=self.talk.why,
            settled=self.pushes.settled,
        )
