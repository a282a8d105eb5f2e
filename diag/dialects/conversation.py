"""One session in a dialect: the one that was told, or the one that the server's first words give away. No network."""

from __future__ import annotations

from collections.abc import Sequence

from diag.dialects.dialect import Heard
from diag.dialects.files import load, names
from diag.dialects.templates import Data

AUTO = "auto"
"""The dialect that stands for another one, not known yet."""

LISTEN_S = 0.5
"""So long does a client wait for a greeting that tells the dialect, before its first heartbeat."""

FIRST_MESSAGES = 3
"""A greeting is among the first messages, or there is none."""


def recognise(subprotocol: str, first_messages: Sequence[Data]) -> tuple[str, str] | None:
    """The name of the dialect that a server speaks, and why we think so; None when nothing tells.

    The negotiated subprotocol counts before what the server says first.
    """
    known = [load(name) for name in names() if name != AUTO]
    for dialect in known:
        if subprotocol and subprotocol in dialect.subprotocols:
            return dialect.name, f"the subprotocol {subprotocol} was negotiated"
    for message in first_messages[:FIRST_MESSAGES]:
        for dialect in known:
            if dialect.greets(message):
                return dialect.name, "the server greets in it"
    return None


class Conversation:
    """What the messages of one session mean. `dialect` may change while `listening`; `why` says how it was known."""

    def __init__(self, name: str, subprotocol: str) -> None:
        """`name` is a dialect's, or `auto`; `subprotocol` what the server chose, empty for none."""
        self.dialect = load(name)
        self.why = ""
        self._subprotocol = subprotocol
        self._first: list[Data] = []
        if self.listening:
            self._recognise()

    @property
    def listening(self) -> bool:
        """Whether a message may still tell the dialect."""
        return self.dialect.name == AUTO and len(self._first) < FIRST_MESSAGES

    def hear(self, data: Data) -> tuple[Heard, ...]:
        """What a WebSocket message means."""
        if self.listening:
            self._first.append(data)
            self._recognise()
        return self.dialect.hear(data)

    def _recognise(self) -> None:
        found = recognise(self._subprotocol, self._first)
        if found:
            self.dialect, self.why = load(found[0]), found[1]
