"""What the client reads in a message: its type and its sequence number. Pure; never raises, whatever a server sends."""

from __future__ import annotations

from typing import Any

from diag.dialects import Heard

SEQUENCE_FIELDS = ("sequence", "seq")
_TYPE_LIMIT = 200
_SEQUENCE_LIMIT = 2**63


def type_of(heard: Heard, kind: str) -> str:
    """The message's type, bounded; where it names none its role, or `kind`, which is `text` or `binary`."""
    return heard.type[:_TYPE_LIMIT] if heard.type else kind if heard.role == "message" else heard.role


def sequence_of(message: dict[str, Any] | None) -> int | None:
    """The number under `sequence` or `seq`, in the message or in its `data`; None when there is none."""
    if message is None:
        return None
    data = message.get("data")
    places: tuple[dict[str, Any], ...] = (message, data) if isinstance(data, dict) else (message,)
    found = (place.get(name) for place in places for name in SEQUENCE_FIELDS)
    return next((value for value in found if type(value) is int and abs(value) < _SEQUENCE_LIMIT), None)
