"""From a dialect's file to a `Dialect`: every key and type is checked, and a mistake is a TypeError that names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from diag.dialects.dialect import Answer, Dialect, ServerBeat
from diag.dialects.templates import (
    FieldReader,
    HexTemplate,
    JsonTemplate,
    PatternReader,
    PatternTemplate,
    Reader,
    Seen,
    Sent,
    TextTemplate,
)

_Read = Callable[[Any, str], Any]
_NEEDS = (("pong", "ping"), ("correlation", "pong"), ("server_beat", "greeting"))


def dialect(name: str, document: Any) -> Dialect:
    """The dialect in a parsed YAML document; TypeError with the file's name and the field that is wrong."""
    try:
        fields = _mapping(document, "", _DIALECT, required=("summary",))
        for key, needs in _NEEDS:
            _need(fields, key, needs)
    except TypeError as error:
        raise TypeError(f"dialects/{name}.yaml: {error}") from None
    return Dialect(name=name, **fields)


def _need(fields: Mapping[str, Any], key: str, needed: str) -> None:
    if key in fields and needed not in fields:
        raise TypeError(f"{key}: of no use without {needed}")


def _mapping(value: Any, where: str, known: Mapping[str, _Read], required: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{where or 'the file'}: not a mapping")
    prefix = f"{where}." if where else ""
    for key in value:
        if key not in known:
            raise TypeError(f"{prefix}{key}: no such key; there are {', '.join(known)}")
    for key in required:
        if key not in value:
            raise TypeError(f"{prefix}{key}: missing")
    return {key: known[key](part, f"{prefix}{key}") for key, part in value.items()}


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{where}: not a text")
    return value


def _number(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{where}: not a whole number")
    return value


def _each(read: _Read) -> _Read:
    def all_of(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise TypeError(f"{where}: not a list")
        return tuple(read(part, f"{where}[{number}]") for number, part in enumerate(value))

    return all_of


def _pattern(value: Any, where: str) -> re.Pattern[str]:
    try:
        return re.compile(_text(value, where))
    except re.error as error:
        raise TypeError(f"{where}: not a regular expression: {error}") from None


def _pattern_with_group(value: Any, where: str) -> re.Pattern[str]:
    pattern = _pattern(value, where)
    if pattern.groups != 1:
        raise TypeError(f"{where}: a regular expression with one group is needed")
    return pattern


def _bytes(value: Any, where: str) -> bytes:
    try:
        return bytes.fromhex(_text(value, where))
    except ValueError:
        raise TypeError(f"{where}: not hexadecimal") from None


_SENT: dict[str, _Read] = {
    "json": lambda value, _: JsonTemplate(value),
    "text": lambda value, where: TextTemplate(_text(value, where)),
    "hex": lambda value, where: HexTemplate(_bytes(value, where)),
}
_SEEN: dict[str, _Read] = {**_SENT, "pattern": lambda value, where: PatternTemplate(_pattern(value, where))}


def _one_of(value: Any, where: str, known: Mapping[str, _Read]) -> Any:
    read = _mapping(value, where, known)
    if len(read) != 1:
        raise TypeError(f"{where}: one of {', '.join(known)} is needed")
    return next(iter(read.values()))


def _sent(value: Any, where: str) -> Sent:
    made: Sent = _one_of(value, where, _SENT)
    return made


def _seen(value: Any, where: str) -> Seen:
    made: Seen = _one_of(value, where, _SEEN)
    return made


def _path(value: Any, where: str) -> tuple[str | int, ...]:
    steps = value if isinstance(value, list) else [value]
    if not steps or not all(isinstance(step, str) or type(step) is int for step in steps):
        raise TypeError(f"{where}: not a key, an index or a list of them")
    return tuple(steps)


def _reader(value: Any, where: str) -> Reader:
    """`field`: a path; `pattern`: its group, or `name` where it is found."""
    if isinstance(value, dict) and "field" in value:
        return FieldReader(_mapping(value, where, {"field": _path})["field"])
    pattern = _pattern if isinstance(value, dict) and "name" in value else _pattern_with_group
    return PatternReader(**_mapping(value, where, {"pattern": pattern, "name": _text}, required=("pattern",)))


def _server_beat(value: Any, where: str) -> ServerBeat:
    keys: dict[str, _Read] = {
        "message": _seen,
        "every_ms": _number,
        "announced": _pattern_with_group,
        "at_least_ms": _number,
    }
    return ServerBeat(**_mapping(value, where, keys, required=("message",)))


def _answer(value: Any, where: str) -> Answer:
    return Answer(**_mapping(value, where, {"to": _seen, "reply": _sent}, required=("to", "reply")))


_DIALECT: dict[str, _Read] = {
    "summary": _text,
    "subprotocols": _each(_text),
    "separator": _text,
    "opening": _each(_sent),
    "greeting": _seen,
    "ping": _sent,
    "pong": _seen,
    "correlation": _reader,
    "server_beat": _server_beat,
    "answers": _each(_answer),
    "types": _each(_reader),
    "goodbye": _each(_sent),
}
