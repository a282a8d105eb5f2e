"""An open WebSocket on the browser's side: what Chromium sends back, and which close event the page gets.

The states and timers are those of net/websockets/websocket_channel.cc. Times are milliseconds of the caller's clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from diag.browser import violations
from diag.browser.extensions import DeflateParameters
from diag.browser.frames import Close, FrameReader, Opcode, Ping, Violation

CLOSING_TIMEOUT_MS = 60_000.0
"""How long Chromium waits for the answer to its own Close."""
TCP_CLOSE_TIMEOUT_MS = 2_000.0
"""How long it waits, with both Close frames exchanged, for the server to end the TCP connection (RFC 6455 §7.1.1)."""


@dataclass(frozen=True, slots=True)
class CloseEvent:
    """The page's close event. 1006 without a reason stands for every end without a Close frame."""

    code: int = 1006
    reason: str = ""
    was_clean: bool = False


class Channel:
    """One connection from `open` to its close event: `event` is None until then, `deadline` is the running timer.

    `sent` lists the frames the browser sent, as opcode and payload; `failure` is the console text of a connection
    that the browser itself ended, for which an `error` event comes before the close event.
    """

    def __init__(self, deflate: DeflateParameters | None) -> None:
        """Start in the state OPEN."""
        self.event: CloseEvent | None = None
        self.failure: str | None = None
        self.deadline: float | None = None
        self.sent: list[tuple[int, bytes]] = []
        self._reader = FrameReader(deflate)
        self._received: Close | None = None
        self._sent_close = False
        self._answering = False

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes that the server sent."""
        self._answering = False
        events = self._reader.feed(data) if self.event is None else []
        if events and events[-1] in violations.UNREADABLE:
            # Chromium takes a read apart before it acts on any of it.
            events = events[-1:]
        for event in events:
            match event:
                case Ping(payload) if not self._sent_close:
                    self.sent.append((Opcode.PONG, payload))
                case Close():
                    self._receive_close(event, now)
                case Violation():
                    self._fail(event)
                case _:
                    pass

    def end_of_stream(self) -> None:
        """Take note that the server closed its side."""
        self._drop(clean=self._received is not None)

    def reset(self, *, at_once: bool = False) -> None:
        """Take note of a TCP reset: the page reads a received code, but never `wasClean`.

        `at_once` is a reset right behind the last bytes: if those were the Close frame, Chromium fails to write its
        answer, and the code is lost too.
        """
        if at_once and self._answering:
            self._received = None
        self._drop(clean=False)

    def send(self, opcode: int, payload: bytes) -> None:
        """Send a message of the page; nothing is sent once closing has begun."""
        if self.event is None and not self._sent_close:
            self.sent.append((opcode, payload))

    def close(self, code: int, reason: str, now: float) -> None:
        """Start the closing handshake, as the page's `close()`; 1005 for a call without a code."""
        if self.event is None and not self._sent_close:
            self._send_close(code, reason)
            self._reader.ignore_data()
            self.deadline = now + CLOSING_TIMEOUT_MS

    def expire(self) -> None:
        """Take note that `deadline` has passed."""
        self._drop(clean=self._received is not None)

    def _receive_close(self, close: Close, now: float) -> None:
        self._received = close
        if not self._sent_close:
            self._send_close(close.code, close.reason)
            self._answering = True
        self.deadline = now + TCP_CLOSE_TIMEOUT_MS

    def _send_close(self, code: int, reason: str) -> None:
        self._sent_close = True
        payload = b"" if code == 1005 else code.to_bytes(2, "big") + reason.encode("utf-8", "replace")
        self.sent.append((Opcode.CLOSE, payload))

    def _fail(self, violation: Violation) -> None:
        if violation.message is None:
            self._drop(clean=False)
            return
        if violation.close_code is not None and not self._sent_close:
            self._send_close(violation.close_code, violation.close_reason)
        self.failure = violation.message
        self._received = None
        self._drop(clean=False)

    def _drop(self, *, clean: bool) -> None:
        if self.event is None:
            received = self._received
            self.event = CloseEvent(received.code, received.reason, clean) if received else CloseEvent()
            self.deadline = None
