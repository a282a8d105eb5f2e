"""Bytes of one connection in one direction: read, held and delayed as the weather has it, written."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import NamedTuple

from diag.faultproxy.fault import Way
from diag.faultproxy.stream import Part, Piece, Splitter
from diag.faultproxy.weather import Weather

CHUNK = 16 * 1024
_QUEUED = 64
"""Chunks on their way at once: with CHUNK, the memory that delay costs."""
_PONG, _CLOSE = 10, 8
_SLICES_PER_S = 20


class Peer(NamedTuple):
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class End(Enum):
    """How a direction ended: the source said so, one of both was reset, or a fault cut it."""

    EOF = auto()
    RESET = auto()
    CUT = auto()


class Pump:
    """From `source` to `sink`. `closed` is set when a Close frame has passed."""

    def __init__(self, source: Peer, sink: Peer, way: Way, weather: Weather, splitter: Splitter) -> None:
        """Nothing moves before `run`."""
        self.splitter = splitter
        self.closed = asyncio.Event()
        self._source, self._sink, self._way, self._weather = source, sink, way, weather
        self._queue: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue(_QUEUED)
        self._loop = asyncio.get_running_loop()
        self._inside_frame = False
        self._last_words: bytes | None = None
        self._silent = False
        self._free_at = 0.0
        self._counted_since = weather.changes
        self._bytes = self._messages = 0

    async def run(self) -> End:
        """Until this direction ends. The end of the stream is handed on here, a reset by the caller."""
        reading = asyncio.create_task(self._read())
        try:
            return await self._write()
        except OSError:
            return End.RESET
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    def say_last(self, frame: bytes) -> None:
        """Writes this frame where the running one ends, and nothing after it."""
        self._last_words = frame
        if not self._inside_frame:
            self._take_leave()

    async def _read(self) -> None:
        while True:
            try:
                data: bytes | None = await self._source.reader.read(CHUNK)
            except OSError:
                data = None
            await self._queue.put((self._loop.time() + self._weather.delay_s(), data))
            if not data:
                return

    async def _write(self) -> End:
        while True:
            due, data = await self._queue.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            await self._weather.passable(self._way)
            if data is None:
                return End.RESET
            for piece in self.splitter.feed(data):
                if await self._pass(piece):
                    return End.CUT
            await self._sink.writer.drain()
            if not data:
                await self._slowly(self.splitter.rest())
                if self._sink.writer.can_write_eof():
                    self._sink.writer.write_eof()
                return End.EOF

    async def _pass(self, piece: Piece) -> bool:
        """Hands a piece on; whether a fault cuts the connection behind it."""
        if self._silent or (piece.opcode == _PONG and self._way in self._weather.conditions.pongs_dropped):
            return False
        allowed = self._allowed(len(piece.data))
        self._inside_frame = piece.part is Part.FRAMES
        await self._slowly(piece.data[:allowed])
        self._inside_frame = self._inside_frame and not piece.ends
        self._bytes += allowed
        self._messages += piece.ends_message
        if piece.opcode == _CLOSE and piece.ends:
            self.closed.set()
        if self._last_words is not None and not self._inside_frame:
            self._take_leave()
        return self._is_over(piece)

    def _allowed(self, size: int) -> int:
        """How many of the next bytes may pass. Counting starts anew when the conditions change."""
        if self._counted_since != self._weather.changes:
            self._counted_since = self._weather.changes
            self._bytes = self._messages = 0
        limit = self._weather.conditions.cut.after_bytes
        return size if limit is None or self._way == "to-server" else min(size, limit - self._bytes)

    def _is_over(self, piece: Piece) -> bool:
        if self._way == "to-server":
            return False
        now = self._weather.conditions
        if now.drops_opened and piece.part is Part.HEAD and self.splitter.opened:
            return True
        bytes_, messages = now.cut.after_bytes, now.cut.after_messages
        return (bytes_ is not None and self._bytes >= bytes_) or (messages is not None and self._messages >= messages)

    async def _slowly(self, data: bytes) -> None:
        """Writes at the rate of the moment; what a rate lets through in a twentieth of a second goes in one piece."""
        # Of a reader that has gone asyncio complains on stderr, once for each write.
        while data and not self._sink.writer.transport.is_closing():
            rate = self._weather.conditions.bytes_per_s
            size = len(data) if rate is None else max(1, int(rate / _SLICES_PER_S))
            part, data = data[:size], data[size:]
            if rate is not None:
                await asyncio.sleep(max(0.0, self._free_at - self._loop.time()))
                self._free_at = max(self._free_at, self._loop.time()) + len(part) / rate
            self._sink.writer.write(part)

    def _take_leave(self) -> None:
        if self._last_words and not self._silent:
            self._silent = True
            self._sink.writer.write(self._last_words)
