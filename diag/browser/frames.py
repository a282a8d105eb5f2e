"""Frames, sans I/O: FrameReader judges a server's bytes as Chromium does, encode_frame writes a client's."""

from __future__ import annotations

from collections.abc import Callable

from diag.browser import violations
from diag.browser.deflate import Inflater
from diag.browser.extensions import DeflateParameters
from diag.browser.frame_events import Close, Event, FrameHeader, Message, Opcode, Ping, Pong, Violation
from diag.browser.messages import Assembler

__all__ = [
    "Close", "Event", "FrameHeader", "FrameReader", "Message", "Opcode", "Ping", "Pong", "Violation", "encode_close",
    "encode_frame",
]  # fmt: skip

MAX_MESSAGE = 64 * 1024 * 1024
"""Bytes of a message after inflation, unless the caller knows better. Chromium itself has no such limit."""

_MAX_CONTROL = 125
_MAX_FRAME = 2**31 - 1
_RESERVED_CODES = frozenset({1005, 1006, 1015})


class FrameReader:
    """Incremental receiver of one connection's frames (RFC 6455 §5, RFC 7692 §7.2.2).

    `deflate` is what the handshake agreed to, None without the extension; `max_message` bounds a message in bytes
    after inflation, and with it the memory; `on_header` is called with every frame header before it is judged.

    After a Violation nothing more is delivered; after a Close only the Violation that a further frame is. How the
    bytes are split over calls never changes the events. (Chromium drops the frames that share a read with a header
    it cannot parse; here they are delivered first.)
    """

    def __init__(
        self,
        deflate: DeflateParameters | None = None,
        max_message: int = MAX_MESSAGE,
        on_header: Callable[[FrameHeader], None] | None = None,
    ) -> None:
        """Start at the first byte behind the handshake's head."""
        self._messages = Assembler(Inflater() if deflate else None, max_message)
        self._max_message = max_message
        self._on_header = on_header
        self._buffer = bytearray()
        self._opcode = -1  # of the frame whose payload is being read; -1 between frames
        self._fin = False
        self._violation: Violation | None = None  # of a control frame, which is judged when it is complete
        self._left = 0
        self._events: list[Event] = []
        self._failed = self._closed = False

    def ignore_data(self) -> None:
        """Take note that our own Close is out: data is neither delivered nor checked any more, as in Chromium."""
        self._messages.discarding = True

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes and return what they complete, in order. Never raises."""
        if self._failed:
            return []
        self._events = []
        self._buffer += data
        at: int | None = 0
        used = 0
        while at is not None:
            used = at
            at = self._read_header(at) if self._opcode < 0 else self._read_payload(at)
        del self._buffer[:used]
        if self._events and isinstance(self._events[-1], Violation):
            self._failed = True
            self._buffer.clear()
        return self._events

    def _fail(self, violation: Violation) -> int | None:
        self._events.append(violation)
        return None

    def _read_header(self, at: int) -> int | None:
        """Read a header at an offset of the buffer; return the offset of its payload, None to stop."""
        buffer = self._buffer
        available = len(buffer) - at
        if available < 2:
            return None
        first, second = buffer[at], buffer[at + 1]
        length, size = second & 0x7F, 2
        if length > _MAX_CONTROL:
            size = 4 if length == 126 else 10
            if available < size:
                return None
            shortest = 126 if length == 126 else 0x10000
            length = int.from_bytes(buffer[at + 2 : at + size], "big")
            if length < shortest or length >> 63:
                return self._fail(violations.header_invalid("length-encoding"))
            if length > _MAX_FRAME:
                return self._fail(violations.FRAME_TOO_BIG)
        if second & 0x80:
            size += 4
            if available < size:
                return None
        if self._on_header:
            self._on_header(FrameHeader(first > 0x7F, first >> 4 & 7, first & 0x0F, second > 0x7F, length))
        violation = self._start_frame(first, masked=second > 0x7F, length=length)
        return self._fail(violation) if violation else at + size

    def _start_frame(self, first: int, *, masked: bool, length: int) -> Violation | None:
        fin, rsv, opcode = first > 0x7F, first >> 4 & 7, first & 0x0F
        self._opcode, self._fin, self._left = opcode, fin, length
        if opcode >= Opcode.CLOSE:
            if not fin:
                return violations.header_invalid("control-fragmented")
            if length > _MAX_CONTROL:
                return violations.header_invalid("control-too-long")
            known = opcode <= Opcode.PONG
            self._violation = self._unfit(opcode, rsv, masked=masked, known=known)
            return None
        known = opcode <= Opcode.BINARY
        unclaimed = self._messages.unclaimed_bits(rsv) if known else rsv
        unfit = self._unfit(opcode, unclaimed, masked=masked, known=known)
        if not known:
            return unfit
        violation = self._messages.start_frame(opcode, rsv, unfit, fin=fin)
        if violation is None and length > self._max_message and not self._messages.discarding:
            return violations.message_too_big(self._max_message)  # before it has taken all of that memory
        return violation

    def _unfit(self, opcode: int, rsv: int, *, masked: bool, known: bool) -> Violation | None:
        if masked:
            return violations.MASKED
        if rsv:
            return violations.reserved_bits(rsv)
        if self._closed:
            return violations.after_close(opcode)
        return None if known else violations.bad_opcode(opcode)

    def _read_payload(self, at: int) -> int | None:
        available = len(self._buffer) - at
        control = self._opcode >= Opcode.CLOSE
        # A control frame is judged whole, a data frame as it comes.
        if available < self._left and (control or not available):
            return None
        end = at + min(available, self._left)
        payload = bytes(self._buffer[at:end])
        self._left -= end - at
        opcode = self._opcode
        if not self._left:
            self._opcode = -1
        outcome: Event | None
        if control:
            outcome = self._violation or self._control(opcode, payload)
        else:
            outcome = self._messages.add(payload, final=self._fin and not self._left)
        if isinstance(outcome, Violation):
            return self._fail(outcome)
        if outcome is not None:
            self._events.append(outcome)
        return end

    def _control(self, opcode: int, payload: bytes) -> Event:
        if opcode == Opcode.PING:
            return Ping(payload)
        if opcode == Opcode.PONG:
            return Pong(payload)
        self._closed = True
        if not payload:
            return Close(1005)
        if len(payload) == 1:
            return violations.CLOSE_PAYLOAD
        code = int.from_bytes(payload[:2], "big")
        if code in _RESERVED_CODES:
            return violations.CLOSE_CODE_RESERVED
        try:
            return Close(code, payload[2:].decode("utf-8"))
        except UnicodeDecodeError:
            return violations.CLOSE_REASON


def encode_frame(opcode: int, payload: bytes, mask: bytes, fin: bool = True, rsv1: bool = False) -> bytes:
    """Write a client's frame, masked with the four bytes `mask` (RFC 6455 §5.3)."""
    first = (0x80 if fin else 0) | (0x40 if rsv1 else 0) | opcode
    length = len(payload)
    if length <= _MAX_CONTROL:
        head = bytes((first, 0x80 | length))
    elif length <= 0xFFFF:
        head = bytes((first, 0x80 | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | 127)) + length.to_bytes(8, "big")
    # XOR of two big integers: no loop over the bytes.
    keystream = (mask * (length // 4 + 1))[:length]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(keystream, "big")
    return head + mask + masked.to_bytes(length, "big")


def encode_close(code: int, reason: str, mask: bytes) -> bytes:
    """Write a client's Close frame; 1005 gives an empty one, as `socket.close()` without arguments does."""
    payload = b"" if code == 1005 else code.to_bytes(2, "big") + reason.encode("utf-8", "replace")
    return encode_frame(Opcode.CLOSE, payload, mask)
