"""A dialect for the thousands: beats from a pre-rendered text, pushes told apart by the few fields that matter.

Means exactly what `diag.dialects.Dialect` means, at a tenth of its price: what is not plain here is asked there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from diag.dialects import Dialect, Heard, load
from diag.dialects.dialect import Role
from diag.dialects.templates import PARSED_LIMIT, Data, FieldReader, JsonTemplate, Reader, Seen
from scenarios.engine.outbound import masked

_STAMP = "timestamp"
_ID, _NOW = "wsdiagIDwsdiag", 8765432109876543


class Spoken(msgspec.Struct, frozen=True, gc=False):
    """What one message is, as `Heard` has it. `sent_ms` is its own `timestamp` (Unix milliseconds), if it has one;
    `replies` are masked frames, to be sent at once."""

    role: Role
    type: str | None = None
    identifier: str | None = None
    sent_ms: float | None = None
    replies: tuple[bytes, ...] = ()


class Talk:
    """What any number of sessions have to say and to hear in one dialect. `Talk.of(name)` is shared by all."""

    def __init__(self, dialect: Dialect) -> None:
        """Compiles what is simple in the dialect."""
        self.dialect = dialect
        self._plain = _plain(dialect)
        self._beats = tuple((frame.opcode, _split(frame.payload)) for frame in dialect.beat(_ID, _NOW))

    @staticmethod
    def of(name: str) -> Talk:
        """The talk of the dialect of that name; UnknownDialectError when there is none."""
        return _talk(name)

    def beat(self, identifier: str, now_ms: int) -> list[bytes]:
        """One heartbeat as masked frames; an identifier is letters and digits only."""
        values = {_ID: identifier.encode(), str(_NOW): b"%d" % now_ms}
        return [
            masked(opcode, b"".join([values[part] if isinstance(part, str) else part for part in parts]))
            for opcode, parts in self._beats
        ]

    def hear(self, data: bytes) -> Sequence[Spoken]:
        """A text message's meaning: one, or several where the dialect packs them. Never raises."""
        plain = self._plain
        if plain is not None and len(data) <= PARSED_LIMIT:
            try:
                spoken = plain.spoken(data)
            except (ValueError, RecursionError):
                spoken = None  # no JSON object; whatever else it is
            if spoken is not None:
                return (spoken,)
        return self.hear_all(data.decode())

    def hear_all(self, data: Data) -> Sequence[Spoken]:
        """The long way, for binary messages and for what is not plain."""
        return [_spoken(heard) for heard in self.dialect.hear(data)]


class _Plain:
    """A dialect that tells messages apart by the text in one field, as most do: no other field is decoded."""

    __slots__ = ("_decode", "_roles")

    def __init__(self, roles: dict[str, Role | None], type_: str, identifier: str | None) -> None:
        """`roles` None for what must be answered; the others are the names of fields."""
        names = {"type": type_, "sent": _STAMP, **({"identifier": identifier} if identifier else {})}
        fields = [(name, Any, None) for name in ("type", "sent", "identifier")]
        self._decode = msgspec.json.Decoder(msgspec.defstruct("Fields", fields, rename=names, gc=False)).decode
        self._roles = roles

    def spoken(self, data: bytes) -> Spoken | None:
        """None for what must be answered; ValueError or RecursionError for what is no JSON object."""
        found: Any = self._decode(data)
        told, sent = found.type, found.sent
        if type(sent) is not int and type(sent) is not float:
            sent = None
        if type(told) is not str:
            return Spoken("message", None, None, sent)
        role = self._roles.get(told, "message")
        if role == "pong":
            identifier = found.identifier
            return Spoken(role, told, None if identifier is None else str(identifier), sent)
        return Spoken(role, told, None, sent) if role else None


def _plain(dialect: Dialect) -> _Plain | None:
    """None for a dialect that takes more to understand."""
    beat = dialect.server_beat.message if dialect.server_beat else None
    seen: list[tuple[Role | None, Seen | None]] = [(None, answer.to) for answer in dialect.answers]
    seen += [("pong", dialect.pong), ("greeting", dialect.greeting), ("beat", beat)]
    type_ = _name(dialect.types[0]) if len(dialect.types) == 1 else None
    identifier = _name(dialect.correlation) if dialect.correlation else None
    if type_ is None or dialect.separator or (dialect.correlation and not identifier) or _STAMP in (type_, identifier):
        return None
    roles: dict[str, Role | None] = {}
    for role, template in seen:
        match template:
            case None:
                pass
            case JsonTemplate(value=dict() as value) if list(value) == [type_] and isinstance(value[type_], str):
                if value[type_] == "$any":
                    return None
                roles.setdefault(value[type_], role)
            case _:
                return None
    return _Plain(roles, type_, identifier) if identifier != type_ else None


def _name(reader: Reader) -> str | None:
    """The one key that it reads."""
    match reader:
        case FieldReader(path=(str() as name,)):
            return name
    return None


def _spoken(heard: Heard) -> Spoken:
    sent = (heard.fields or {}).get(_STAMP)
    return Spoken(
        heard.role,
        heard.type,
        heard.identifier,
        sent if type(sent) in (int, float) else None,
        tuple(masked(*frame) for frame in heard.replies),
    )


def _split(payload: bytes) -> tuple[bytes | str, ...]:
    """The payload in pieces, the variables as `str`."""
    parts: list[bytes | str] = [payload]
    for mark in (_ID, str(_NOW)):
        parts = [piece for part in parts for piece in _around(part, mark)]
    return tuple(parts)


def _around(part: bytes | str, mark: str) -> list[bytes | str]:
    if isinstance(part, str):
        return [part]
    pieces = part.split(mark.encode())
    return [item for piece in pieces for item in (mark, piece)][1:]


@cache
def _talk(name: str) -> Talk:
    return Talk(load(name))
