"""What a message tells of its own age, and what a server tells of its sessions. Pure; never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

STAMP_FIELDS = ("timestamp", "ts", "time", "serverTime", "server_time", "updatedAt", "updated_at", "lastUpdate")
_DEPTH, _FIELDS = 6, 200
_MANY = {"websockets", "sockets", "connections", "sessions", "clients"}
_ONE = {"websocket", "ws", "socket", "connection", "session", "client"}
_COUNT = {"count", "number"}
_NOW = {"active", "open", "current", "connected", "live", "online"}
"""`total` and `max` are not among them: a counter of all that ever connected grows, and no session leaks for that."""


def stamp_of(message: Any) -> float | None:
    """The time under a usual name, in the message or in its `data`, as a number that grows; None when there is
    none."""
    if not isinstance(message, dict):
        return None
    data = message.get("data")
    places = (message, data) if isinstance(data, dict) else (message,)
    found = (_time(place.get(name)) for name in STAMP_FIELDS for place in places)
    return next((value for value in found if value is not None), None)


def session_counts(value: Any) -> dict[str, int]:
    """Numbers of open sessions, clients or connections anywhere in a JSON value, by their path (`ws.activeClients`)."""
    return dict(_counts(value, (), _DEPTH))


def fields_of(value: Any, depth: int = _DEPTH) -> Iterator[str]:
    """The names of all fields, at any depth that an application uses."""
    if isinstance(value, dict) and depth:
        for key, part in list(value.items())[:_FIELDS]:
            yield str(key)
            yield from fields_of(part, depth - 1)
    elif isinstance(value, list) and depth:
        for part in value[:_FIELDS]:
            yield from fields_of(part, depth - 1)


def _counts(value: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, int]]:
    if isinstance(value, dict) and depth:
        for key, part in list(value.items())[:_FIELDS]:
            yield from _counts(part, (*path, str(key)[:80]), depth - 1)
    elif type(value) is int and value >= 0 and path and _is_count(path):
        yield ".".join(path), value


def _is_count(path: tuple[str, ...]) -> bool:
    """`connections`, `activeConnections`, `session_count`, or `active` and `count` within one of those."""
    own = _words(path[-1])
    outer = _words(path[-2]) if len(path) > 1 else set()
    if (own & _COUNT and own & (_MANY | _ONE)) or own & _MANY:
        return own <= _MANY | _ONE | _COUNT | _NOW | {"of"}
    return bool(own and outer & (_MANY | _ONE)) and own <= _COUNT | _NOW


def _words(key: str) -> set[str]:
    return set(re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", key).replace("_", " ").replace("-", " ").lower().split())


def _time(value: Any) -> float | None:
    if type(value) in (int, float):
        return float(value) if abs(value) < 1e18 else None
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
