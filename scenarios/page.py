"""One connection of a page: what it says, hears, and when it beats. All of it runs in the engine's greenlet."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from diag.dialects import Conversation
from diag.measures.marks import sequence_of
from diag.observations import Closed
from scenarios.engine import Handler, Session, Spoken, Talk, Timer, loop, masked
from scenarios.metrics import record
from scenarios.scene import beat_id, left_at, missed_code, traffic

if TYPE_CHECKING:
    from scenarios.websocket import WebSocketUser

EXPIRY_SLACK_S = 0.05
"""An answer that came in time may not have been read yet."""
TYPES_LIMIT = 50
"""Kinds of messages that are told apart: servers choose them."""


class Page(Handler):
    """The handler of one session. Small, because a run has as many of them as sessions.

    A push touches no other object of its page's: with thousands of them, none is in the processor's cache.
    """

    __slots__ = (
        "_beats", "_expiry", "_feed", "_learning", "_listens", "_scene", "_sequences", "_waiting", "session", "talk",
        "user",
    )  # fmt: skip

    session: Session
    talk: Talk

    def __init__(self, user: WebSocketUser) -> None:
        """Before the handshake."""
        self.user = user
        self._scene = user.scene
        self._listens = user.listens
        self._sequences = user.sequences
        self._feed = user.feed
        self._learning: Conversation | None = None
        self._beats: Timer | None = None
        self._expiry: Timer | None = None
        self._waiting: dict[str, float] = {}

    def send(self, frame: bytes) -> bool:
        """Takes a masked frame; False when the session is not open, or its socket is full."""
        sent = self.session.send(frame)
        if sent:
            traffic.out(frame)
        return sent

    def leave(self) -> None:
        """Says goodbye and closes, as a page does that is left."""
        left = left_at()
        for due in self._waiting.values():
            if record.hangs("heartbeat_rtt_ms", left - due):
                record.unanswered(missed_code(self.talk.dialect), left - due)
        self._waiting.clear()
        if self.session.is_open:
            for frame in self.talk.dialect.leave_with():
                self.send(masked(*frame))
        self.session.close(1001)

    # What the engine tells.

    def on_open(self, session: Session) -> None:
        """The page's first words; heartbeats on a fixed grid from a random moment of the interval on."""
        self.session = session
        scene = self._scene
        record.opened(session.course.took_ms / 1000)
        if scene.talk is not None:
            self.talk = scene.talk
        else:
            self._learning = scene.conversation(session.course.terms.subprotocol)
            self.talk = Talk.of(self._learning.dialect.name)
        for frame in self.talk.dialect.open_with():
            self.send(masked(*frame))
        interval_s, stays_s = scene.client.heartbeat_interval_s, scene.behaviour.session_time
        phase_s = random.uniform(0, interval_s)
        if stays_s is None or phase_s < stays_s:
            self._beats = loop().every(interval_s, phase_s, self._beat)
        self.user.page_opened(self)

    def on_text(self, session: Session, data: bytes, at: float) -> None:  # noqa: ARG002 - the engine's signature
        """An answer, a beat of the server's, or a push."""
        traffic.received += 1
        traffic.bytes_in += len(data)
        if self._learning is not None:
            self._learn(data.decode())
        talk = self.talk
        fields = talk.fields(data)
        role = talk.roles.get(fields.type, "message") if fields is not None else None
        if fields is None or role not in ("message", "pong"):
            self._heard(talk.hear(data), data, at)
        elif role == "pong":
            identifier = fields.identifier
            self._answered(None if identifier is None else str(identifier), at, len(data))
        else:
            self._pushed(fields.type, fields.sent_ms, data, at)
            if self._listens:
                self.user.page_heard(data, at)

    def on_binary(self, session: Session, data: bytes, at: float) -> None:  # noqa: ARG002 - the engine's signature
        """The same in bytes."""
        traffic.received += 1
        traffic.bytes_in += len(data)
        if self._learning is not None:
            self._learn(data)
        self._heard(self.talk.hear_all(data), data, at)

    def on_ping(self, session: Session, payload: bytes, at: float) -> None:  # noqa: ARG002 - the engine's signature
        """Answered by the engine, if the page's client answers pings."""
        traffic.received += 1
        traffic.bytes_in += len(payload)
        if self._scene.client.answers_pings:
            traffic.sent += 1
            traffic.bytes_out += len(payload)

    def on_pong(self, session: Session, payload: bytes, at: float) -> None:  # noqa: ARG002 - the engine's signature
        """A heartbeat's answer, where the application has none of its own."""
        traffic.received += 1
        traffic.bytes_in += len(payload)
        self._answered(payload.decode("latin-1"), at, len(payload))

    def on_closed(self, session: Session, closed: Closed | None) -> None:  # noqa: ARG002 - the engine's signature
        """Nobody waits for answers any more."""
        for timer in (self._beats, self._expiry):
            if timer is not None:
                timer.cancel()
        self.user.page_ended(self, closed)

    # What it means.

    def _learn(self, data: Any) -> None:
        conversation = self._learning
        if conversation is not None:
            conversation.hear(data)
            self.talk = Talk.of(conversation.dialect.name)
            if not conversation.listening:
                self._learning = None

    def _heard(self, spoken: Sequence[Spoken], data: bytes, at: float) -> None:
        pushed = False
        for heard in spoken:
            role = heard.role
            if heard.replies:
                for frame in heard.replies:
                    self.send(frame)
            if role == "pong":
                self._answered(heard.identifier, at, len(data))
            elif role == "greeting":  # which brings no news
                pushed = True
                if self._scene.reports_updates:
                    self.user.page_pushed(heard.type, self._age_s(heard.sent_ms, at), len(data))
            elif role != "beat":
                pushed = True
                self._pushed(heard.type, heard.sent_ms, data, at)
        if pushed and self._listens:
            self.user.page_heard(data, at)

    def _pushed(self, kind: str | None, sent_ms: float | None, data: bytes, at: float) -> None:
        """An update, that old by its time, with others missing before it by its sequence."""
        sequence, missed = sequence_of(data), 0
        if sequence is not None:
            last = self._sequences.get(kind)
            if last is not None and sequence == last + 1:
                self._sequences[kind] = sequence
            else:
                missed = self._missed(kind, last, sequence)
        age_s = self._age_s(sent_ms, at)
        feed = self._feed
        if feed is None:
            feed = self._feed = self.user.feed = record.feed("websocket")
        feed.update(age_s, missed, at)
        if self._scene.reports_updates:
            self.user.page_pushed(kind, age_s, len(data))

    def _age_s(self, sent_ms: float | None, at: float) -> float | None:
        return None if sent_ms is None else at + self._scene.loop.ahead - sent_ms / 1000

    def _missed(self, kind: str | None, last: int | None, sequence: int) -> int:
        """How many updates of this type never came. A lower number is a new count, as after a server's restart."""
        if last is None and len(self._sequences) >= TYPES_LIMIT:
            return 0
        self._sequences[kind] = sequence
        return max(sequence - last - 1, 0) if last is not None else 0

    def _beat(self, due: float) -> None:
        """Never waits for the last one's answer: a slow server must not be asked less often."""
        if not self.session.is_open:  # closing: nothing goes out any more
            return
        identifier = beat_id()
        self._waiting[identifier] = due
        for frame in self.talk.beat(identifier, int(time.time() * 1000)):
            self.send(frame)
        record.beat_sent()
        if self._expiry is None:
            self._expire_at(due + self._scene.client.heartbeat_timeout_s)

    def _answered(self, identifier: str | None, at: float, size: int) -> None:
        """Without a correlation id an answer is the oldest heartbeat's; with somebody else's it is nobody's."""
        if identifier is None and not self.talk.dialect.correlation:
            identifier = next(iter(self._waiting), None)
        due = self._waiting.pop(identifier or "", None)
        if due is not None:
            record.beat(max(at - due, 0.0), size)

    def _expire(self, _due: float) -> None:
        """Gives up what has waited longer than the page's client does. One timer, for the oldest, is enough."""
        timeout_s = self._scene.client.heartbeat_timeout_s
        limit = time.monotonic() - timeout_s
        while (oldest := next(iter(self._waiting), None)) is not None and self._waiting[oldest] <= limit:
            del self._waiting[oldest]
            record.unanswered(missed_code(self.talk.dialect), timeout_s)
        self._expiry = None
        if oldest is not None:
            self._expire_at(self._waiting[oldest] + timeout_s)

    def _expire_at(self, when: float) -> None:
        self._expiry = self._scene.loop.at(when + EXPIRY_SLACK_S, self._expire)
