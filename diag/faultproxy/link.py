"""One connection of a client and the one that the proxy makes for it."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

from diag.faultproxy.pump import End, Peer, Pump
from diag.faultproxy.stream import Part, Splitter, close_frame
from diag.faultproxy.weather import Weather

PATIENCE_S = 1.0
"""How long the proxy waits for a peer's part of an orderly end."""
_RST = struct.pack("ii", 1, 0)


class Link:
    """Lives until one side ends it, or a fault does."""

    def __init__(self, client: Peer, upstream: Peer, weather: Weather, host: str | None) -> None:
        """`host` is the Host header that the server expects, None to leave it."""
        self._client, self._upstream = client, upstream
        self._up = Pump(client, upstream, "to-server", weather, Splitter(host))
        self._down = Pump(upstream, client, "to-client", weather, Splitter())
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._farewell: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Relays until the end, and hands that on: a reset as a reset, an end as an end."""
        sending, receiving = asyncio.create_task(self._up.run()), asyncio.create_task(self._down.run())
        end = End.RESET
        try:
            done, _ = await asyncio.wait({sending, receiving, self._ended}, return_when=asyncio.FIRST_COMPLETED)
            if done == {sending} and sending.result() is End.EOF and self._upstream.writer.can_write_eof():
                done, _ = await asyncio.wait({receiving, self._ended}, return_when=asyncio.FIRST_COMPLETED)
            end = next(task.result() for task in (self._ended, receiving, sending) if task in done)
        finally:
            tasks = [task for task in (sending, receiving, self._farewell) if task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._finish(end)

    def reset(self) -> None:
        """RST to both sides, now."""
        self._end(End.RESET)

    def close(self, code: int, reason: str) -> None:
        """A Close frame to the client, where its frames allow it; an end without one before the handshake is over."""
        if self._down.splitter.part is not Part.FRAMES:
            self._end(End.CUT)
        elif self._farewell is None:
            self._farewell = asyncio.create_task(self._take_leave(close_frame(code, reason)))

    async def _take_leave(self, frame: bytes) -> None:
        self._down.say_last(frame)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._up.closed.wait()
        self._end(End.CUT)

    def _end(self, end: End) -> None:
        if not self._ended.done():
            self._ended.set_result(end)

    async def _finish(self, end: End) -> None:
        if end is End.RESET:
            abort(self._client)
            abort(self._upstream)
            return
        abort(self._upstream, with_rst=False)
        await leave(self._client)


async def leave(client: Peer) -> None:
    """FIN, and then patience: to close a socket with unread bytes in it would send RST instead."""
    with suppress(OSError):  # TimeoutError is one
        client.writer.write_eof()
        async with asyncio.timeout(PATIENCE_S):
            while await client.reader.read(4096):
                pass
    client.writer.transport.abort()


def abort(peer: Peer, *, with_rst: bool = True) -> None:
    """Ends a connection at once, by RST unless told otherwise."""
    sock = peer.writer.get_extra_info("socket")
    if with_rst and sock is not None:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    peer.writer.transport.abort()
