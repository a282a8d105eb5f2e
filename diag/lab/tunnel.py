"""Bytes to and fro between two connections: an upgraded tunnel, or one request and its response."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

CHUNK = 64 * 1024
_CLOSE_S = 1.0


class Connection(NamedTuple):
    """One TCP connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def close(self) -> None:
        """FIN, once what was written is sent; a peer that does not read it in time is reset, and when the lab stops."""
        self.writer.close()
        try:
            with suppress(OSError):  # TimeoutError is one
                async with asyncio.timeout(_CLOSE_S):
                    await self.writer.wait_closed()
        finally:
            self.writer.transport.abort()


async def relay(client: Connection, upstream: Connection, idle_cut_s: float | None = None) -> None:
    """Relays until the upstream ends, or until both sides have been silent for so long; closing is the caller's.

    A reset of either side is handed on as a reset, an end as an end.
    """
    loop = asyncio.get_running_loop()
    with suppress(TimeoutError):
        async with asyncio.timeout(idle_cut_s) as limit:

            def touched() -> None:
                if idle_cut_s is not None:
                    limit.reschedule(loop.time() + idle_cut_s)

            sending = asyncio.create_task(_pump(client, upstream, touched))
            try:
                await _pump(upstream, client, touched)
            finally:
                sending.cancel()
                await asyncio.wait([sending])


async def _pump(source: Connection, sink: Connection, touched: Callable[[], None]) -> None:
    try:
        while chunk := await source.reader.read(CHUNK):
            touched()
            sink.writer.write(chunk)
            await sink.writer.drain()
        sink.writer.write_eof()
    except OSError:
        source.writer.transport.abort()
        sink.writer.transport.abort()
