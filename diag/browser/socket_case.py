"""A recorded WebSocket case: one line of JSON, checked and decoded."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from diag.browser.javascript import js_string

_MAX_BYTES = 64 * 1024 * 1024
_CSP = re.compile(r"^content-security-policy:\s*(.*)$", re.IGNORECASE | re.MULTILINE)
_LISTENERS = ("plain", "tls", "tls-untrusted", "tls-wrongname", "none")
_OPS = ("send", "sleep", "wait_close", "wait_frame", "fin", "rst", "hold")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the server's script; `ms` is its delay, its duration or its time-out."""

    op: str
    ms: float = 0.0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Action:
    """One call of the page: `close` or `send`, so many ms after the socket was made (`start`) or opened (`open`)."""

    on: str
    after_ms: float
    do: str
    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A page, what it asks for and calls, and what the server does."""

    id: str
    page_url: str
    url: str
    protocols: tuple[str, ...]
    csp: tuple[str, ...]
    actions: tuple[Action, ...]
    listener: str
    port: int
    steps: tuple[Step, ...]
    limit_ms: float


def parse_case(line: Mapping[str, Any]) -> Case:
    """Decode one case; the `truth` key is not read. Raises ValueError with the one thing that is wrong."""
    request, server = _field(line, "request", _mapping), _field(line, "server", _mapping)
    return Case(
        id=_field(line, "id", _text),
        page_url=_field(line, "page_url", _text),
        url=_field(request, "url", _text),
        protocols=_protocols(request.get("protocols")),
        csp=tuple(_CSP.findall(_field(line, "note", _text, ""))),
        actions=tuple(_action(_mapping(item)) for item in _field(line, "client", _sequence, [])),
        listener=_field(server, "listener", _one_of(_LISTENERS)),
        port=int(_field(server, "port", _number, 0)),
        steps=tuple(_step(_mapping(item)) for item in _field(server, "steps", _sequence, [])),
        limit_ms=_field(line, "limit_ms", _number, 2500),
    )


_MISSING = object()


def _field(mapping: Mapping[str, Any], name: str, check: Callable[[Any], Any], default: Any = _MISSING) -> Any:
    value = mapping.get(name, default)
    if value is _MISSING:
        raise ValueError(f"`{name}` is missing")
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(f"`{name}` {error}") from error


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("is not an object")
    return value


def _sequence(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("is not a list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is not a string")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError("is not a number from 0 to a billion")
    return float(value)


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"is not one of {', '.join(allowed)}")
        return str(value)

    return check


def _protocols(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(js_string, value)) if isinstance(value, list) else (js_string(value),)


def _action(item: Mapping[str, Any]) -> Action:
    return Action(
        on=_field(item, "on", _one_of(("open", "start")), "open"),
        after_ms=_field(item, "after_ms", _number, 0),
        do=_field(item, "do", _one_of(("close", "send"))),
        args=tuple(_field(item, "args", _sequence, [])),
    )


def _step(item: Mapping[str, Any]) -> Step:
    op = _field(item, "op", _one_of(_OPS))
    name = {"send": "delay_ms", "sleep": "ms"}.get(op, "timeout_ms")
    # A server's wait without a time-out ends with the connection.
    ms = _field(item, name, _number, 0 if op in {"send", "sleep"} else 1e9 - 1)
    return Step(op, ms, _payload(item) if op == "send" else b"")


def _payload(item: Mapping[str, Any]) -> bytes:
    packed = "b64z" in item
    try:
        data = base64.b64decode(_field(item, "b64z" if packed else "b64", _text), validate=True)
        if not packed:
            return data
        stream = zlib.decompressobj()
        data = stream.decompress(data, _MAX_BYTES)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"a step's bytes cannot be decoded: {error}") from error
    if stream.unconsumed_tail:
        raise ValueError(f"a step's bytes unpack to more than {_MAX_BYTES}")
    return data
