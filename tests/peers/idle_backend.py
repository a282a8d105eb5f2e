"""A service that says nothing by itself. Every path answers heartbeats; what else it does, its name tells."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

LIMIT_S = 2.0


async def converse(socket: WebSocket, patience_s: float | None) -> None:
    """Answers each heartbeat; TimeoutError when none came for so long."""
    while True:
        ping = await asyncio.wait_for(socket.receive_json(), patience_s)
        await socket.send_json({"type": "connection:pong", "correlationId": ping.get("messageId")})


async def quiet(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        await converse(socket, None)


async def impatient(socket: WebSocket) -> None:
    """Waits for the next message with a timeout: pings do not count."""
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        try:
            await converse(socket, LIMIT_S)
        except TimeoutError:
            await socket.close(4000, "nothing heard")


async def lifetime(socket: WebSocket) -> None:
    """Ends each session, whatever is said in it."""
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect, TimeoutError):
        await asyncio.wait_for(converse(socket, None), LIMIT_S)
    with contextlib.suppress(RuntimeError):
        await socket.close(1000)


async def once(socket: WebSocket) -> None:
    """Says one thing, after a while."""
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        await asyncio.sleep(LIMIT_S)
        await socket.send_json({"type": "bot:status_change"})
        await converse(socket, None)


async def pushing(socket: WebSocket) -> None:
    """Speaks by itself, often enough for every proxy."""
    await socket.accept()

    async def push() -> None:
        while True:
            await socket.send_json({"type": "bot:status_change"})
            await asyncio.sleep(0.5)

    task = asyncio.create_task(push())
    with contextlib.suppress(WebSocketDisconnect):
        await converse(socket, None)
    task.cancel()


HANDLERS = (quiet, impatient, lifetime, once, pushing)
app = Starlette(routes=[WebSocketRoute(f"/{handler.__name__}", handler) for handler in HANDLERS])
