"""Templates: what a dialect's file writes for a message, to be sent or to be recognised. Pure.

A JSON template recognises every message that contains what it has (a subset); a text or a pattern looks at the whole
text, hex at a message's first bytes. `$id` stands for a fresh identifier, `$now_ms` for the Unix time in milliseconds,
`$any` for whatever stands in its place.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

Data = str | bytes
"""A message's payload: `str` of a text message, `bytes` of a binary one."""

TEXT, BINARY, PING = 1, 2, 9
"""Opcodes (RFC 6455, section 5.2)."""

PARSED_LIMIT = 1_000_000
"""Longer messages are not parsed: reading them must not cost more than their sender's effort."""
_HEAD = 4096


class Frame(NamedTuple):
    """What to send: an opcode and its unmasked payload."""

    opcode: int
    payload: bytes


class Content:
    """A received message as the templates look at it; it is parsed once, and only when one of them asks."""

    def __init__(self, data: Data) -> None:
        """Any payload, whatever a server sends."""
        self.data = data

    @cached_property
    def head(self) -> str:
        """The message's beginning as text; a binary one has a character for each byte (Latin-1)."""
        head = self.data[:_HEAD]
        return head if isinstance(head, str) else head.decode("latin-1")

    @cached_property
    def value(self) -> Any:
        """The JSON value, or None."""
        if isinstance(self.data, bytes) or len(self.data) > PARSED_LIMIT:
            return None
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class JsonTemplate:
    """A JSON value, sent as compact text."""

    value: Any

    def frame(self, identifier: str, now_ms: int) -> Frame:
        """The text message with its variables filled in."""
        filled = _filled(self.value, {"$id": identifier, "$now_ms": now_ms})
        return Frame(TEXT, json.dumps(filled, separators=(",", ":")).encode())

    def matches(self, content: Content) -> bool:
        """Whether a message contains everything that the template has."""
        return contains(content.value, self.value)


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A text message, to the letter."""

    text: str

    def frame(self, identifier: str, now_ms: int) -> Frame:
        """The text message with its variables filled in."""
        return Frame(TEXT, self.text.replace("$id", identifier).replace("$now_ms", str(now_ms)).encode())

    def matches(self, content: Content) -> bool:
        """Whether a text message is this one."""
        return content.data == self.text


@dataclass(frozen=True, slots=True)
class HexTemplate:
    """A binary message; it recognises every one that begins so."""

    start: bytes

    def frame(self, _identifier: str, _now_ms: int) -> Frame:
        """The binary message."""
        return Frame(BINARY, self.start)

    def matches(self, content: Content) -> bool:
        """Whether a binary message begins with these bytes."""
        return isinstance(content.data, bytes) and content.data.startswith(self.start)


@dataclass(frozen=True, slots=True)
class PatternTemplate:
    """A regular expression on a message's beginning; it can only recognise."""

    pattern: re.Pattern[str]

    def matches(self, content: Content) -> bool:
        """Whether the expression is found."""
        return self.pattern.search(content.head) is not None


Sent = JsonTemplate | TextTemplate | HexTemplate
Seen = Sent | PatternTemplate


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads the value at a path of keys and indices in a JSON message."""

    path: tuple[str | int, ...]

    def read(self, content: Content) -> Any:
        """The value, or None when the path leads nowhere."""
        value = content.value
        for step in self.path:
            if isinstance(step, str):
                value = value.get(step) if isinstance(value, dict) else None
            else:
                value = value[step] if isinstance(value, list) and step < len(value) else None
        return value


@dataclass(frozen=True, slots=True)
class PatternReader:
    """Reads a regular expression's group on a message's beginning; with `name`, finding it means that name."""

    pattern: re.Pattern[str]
    name: str | None = None

    def read(self, content: Content) -> str | None:
        """The group, or the name, or None when the expression is not found."""
        found = self.pattern.search(content.head)
        return found and (self.name or found[1])


Reader = FieldReader | PatternReader


def contains(value: Any, template: Any) -> bool:
    """Whether a JSON value contains everything that the template has. Lists are compared place by place."""
    match template:
        case "$any":
            return True
        case dict():
            return isinstance(value, dict) and all(
                key in value and contains(value[key], part) for key, part in template.items()
            )
        case list():
            return (
                isinstance(value, list)
                and len(value) == len(template)
                and all(contains(part, wanted) for part, wanted in zip(value, template, strict=True))
            )
    return bool(template == value) and isinstance(template, bool) == isinstance(value, bool)


def _filled(template: Any, values: dict[str, Any]) -> Any:
    match template:
        case dict():
            return {key: _filled(part, values) for key, part in template.items()}
        case list():
            return [_filled(part, values) for part in template]
        case str():
            return values.get(template, template)
    return template
