"""One open socket of one user: a greenlet that reads, heartbeats that wait for their answers, and how it ended."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from typing import Any, Protocol

import gevent
from gevent.lock import BoundedSemaphore

from diag.browser.frame_events import Close, Event, Message, Opcode, Ping, Pong, Violation
from diag.dialects import Conversation, Dialect, Frame
from diag.model import Client
from diag.observations import Closed, Session
from diag.probes.upgrade import Upgraded
from diag.wire.live import LiveSocket

CLOSE_S = 0.25
"""How long the end of a run may wait for one server's Close frame. Locust sets no limit to `on_stop`, and a master
waits half a second for the last statistics of its workers, which come after it."""
_QUIET_S = 60.0


class Hearing(Protocol):
    """Who is told what arrives, in the greenlet that reads: it must not block."""

    def answered(self, rtt_ms: float, size: int) -> None:
        """A heartbeat's answer came, so long after the heartbeat was sent."""

    def pushed(self, type_: str, age_ms: float | None, size: int) -> None:
        """A message of the server's own came, so long after its `timestamp`; None without one."""


class LiveSession:
    """A socket from its handshake to its end. Milliseconds and seconds are on the clock of time.monotonic()."""

    def __init__(self, opened: Upgraded, client: Client, dialect: Dialect, hearing: Hearing) -> None:
        """Starts to read. The first heartbeat is due at a random point of the first interval: see `next_beat`."""
        if opened.sock is None:
            raise ValueError("the handshake did not open")
        self.exchange = opened.exchange
        self.started = time.monotonic()
        self.next_beat = self.started + random.uniform(0, client.heartbeat_interval_s)
        self._client = client
        self._talk = Conversation(dialect.name, opened.verdict.subprotocol)
        self._hearing = hearing
        self._socket = LiveSocket(opened.sock, opened.verdict.deflate, opened.rest)
        self._writing = BoundedSemaphore()
        self._waiting: dict[str, float] = {}
        self._sent = self._received = self._bytes = 0
        self._last_sent = self._last_received = self.started
        self._say(self.dialect.open_with())
        self._reader = gevent.spawn(self._read)

    @property
    def dialect(self) -> Dialect:
        """What is spoken; with `auto`, what the server's first messages told."""
        return self._talk.dialect

    @property
    def ended(self) -> bool:
        """Whether the server, the network or a defect of ours has ended it."""
        return bool(self._reader.ready())

    @property
    def lived_ms(self) -> float:
        """How long ago it was opened."""
        return self._ms(time.monotonic())

    def wait(self, until: float) -> None:
        """Returns at that time, or when the session ends."""
        self._reader.join(max(0.0, until - time.monotonic()))

    def due(self) -> float:
        """When there is something to do: the next heartbeat, or the oldest one's time-out."""
        oldest = next(iter(self._waiting.values()), None)
        return self.next_beat if oldest is None else min(self.next_beat, oldest + self._client.heartbeat_timeout_s)

    def beat(self) -> None:
        """Sends a heartbeat. It never waits for the last one's answer: a slow server must not be asked less often."""
        identifier = f"{random.getrandbits(64):016x}"
        self._waiting[identifier] = time.monotonic()
        self._say(self.dialect.beat(identifier, int(time.time() * 1000)))

    def expired(self) -> int:
        """How many heartbeats have waited longer than the page's client does; they are forgotten with that."""
        limit = time.monotonic() - self._client.heartbeat_timeout_s
        late = [identifier for identifier, sent in self._waiting.items() if sent <= limit]
        for identifier in late:
            del self._waiting[identifier]
        return len(late)

    def observation(self) -> Session:
        """The ended session, as the rules read it. A defect of the reader's is raised here, where Locust sees it."""
        self._socket.sock.close()
        closed: Closed = self._reader.get(block=False)
        return Session(
            route=self.exchange.route,
            variant=self.exchange.variant,
            watched_ms=closed.after_ms,
            received_total=self._received,
            bytes_total=self._bytes,
            sent_total=self._sent,
            closed=closed,
            last_received_ms=self._ms(self._last_received),
            last_sent_ms=self._ms(self._last_sent),
            dialect=self.dialect.name,
        )

    def close(self) -> None:
        """Ends it from our side, within `CLOSE_S` seconds whatever the server does."""
        self._reader.kill()
        with gevent.Timeout(CLOSE_S, exception=False):
            for frame in self.dialect.leave_with():
                self._socket.send(Opcode(frame.opcode), frame.payload)
            self._socket.close(1001, CLOSE_S)
        self._socket.sock.close()

    def _read(self) -> Closed:
        while self._socket.ended is None:
            arrived, events = self._socket.events(time.monotonic() + _QUIET_S)
            for event in events:
                closed = self._take(event, arrived)
                if closed is not None:
                    self._socket.close(closed.code if closed.clean else 1002, 0)
                    return closed
        return Closed(1006, "", clean=False, how=self._socket.ended, after_ms=self._ms(time.monotonic()))

    def _take(self, event: Event, arrived: float) -> Closed | None:
        """What one event means; how the session ended, if that was it."""
        match event:
            case Close(code=code, reason=reason):
                return Closed(code, reason, clean=True, how="close-frame", after_ms=self._ms(arrived))
            case Violation(problem=problem, message=text):
                after_ms = self._ms(arrived)
                return Closed(1006, "", clean=False, how="violation", after_ms=after_ms, problem=problem, message=text)
            case Message(data=data):
                self._count(len(data), arrived)
                self._message(data, arrived)
            case Ping(payload=payload):
                self._count(len(payload), arrived)
                if self._client.answers_pings:
                    self._send(Opcode.PONG, payload)
            case Pong(payload=payload):
                self._count(len(payload), arrived)
                self._answer(payload.decode("latin-1"), arrived, len(payload))
        return None

    def _message(self, data: str | bytes, arrived: float) -> None:
        for heard in self._talk.hear(data):
            self._say(heard.replies)
            size = len(heard.content.data)
            if heard.role == "pong":
                self._answer(heard.identifier, arrived, size)
            elif heard.role != "beat":
                kind = "binary" if isinstance(data, bytes) else "json" if heard.fields else "text"
                self._hearing.pushed(heard.type or kind, _age_ms(heard.fields or {}), size)

    def _answer(self, identifier: str | None, arrived: float, size: int) -> None:
        """Without a correlation id an answer is the oldest heartbeat's; with somebody else's it is nobody's."""
        if identifier is None and not self.dialect.correlation:
            identifier = next(iter(self._waiting), None)
        sent = self._waiting.pop(identifier or "", None)
        if sent is not None:
            self._hearing.answered((arrived - sent) * 1000, size)

    def _say(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            self._send(Opcode(frame.opcode), frame.payload)

    def _send(self, opcode: Opcode, payload: bytes) -> None:
        """One frame at a time: the reader's pongs and the user's heartbeats share the socket."""
        with self._writing:
            self._socket.send(opcode, payload)
        self._sent += 1
        self._last_sent = time.monotonic()

    def _count(self, size: int, arrived: float) -> None:
        self._received += 1
        self._bytes += size
        self._last_received = arrived

    def _ms(self, at: float) -> float:
        return (at - self.started) * 1000


def _age_ms(message: dict[str, Any]) -> float | None:
    """How old a message is by its own `timestamp` in Unix milliseconds; both clocks must agree for it to mean much."""
    sent = message.get("timestamp")
    if isinstance(sent, bool) or not isinstance(sent, int | float):
        return None
    return max(0.0, time.time() * 1000 - sent)
