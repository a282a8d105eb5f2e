"""One open WebSocket: a thin handle that the loop calls when its socket is ready."""

from __future__ import annotations

import logging
import socket
import ssl
import time

from diag.browser.frame_events import Close, Event, Message, Ping, Pong, Violation
from diag.browser.frames import encode_close
from diag.observations import Closed, Exchange
from diag.observations import Session as Observed
from scenarios.engine import inbound
from scenarios.engine.course import Course
from scenarios.engine.endpoint import READ, receive
from scenarios.engine.handler import Handler
from scenarios.engine.inbound import Inbound
from scenarios.engine.loop import IN, OUT, Loop
from scenarios.engine.outbound import fresh_mask, masked

SEND_LIMIT = 1024 * 1024
"""Bytes that may wait for a full socket."""
CLOSE_S = 0.25
LINGER_S = 1.0
"""How long the server may take to hang up first, which keeps TIME_WAIT on its side (RFC 6455, section 7.1.1)."""

_OPEN, _CLOSING, _ENDED, _GONE = range(4)
_PONG_OPCODE = 10
_log = logging.getLogger("wsdiag.engine")


class Session:
    """See `scenarios.engine`. The counters are of frames and payload bytes; times are time.monotonic() seconds."""

    __slots__ = (
        "_awaits", "_course", "_fast", "_inbound", "_sock", "_state", "_tunnel", "_unsent", "bytes_in", "bytes_out",
        "close_answered", "closed", "defect", "handler", "last_received_at", "last_sent_at", "loop", "opened_at",
        "received", "sent",
    )  # fmt: skip

    def __init__(self, loop: Loop, sock: socket.socket, course: Course, handler: Handler) -> None:
        """Made by `Opener`, for a descriptor that the loop watches already."""
        self.handler = handler
        self.opened_at = self.last_received_at = self.last_sent_at = course.at
        self.received = self.bytes_in = self.sent = self.bytes_out = 0
        self.closed: Closed | None = None
        self.close_answered: bool | None = None
        self.defect: Exception | None = None
        self.loop = loop
        self._sock = sock
        self._course = course
        self._tunnel = course.tunnel
        self._state = _OPEN
        self._awaits = False
        self._inbound = Inbound(course.terms.deflate)
        self._fast = course.tunnel is None
        self._unsent: bytearray | None = None

    @property
    def is_open(self) -> bool:
        """Whether frames can be sent."""
        return self._state == _OPEN

    @property
    def course(self) -> Course:
        """What the handshake brought: its observation, the subprotocol, how long it took."""
        return self._course

    def send(self, frame: bytes) -> bool:
        """Takes one encoded frame; False when the session is no longer open or too much is waiting already."""
        sent = self._put(frame)
        if sent and not self._awaits:
            self._awaits = True
            self.loop.awaiting += 1
        return sent

    def close(self, code: int = 1000, reason: str = "", wait_s: float = CLOSE_S) -> None:
        """Begins the close handshake; `on_closed` comes with the server's answer, at the latest after `wait_s`."""
        if self._state != _OPEN:
            return
        self.close_answered = False
        self._ignore_data()
        self._write(encode_close(code, reason, fresh_mask()))
        self._state = _CLOSING
        self.loop.limit(self, time.monotonic() + wait_s)

    def abort(self) -> None:
        """Hangs up without a word."""
        if self._state in (_OPEN, _CLOSING):
            self._finish(None, linger=False)
        else:
            self._hang_up()

    def observation(self) -> Observed:
        """The session as the rules read it: made when somebody asks."""
        closed = self.closed
        return Observed(
            route=self._course.plan.request.route,
            variant=self._course.plan.request.variant,
            watched_ms=closed.after_ms if closed else self.ms(time.monotonic()),
            received_total=self.received,
            bytes_total=self.bytes_in,
            sent_total=self.sent,
            closed=closed,
            last_received_ms=self.ms(self.last_received_at),
            last_sent_ms=self.ms(self.last_sent_at),
            close_answered=self.close_answered,
            subprotocol=self._course.terms.subprotocol,
            deflate=self._course.terms.deflate is not None,
        )

    def exchange(self) -> Exchange:
        """Its handshake, likewise."""
        return self._course.exchange()

    # What the loop calls.

    def begin(self, rest: bytes) -> None:
        """The first word, before whatever came behind the handshake's head."""
        try:
            self.handler.on_open(self)
            if rest:
                self.take(rest, self.opened_at)
        except Exception as error:  # as everywhere in the loop
            self.fail(error)

    def ready(self, mask: int) -> None:
        """See `loop.Channel`. What comes most, one whole text frame of an open session, is told without a detour."""
        if mask & OUT and self._unsent is not None:
            self._flush()
        if mask == OUT or self._state == _GONE:
            return
        loop = self.loop
        try:
            data, at = receive(self._sock, loop.now, loop.ahead)
        except OSError as error:
            if not isinstance(error, BlockingIOError):
                self._lost("rst")
            return
        if self._fast and (start := inbound.text_at(data)):
            payload = data[start:]
            if payload.isascii():
                self.received += 1
                self.bytes_in += len(payload)
                self.last_received_at = at
                if self._awaits:
                    self._heard()
                self.handler.on_text(self, payload, at)
                return
        self._arrived(data, at)

    def expired(self) -> None:
        """The server did not answer our Close, or did not hang up after its own."""
        if self._state == _CLOSING:
            self._finish(None, linger=False)
        else:
            self._hang_up()

    def fail(self, error: Exception) -> None:
        """A handler's mistake, or ours: it ends this session alone."""
        if self._state in (_OPEN, _CLOSING):
            self.defect = error
            self._write(encode_close(1011, "", fresh_mask()))
            self._finish(self._abnormal("defect", type(error).__name__, str(error)))
        else:
            self._hang_up()

    def _arrived(self, data: bytes, at: float) -> None:
        """One read, of whatever kind."""
        if len(data) == READ:
            self.loop.more = True
        if self._tunnel is not None:
            self._decrypt(data, at)
        elif data:
            self.take(data, at)
        else:
            self._lost("fin")

    def _decrypt(self, data: bytes, at: float) -> None:
        tunnel = self._tunnel
        if tunnel is None:
            return
        try:
            tunnel.feed(data)
            plaintext = tunnel.read()
        except ssl.SSLError:
            self._lost("tls-error")
            return
        if due := tunnel.pending():
            self._write_raw(due)
        if plaintext:
            self.take(plaintext, at)
        if tunnel.ended or not data:
            self._lost("fin")

    def take(self, data: bytes, at: float) -> None:
        """Bytes of the server's frames, as they came."""
        if self._state == _OPEN:
            self.last_received_at = at
            frames, events = self._inbound.feed(data)
            self._fast = self._inbound.plain and self._tunnel is None
            if len(frames) + len(events) > 1:
                self.loop.merged += 1
            if self._awaits and (frames or events):
                self._heard()
            for first, payload in frames:
                if self._state == _OPEN:
                    self._deliver(first, payload, at)
            self._judge(events, at)
        elif self._state == _CLOSING and self._inbound.answered(data):
            self._answered()

    def _deliver(self, first: int, payload: bytes, at: float) -> None:
        self.received += 1
        self.bytes_in += len(payload)
        match first:
            case inbound.TEXT:
                self.handler.on_text(self, payload, at)
            case inbound.BINARY:
                self.handler.on_binary(self, payload, at)
            case inbound.PONG:
                self.handler.on_pong(self, payload, at)
            case _:
                if self._course.plan.target.client.answers_pings:
                    self._put(masked(_PONG_OPCODE, payload))  # to which nobody answers
                self.handler.on_ping(self, payload, at)

    def _judge(self, events: list[Event], at: float) -> None:
        for event in events:
            if self._state != _OPEN:
                if self._state == _CLOSING and isinstance(event, Close | Violation):
                    self._answered()
                return
            match event:
                case Message(data=str(text)):
                    self._deliver(inbound.TEXT, text.encode(), at)
                case Message(data=bytes(data)):
                    self._deliver(inbound.BINARY, data, at)
                case Ping(payload=payload):
                    self._deliver(inbound.PING, payload, at)
                case Pong(payload=payload):
                    self._deliver(inbound.PONG, payload, at)
                case Close(code=code, reason=reason):
                    self._write(encode_close(code if may_be_sent(code) else 1002, "", fresh_mask()))
                    self._finish(Closed(code, reason, clean=True, how="close-frame", after_ms=self.ms(at)))
                case Violation(problem, code, reason, message):
                    if code is not None:
                        # Chromium says 1002 here, against RFC 6455, section 8.1.
                        self._write(encode_close(1007 if problem == "invalid-utf8" else code, reason, fresh_mask()))
                    self._finish(self._abnormal("violation", problem, message, at))

    def _answered(self) -> None:
        self.close_answered = True
        self._finish(None)

    def _lost(self, how: str) -> None:
        """The stream ended. What a half frame had in it is judged now."""
        if self._state == _OPEN:
            self._judge(self._inbound.finish(), self.loop.now)
            if self._state == _OPEN:
                self._finish(self._abnormal(how), linger=False)
                return
        elif self._state == _CLOSING:
            self._finish(None, linger=False)
            return
        self._hang_up()

    def _ignore_data(self) -> None:
        self._fast = False
        self._inbound.ignore_data()

    def _heard(self) -> None:
        self._awaits = False
        self.loop.awaiting -= 1

    # Ends.

    def _abnormal(
        self, how: str, problem: str | None = None, message: str | None = None, at: float | None = None
    ) -> Closed:
        after_ms = self.ms(self.loop.now if at is None else at)
        return Closed(1006, "", clean=False, how=how, after_ms=after_ms, problem=problem, message=message)

    def _finish(self, closed: Closed | None, *, linger: bool = True) -> None:
        """Tells the handler, once. The socket stays a moment, if it may, for the server to hang up first."""
        self._state = _ENDED
        if self._awaits:
            self._heard()
        self._ignore_data()
        self.closed = closed
        if linger:
            self.loop.limit(self, time.monotonic() + LINGER_S)
            self.ready(IN)
        else:
            self._hang_up()
        try:
            self.handler.on_closed(self, closed)
        except Exception as error:
            self.defect = self.defect or error
            _log.exception("on_closed failed")

    def _hang_up(self) -> None:
        if self._state != _GONE:
            self._state = _GONE
            self._unsent = None
            self._tunnel = None
            self.loop.forget(self._sock.fileno(), self)
            self._sock.close()

    # Sending.

    def _put(self, frame: bytes) -> bool:
        if self._state != _OPEN or not self._write(frame):
            return False
        self.sent += 1
        self.bytes_out += len(frame)
        self.last_sent_at = time.monotonic()
        return True

    def _write(self, data: bytes) -> bool:
        if self._unsent is not None and len(self._unsent) + len(data) > SEND_LIMIT:
            return False
        self._write_raw(self._tunnel.write(data) if self._tunnel is not None else data)
        return True

    def _write_raw(self, data: bytes) -> None:
        """A broken connection shows at the next read, as it does for a page."""
        if self._unsent is not None:
            self._unsent += data
            return
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return
        if sent < len(data):
            self._unsent = bytearray(data[sent:])
            self.loop.change(self._sock.fileno(), IN | OUT)

    def _flush(self) -> None:
        waiting = self._unsent
        if waiting is None:
            return
        try:
            del waiting[: self._sock.send(waiting)]
        except BlockingIOError:
            return
        except OSError:
            waiting.clear()
        if not waiting:
            self._unsent = None
            self.loop.change(self._sock.fileno(), IN)

    def ms(self, at: float) -> float:
        """A time as milliseconds since the session opened."""
        return (at - self.opened_at) * 1000


def may_be_sent(code: int) -> bool:
    """Whether a Close frame may have that code (RFC 6455, section 7.4, and its registry); 1005 stands for none."""
    return 1000 <= code <= 1003 or code == 1005 or 1007 <= code <= 1014 or 3000 <= code <= 4999
