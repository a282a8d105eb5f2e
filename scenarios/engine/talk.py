"""A dialect for the thousands: beats from a pre-rendered text, pushes told apart by the few fields that matter.

Means exactly what `diag.dialects.Dialect` means, at a tenth of its price: what is not plain here is asked there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

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


class Fields(Protocol):
    """What tells plain messages apart, as `Talk.fields` decoded it: `type` is a text, `sent_ms` a number or None."""

    type: Any
    sent_ms: Any
    identifier: Any


class Talk:
    """What any number of sessions have to say and to hear in one dialect. `Talk.of(name)` is shared by all.

    `roles` are those of the types of plain messages; other types are updates, and None is for what must be answered.
    """

    def __init__(self, dialect: Dialect) -> None:
        """Compiles what is simple in the dialect."""
        self.dialect = dialect
        self.roles: Mapping[str, Role | None] = {}
        self._decode: Callable[[bytes], Any] | None = None
        if plain := _plain(dialect):
            self.roles, names = plain
            fields = [(name, Any, None) for name in ("type", "sent_ms", "identifier")]
            self._decode = msgspec.json.Decoder(msgspec.defstruct("_Fields", fields, rename=names, gc=False)).decode
        self._beats = tuple((frame.opcode, _format(frame.payload)) for frame in dialect.beat(_ID, _NOW))

    @staticmethod
    def of(name: str) -> Talk:
        """The talk of the dialect of that name; UnknownDialectError when there is none."""
        return _talk(name)

    def beat(self, identifier: str, now_ms: int) -> list[bytes]:
        """One heartbeat as masked frames; an identifier is letters and digits only."""
        values = {b"id": identifier.encode(), b"now": now_ms}
        return [masked(opcode, payload % values) for opcode, payload in self._beats]

    def fields(self, data: bytes) -> Fields | None:
        """Those of a plain message, in one piece: most are. None for everything else: ask `hear`."""
        if self._decode is None or len(data) > PARSED_LIMIT:
            return None
        try:
            found: Fields = self._decode(data)
        except (ValueError, RecursionError):  # no JSON object; whatever else it is
            return None
        sent_ms = found.sent_ms
        if type(sent_ms) is not int and type(sent_ms) is not float:
            found.sent_ms = None
        return found if type(found.type) is str else None

    def hear(self, data: bytes) -> Sequence[Spoken]:
        """A text message's meaning: one, or several where the dialect packs them. Never raises."""
        fields = self.fields(data)
        role = self.roles.get(fields.type, "message") if fields is not None else None
        if fields is None or role is None:
            return self.hear_all(data.decode())
        identifier = str(fields.identifier) if role == "pong" and fields.identifier is not None else None
        return (Spoken(role, fields.type, identifier, fields.sent_ms),)

    def hear_all(self, data: Data) -> Sequence[Spoken]:
        """The long way, for binary messages and for what is not plain."""
        return [_spoken(heard) for heard in self.dialect.hear(data)]


def _plain(dialect: Dialect) -> tuple[Mapping[str, Role | None], dict[str, str]] | None:
    """The roles by type, and the keys of `Fields`, of a dialect that tells messages apart by the text in one field, as
    most do; None for one that takes more to understand."""
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
    if identifier == type_:
        return None
    return roles, {"type": type_, "sent_ms": _STAMP, **({"identifier": identifier} if identifier else {})}


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


def _format(payload: bytes) -> bytes:
    """The payload with its variables as places of a format."""
    escaped = payload.replace(b"%", b"%%")
    return escaped.replace(_ID.encode(), b"%(id)b").replace(str(_NOW).encode(), b"%(now)d")


@cache
def _talk(name: str) -> Talk:
    return Talk(load(name))
