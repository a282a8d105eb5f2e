"""The incident's orchestration service on FastAPI. `BACKEND` holds its options as JSON:

`check`: None (as in the incident), "same-origin" (Origin's host must be Host), "same-scheme" (and its
scheme the request's own), or a list of allowed origins.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
import uuid

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.middleware.cors import CORSMiddleware

OPTIONS = json.loads(os.environ.get("BACKEND", "{}"))
app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=OPTIONS.get("cors", ["http://localhost:3000", "http://localhost:5173"]),
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)


def message(kind: str, data: dict, **more: object) -> dict:
    return {"type": kind, "data": data, "timestamp": int(time.time() * 1000), "messageId": str(uuid.uuid4()), **more}


def allowed(socket: WebSocket) -> bool:
    check, origin = OPTIONS.get("check"), socket.headers.get("origin", "")
    if check == "same-origin":
        return origin.partition("://")[2] == socket.headers.get("host")
    if check == "same-scheme":
        scheme = {"ws": "http", "wss": "https"}[socket.url.scheme]
        return origin == f"{scheme}://{socket.headers.get('host')}"
    return check is None or origin in check


@app.get("/api/health")
async def health() -> dict:
    return {"status": "healthy", "timestamp": int(time.time() * 1000)}


@app.websocket("/ws")
async def endpoint(socket: WebSocket) -> None:
    if not allowed(socket):
        await socket.close(1008)
        return
    await socket.accept()
    await socket.send_json(message("connection:established", {"connectionId": str(uuid.uuid4())}))
    pushing = asyncio.create_task(push(socket))
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            ping = await socket.receive_json()
            if ping.get("type") == "connection:ping":
                await socket.send_json(message("connection:pong", {}, correlationId=ping.get("messageId")))
    pushing.cancel()


async def push(socket: WebSocket) -> None:
    for number in range(100_000):
        await socket.send_json(
            message("bot:status_change", {"botId": "bot-1", "status": "running", "sequence": number})
        )
        await socket.send_json(message("system:health_update", {"status": "healthy", "sequence": number}))
        await asyncio.sleep(0.2)
