"""One WebSocket session of the backend, in the incident's dialect."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from diag.lab.config import BackendConfig
from diag.lab.state import State, now_ms


def message(type_: str, data: dict[str, Any], **fields: Any) -> str:
    """A message as the incident's service writes it."""
    head = {"type": type_, "data": data, "timestamp": now_ms(), "messageId": str(uuid.uuid4())}
    return json.dumps({**head, **fields}, separators=(",", ":"))


async def serve(websocket: WebSocket, state: State, config: BackendConfig) -> None:
    """Accepts a session, pushes and answers until either side ends it."""
    end = config.session_end
    with suppress(WebSocketDisconnect):
        await websocket.accept()
        if end is None:
            await _converse(websocket, state, config)
            return
        with suppress(TimeoutError):
            if end.after_s > 0:
                async with asyncio.timeout(end.after_s):
                    await _converse(websocket, state, config)
                    return
        await websocket.close(end.code, end.reason)


async def _converse(websocket: WebSocket, state: State, config: BackendConfig) -> None:
    pushing = asyncio.create_task(_push(websocket, state, config))
    try:
        await _answer(websocket, state, config)
    finally:
        pushing.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect):
            await pushing


async def _push(websocket: WebSocket, state: State, config: BackendConfig) -> None:
    """The greeting, the latest change at once, then every change as it happens."""
    greeting = {"connectionId": str(uuid.uuid4()), "serverTime": _now_iso()}
    await websocket.send_text(message("connection:established", greeting))
    if not config.pushes:
        return
    for sequence in count(state.sequence()):
        await asyncio.sleep(max(0.0, state.due_in_s(sequence)))
        for type_, data in state.pushed(sequence):
            await websocket.send_text(message(type_, data))


async def _answer(websocket: WebSocket, state: State, config: BackendConfig) -> None:
    """Heartbeats and health requests; returns when the session is over. Anything else is ignored."""
    while (event := await websocket.receive())["type"] == "websocket.receive":
        request = _parsed(event.get("text"))
        match request.get("type"):
            case "connection:ping" if config.answers_heartbeat:
                data = {"timestamp": _sent_at(request), "serverTime": _now_iso()}
                await websocket.send_text(message("connection:pong", data, correlationId=request.get("messageId")))
            case "system:health_request":
                update = message("system:health_update", state.health(), correlationId=request.get("messageId"))
                await websocket.send_text(update)


def _parsed(text: str | None) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        value = json.loads(text or "")
        if isinstance(value, dict):
            return value
    return {}


def _sent_at(request: dict[str, Any]) -> Any:
    data = request.get("data")
    return data.get("timestamp") if isinstance(data, dict) else request.get("timestamp")


def _now_iso() -> str:
    return datetime.now(UTC).isoformat()
