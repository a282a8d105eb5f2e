"""The fast path of receiving: whole frames that need no judgement. All others are `FrameReader`'s.

A data frame with FIN, without RSV bits and unmasked, complete in its length and valid in its UTF-8, means what it
says as long as no fragmented message is open; so does a ping or pong. Nothing else is read here.
"""

from __future__ import annotations

from typing import NamedTuple

from diag.browser.extensions import DeflateParameters
from diag.browser.frame_events import Close, Event, Violation
from diag.browser.frames import FrameReader

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
"""First bytes of whole frames: FIN and the opcode (RFC 6455, section 5.2)."""


MAX_MESSAGE = 16 * 1024 * 1024
"""Bytes of a message after inflation; a browser has no limit, but it does not hold thousands of sessions either."""


class Taken(NamedTuple):
    """Frames as (first byte, payload), how many bytes they took, and whether a `FrameReader` must go on from there.

    If it must not, what is left is the beginning of one more frame, to be given again with what follows it.
    """

    frames: list[tuple[int, bytes]]
    used: int
    judge: bool


def text_at(data: bytes) -> int:
    """Where the payload begins, if the bytes are exactly one text frame; 0 for everything else. The UTF-8 is not
    looked at. This is what most reads bring, and worth the second look that the others get."""
    size = len(data)
    if size < 2 or data[0] != TEXT:
        return 0
    length = data[1]
    if length < 126:
        return 2 if size == length + 2 else 0
    return 4 if length == 126 and 130 <= size == (data[2] << 8 | data[3]) + 4 else 0


def take(data: bytes) -> Taken:
    """The frames at the beginning of what a server sent."""
    frames: list[tuple[int, bytes]] = []
    at, end = 0, len(data)
    while end - at >= 2:
        first, length = data[at], data[at + 1]
        start = at + 2
        if first in (TEXT, BINARY):
            if length > 125:
                if length != 126:
                    return Taken(frames, at, judge=True)
                start = at + 4
                if start > end:
                    break
                length = data[at + 2] << 8 | data[at + 3]
                if length < 126:
                    return Taken(frames, at, judge=True)
        elif first not in (PING, PONG) or length > 125:
            return Taken(frames, at, judge=True)
        stop = start + length
        if stop > end:
            break
        payload = data[start:stop]
        if first == TEXT and not payload.isascii() and not _is_utf8(payload):
            return Taken(frames, at, judge=True)
        frames.append((first, payload))
        at = stop
    return Taken(frames, at, judge=False)


class Inbound:
    """The receiving side of one connection: `take` as long as that is enough, then for good a `FrameReader`."""

    __slots__ = ("_deflate", "_reader", "_tail", "plain")

    def __init__(self, deflate: DeflateParameters | None) -> None:
        """At the first byte behind the handshake's head. `plain`: nothing is open, so one whole frame stands alone."""
        self.plain = True
        self._deflate = deflate
        self._tail = b""
        self._reader: FrameReader | None = None

    def feed(self, data: bytes) -> tuple[list[tuple[int, bytes]], list[Event]]:
        """What the next bytes complete: first frames as `Taken` has them, then what took a second look."""
        if self._reader is not None:
            return [], self._reader.feed(data)
        held = self._tail
        frames, used, judge = take(held + data if held else data)
        rest = (held + data)[used:] if held else data[used:]
        self.plain = not rest
        if judge or (held and rest and not frames):  # a third piece of one frame: invalid UTF-8 shows before its end
            return frames, self._judge(rest)
        self._tail = rest
        return frames, []

    def finish(self) -> list[Event]:
        """The stream ended: what half a frame proves already."""
        return self._judge(self._tail) if self._tail else []

    def ignore_data(self) -> None:
        """Our own Close is out: see `answered`."""
        self.plain = False
        if self._reader is not None:
            self._reader.ignore_data()

    def answered(self, data: bytes) -> bool:
        """Whether these bytes, after our Close, hold the server's; how it looks does not matter any more."""
        if self._reader is None:
            data = self._tail + data
            _, used, judge = take(data)
            rest = data[used:]
            if not judge:
                self._tail = rest
                return False
            if rest[0] == CLOSE and len(rest) >= 2 and len(rest) == 2 + rest[1]:
                return True
            data = rest
        events = self._reader.feed(data) if self._reader is not None else self._judge(data, ignore=True)
        return any(isinstance(event, Close | Violation) for event in events)

    def _judge(self, data: bytes, *, ignore: bool = False) -> list[Event]:
        self.plain = False
        self._tail = b""
        self._reader = FrameReader(self._deflate, MAX_MESSAGE)
        if ignore:
            self._reader.ignore_data()
        return self._reader.feed(data)


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
