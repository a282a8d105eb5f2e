"""One open socket from its first beat to its end: beats out, frames in, and how it was lost."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from diag.browser.frame_events import Close, Event, Message, Opcode, Ping, Pong, Violation
from diag.client.heartbeats import APPLICATION, PROTOCOL, Beat, Heartbeats
from diag.client.messages import sequence_of, type_of
from diag.client.waiting import acknowledge, readable, writable
from diag.dialects import PING, Conversation, Frame, Heard
from diag.wire.live import LiveSocket

SLICE_S = 0.1
"""So soon does a session notice that it is to stop."""
_READ_S = 0.001
_CLOSE_WAIT_S = 1.0
_ABNORMAL = 1006
_ENDS = {
    "fin": "the connection ended without a Close frame (FIN)",
    "rst": "the connection was reset (RST)",
    "tls-error": "the TLS connection broke",
}

Emit = Callable[..., None]
"""`emit(at, kind, **fields)`: `at` on the clock of time.monotonic(), the fields those of ClientEvent."""


@dataclass(slots=True)
class OpenSession:
    """A live socket with its heartbeats. After `run`, `left_with` is the code that we closed it with, if we did."""

    live: LiveSocket
    conversation: Conversation
    heart: Heartbeats
    emit: Emit
    answers_pings: bool = True
    left_with: int | None = None
    _over: bool = False
    _heard_at: float = 0.0
    _recognised: str = ""

    def run(self, end: float, told_to_stop: Callable[[], bool], leave_code: int) -> None:
        """Beats and reads until the connection is lost, until `end` (time.monotonic()), or until told to stop."""
        self._heard_at = time.monotonic()
        self._understand()
        self._send(*self.conversation.dialect.open_with())
        while not self._over:
            now = time.monotonic()
            if now >= end or told_to_stop() or self.heart.done:
                self._leave(leave_code)
                return
            for beat in self.heart.due(now):
                self._beat(beat)
            self._read(min(self.heart.wake(), end, now + SLICE_S))

    def _read(self, until: float) -> None:
        """Reads what is there before it misses a beat: after a pause of ours, the answer may have come long ago."""
        ready = bool(self.live.rest) or readable(self.live.sock, until)
        looked = time.monotonic()
        if ready:
            arrived, events = self.live.events(looked + _READ_S)
            if self.heart.pings:
                acknowledge(self.live.sock)
            for event in events:
                self._take(event, arrived)
        if self.live.ended and not self._over:
            self._lost(_ABNORMAL, _ENDS[self.live.ended])
        if not self._over:
            self._miss(looked)

    def _beat(self, beat: Beat) -> None:
        identifier = str(uuid.uuid4())
        if beat.kind == self.heart.kind:
            frames = self.conversation.dialect.beat(identifier, int(time.time() * 1000))
        else:
            frames = (Frame(PING, identifier.encode()),)
        self._send(*frames)
        self.heart.sent(beat, identifier, time.monotonic())
        size = sum(len(frame.payload) for frame in frames)
        self.emit(beat.due, "beat", number=beat.number, text=beat.kind, size=size)

    def _send(self, *frames: Frame) -> None:
        """Nothing is sent to a peer that reads nothing: waiting for room would hold up everything else."""
        for frame in frames:
            if writable(self.live.sock):
                self.live.send(Opcode(frame.opcode), frame.payload)

    def _understand(self) -> None:
        """The dialect as far as it is known by now."""
        self.heart.kind = self.conversation.dialect.beat_kind
        if self.conversation.why != self._recognised:
            self._recognised = self.conversation.why
            text = f"{self.conversation.dialect.name}: {self._recognised}"
            self.emit(time.monotonic(), "recognised", text=text)

    def _take(self, event: Event, at: float) -> None:
        if self._over:
            return
        self._heard_at = at
        match event:
            case Message(kind=kind, data=data):
                self._message(kind, data, at)
            case Ping(payload=payload) if self.answers_pings:
                self._send(Frame(Opcode.PONG, payload))
            case Pong(payload=payload):
                self._answered(PROTOCOL, payload.decode("latin-1"), at, len(payload))
            case Close(code=code, reason=reason):
                self._lost(code, reason, clean=True)
            case Violation(problem=problem, message=message):
                self._lost(_ABNORMAL, message or problem)

    def _message(self, kind: str, data: str | bytes, at: float) -> None:
        size = len(data) if isinstance(data, bytes) or data.isascii() else len(data.encode("utf-8", "replace"))
        listening = self.conversation.listening
        for heard in self.conversation.hear(data):
            self._send(*heard.replies)
            if not self._answers(heard, at, size):
                sequence = sequence_of(heard.fields)
                self.emit(at, "message", text=type_of(heard, kind), size=size, sequence=sequence)
            size = 0  # what is packed into one message came once
        if listening:
            self._understand()

    def _answers(self, heard: Heard, at: float, size: int) -> bool:
        """Whether a message answers a heartbeat of ours. Where the dialect correlates, an answer without its
        identifier is nobody's."""
        correlates = self.conversation.dialect.correlation is not None
        identifier = heard.identifier or "" if correlates else None
        return heard.role == "pong" and self._answered(APPLICATION, identifier, at, size)

    def _answered(self, kind: str, identifier: str | None, at: float, size: int) -> bool:
        """Whether a beat was waiting for this answer."""
        beats = self.heart.answered(kind, identifier)
        for beat in beats:
            took = (at - beat.due) * 1000
            self.emit(at, "answered", number=beat.number, value=took, text=kind, size=size)
            size = 0
        return bool(beats)

    def _miss(self, now: float) -> None:
        late = self.heart.overdue(now)
        self._missed(late, now)
        if any(beat.kind == self.heart.kind for beat in late):
            self._lost(_ABNORMAL, self._silence(now))

    def _silence(self, now: float) -> str:
        """A half-open connection in words; where something still arrives, it is the heartbeat that is mute."""
        patience, quiet = self.heart.timeout_s, now - self._heard_at
        if quiet < patience / 2:
            return f"heartbeat unanswered for {patience:g} s, though other frames arrive"
        return f"half-open: no answer for {patience:g} s, nothing arrived for {quiet:.1f} s"

    def _lost(self, code: int, reason: str, clean: bool = False) -> None:
        at = time.monotonic()
        self._abandon(at)
        if clean and writable(self.live.sock):
            self.live.close(code, 0)
        else:
            self.live.sock.close()
        self.emit(at, "closed", number=code, text=reason, clean=clean)

    def _leave(self, code: int) -> None:
        self._over, self.left_with = True, code
        self._send(*self.conversation.dialect.leave_with())
        if writable(self.live.sock):
            self.live.close(code, _CLOSE_WAIT_S)
        else:
            self.live.sock.close()

    def _abandon(self, at: float) -> None:
        self._over = True
        self._missed(self.heart.abandoned(), at)

    def _missed(self, beats: list[Beat], at: float) -> None:
        for beat in beats:
            self.emit(at, "missed", number=beat.number, text=beat.kind, value=(at - beat.due) * 1000)
