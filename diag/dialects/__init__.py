"""Dialects: how an application says ping, pong and status update. One YAML file each, found by listing this folder.

A template is a JSON value in which `$id` stands for a fresh identifier and `$now_ms` for the Unix time in
milliseconds. A message matches a template when it contains everything that the template has (a JSON subset).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

Message = dict[str, Any]


class UnknownDialectError(ValueError):
    """No such dialect; the text names those that exist."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One dialect. Without a `ping` template the application's heartbeat is the protocol's own ping (RFC 6455, 5.5.2).

    `correlation` names the field of the answer that repeats the ping's `$id`; None: any answer will do.
    """

    name: str
    summary: str
    type_field: str | None = None
    greeting: Message | None = None
    ping: Message | None = None
    pong: Message | None = None
    correlation: str | None = None

    def ping_text(self, identifier: str, now_ms: int) -> str:
        """The heartbeat to send."""
        return json.dumps(_filled(self.ping, {"$id": identifier, "$now_ms": now_ms}), separators=(",", ":"))

    def is_pong(self, message: Message) -> bool:
        """Whether a message answers a heartbeat (perhaps somebody else's)."""
        return self.pong is not None and matches(self.pong, message)

    def correlated_id(self, message: Message) -> str | None:
        """The identifier that an answer repeats, as text, or None."""
        value = message.get(self.correlation) if self.correlation else None
        return None if value is None else str(value)

    def type_of(self, message: Message) -> str | None:
        """The message's type, or None when it names none."""
        value = message.get(self.type_field) if self.type_field else None
        return value if isinstance(value, str) else None


def matches(template: Any, value: Any) -> bool:
    """Whether `value` contains everything that `template` has."""
    if isinstance(template, dict):
        return isinstance(value, dict) and all(
            key in value and matches(part, value[key]) for key, part in template.items()
        )
    return bool(template == value)


def parse(text: str) -> Message | None:
    """A JSON object, or None for anything else; never raises, whatever a server sends."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def names() -> tuple[str, ...]:
    """The dialects that exist, sorted."""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


@cache
def load(name: str) -> Dialect:
    """The dialect of that name; UnknownDialectError when there is none, TypeError when its file is mistyped."""
    import yaml  # noqa: PLC0415 - a quarter of the command line's start

    if name not in names():
        raise UnknownDialectError(f"unknown dialect {name!r}; there are {', '.join(names())}")
    text = resources.files(__name__).joinpath(f"{name}.yaml").read_text("utf-8")
    return Dialect(name=name, **yaml.safe_load(text))


def _filled(template: Any, values: dict[str, Any]) -> Any:
    if isinstance(template, dict):
        return {key: _filled(part, values) for key, part in template.items()}
    return values.get(template, template) if isinstance(template, str) else template
