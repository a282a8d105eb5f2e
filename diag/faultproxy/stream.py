"""One direction of a connection, cut where its parts end: the HTTP head, then frames (RFC 6455, section 5.2).

Bytes in, the same bytes out in pieces. Nothing is judged: what is no HTTP (TLS) or no WebSocket passes as it comes. At
most a head and the beginning of a frame is kept, whatever a peer sends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

HEAD_LIMIT = 64 * 1024
_HEAD_END = b"\r\n\r\n"
_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*websocket", re.IGNORECASE)
_OPENED = re.compile(rb"HTTP/1\.[01] 101\b")
_HOST = re.compile(rb"(\r\nhost:)[^\r\n]*", re.IGNORECASE)


class Part(Enum):
    """Where a direction is."""

    HEAD = auto()
    FRAMES = auto()
    OPAQUE = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of one part. `opcode` is that of their frame; `ends` says that they are the last of it."""

    data: bytes
    part: Part
    opcode: int = -1
    ends: bool = True
    final: bool = True

    @property
    def ends_message(self) -> bool:
        """Whether a data message is complete with it."""
        return self.part is Part.FRAMES and self.ends and self.final and self.opcode < 8


class Splitter:
    """One direction. With `host`, that becomes the Host header of a request."""

    def __init__(self, host: str | None = None) -> None:
        """Start before the first byte."""
        self.part = Part.HEAD
        self.opened = False
        self._host = host
        self._buffer = bytearray()
        self._left = 0
        self._opcode = -1
        self._final = False

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that these bytes complete, in order."""
        self._buffer += data
        pieces = []
        if self.part is Part.HEAD:
            head = self._head()
            if head:
                pieces.append(Piece(head, Part.HEAD))
        if self.part is Part.FRAMES:
            pieces += self._frames()
        elif self.part is Part.OPAQUE and self._buffer:
            pieces.append(Piece(self._taken(len(self._buffer)), Part.OPAQUE))
        return pieces

    def rest(self) -> bytes:
        """What is left at the end of the stream: half a head, or half a frame's header."""
        return self._taken(len(self._buffer))

    def _head(self) -> bytes:
        end = self._buffer.find(_HEAD_END) + len(_HEAD_END)
        if end < len(_HEAD_END):
            if len(self._buffer) > HEAD_LIMIT or not self._buffer[:1].isalpha():
                self.part = Part.OPAQUE
            return b""
        head = self._taken(end)
        self.opened = bool(_OPENED.match(head))
        # A 426 has an Upgrade header too, and no frames behind it.
        asked = not head.startswith(b"HTTP/") and _UPGRADE.search(head)
        self.part = Part.FRAMES if self.opened or asked else Part.OPAQUE
        return head if self._host is None else _HOST.sub(rb"\1 " + self._host.encode("latin-1"), head, count=1)

    def _frames(self) -> list[Piece]:
        pieces = []
        while self._buffer and (self._left or self._start_frame()):
            data = self._taken(min(self._left, len(self._buffer)))
            self._left -= len(data)
            pieces.append(Piece(data, Part.FRAMES, self._opcode, ends=not self._left, final=self._final))
        return pieces

    def _start_frame(self) -> bool:
        """Reads the next frame's header without taking it; whether it is all there."""
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        length = buffer[1] & 0x7F
        size = 2 + {126: 2, 127: 8}.get(length, 0)
        if len(buffer) < size:
            return False
        if size > 2:
            length = int.from_bytes(buffer[2:size], "big")
        self._left = size + (4 if buffer[1] & 0x80 else 0) + length
        self._opcode, self._final = buffer[0] & 0x0F, buffer[0] > 0x7F
        return True

    def _taken(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data


def close_frame(code: int, reason: str) -> bytes:
    """A server's Close frame (unmasked); the reason is cut at 123 bytes."""
    payload = code.to_bytes(2, "big") + reason.encode("utf-8")[:123].decode("utf-8", "ignore").encode("utf-8")
    return bytes((0x88, len(payload))) + payload
