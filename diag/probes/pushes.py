"""What a session's messages say of things with an id, and which of it never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from diag.observations import Pushed
from diag.values import Field, values_of

_MESSAGES = 2000
_FIELDS = 200
_TWICE = 2


@dataclass(slots=True)
class Pushes:
    """The pushed values so far. A flood is not followed: what changed in it would go unseen."""

    _values: dict[Field, tuple[str, int] | None] = field(default_factory=dict)
    _messages: int = 0

    def heard(self, document: Any) -> None:
        """Takes one message's document; a field whose value changes is out for good."""
        self._messages += 1
        if self._messages > _MESSAGES:
            self._values.clear()
            return
        for name, value in values_of(document).items():
            known = self._values.get(name, (value, 0))
            if name in self._values or len(self._values) < _FIELDS:
                self._values[name] = (value, known[1] + 1) if known and known[0] == value else None

    @property
    def settled(self) -> tuple[Pushed, ...]:
        """The fields that were pushed more than once, with one and the same value."""
        rows = [(name, known) for name, known in self._values.items() if known is not None and known[1] >= _TWICE]
        return tuple(Pushed(*name, *known) for name, known in rows)
