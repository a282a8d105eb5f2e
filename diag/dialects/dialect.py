"""One dialect: what to send when, and what a message means. Pure; nothing raises, whatever a server sends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from diag.dialects.templates import PING, Content, Data, Frame, Reader, Seen, Sent

Role = Literal["greeting", "pong", "beat", "message"]

_PACKED_LIMIT = 1000
"""More in one WebSocket message stay together: a server must not make us take a megabyte apart."""


@dataclass(frozen=True, slots=True)
class ServerBeat:
    """A heartbeat that the server sends by itself: what it looks like, and how often it must come.

    `announced` finds the milliseconds in the server's greeting, of which 0 means never; `every_ms` holds where it
    finds none. `at_least_ms` is the shortest interval that we asked for.
    """

    message: Seen
    every_ms: int = 0
    announced: re.Pattern[str] | None = None
    at_least_ms: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A message of the server's that must be answered, and the answer."""

    to: Seen
    reply: Sent


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message is: a greeting, the answer to a heartbeat of ours, a beat of the server's, or a message of the
    application's own. `identifier` is the id that a pong repeats; `replies` are to be sent at once.
    """

    content: Content
    role: Role
    type: str | None = None
    identifier: str | None = None
    replies: tuple[Frame, ...] = ()

    @property
    def fields(self) -> dict[str, Any] | None:
        """The message, where it is a JSON object."""
        value = self.content.value
        return value if isinstance(value, dict) else None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an application greets, beats, answers, pushes and says goodbye; see the files of this folder.

    A `ping` without a `pong` is a beat that nobody answers. Where the application answers none, round trips are those
    of the protocol's own ping (RFC 6455, section 5.5.2).
    """

    name: str
    summary: str
    subprotocols: tuple[str, ...] = ()
    separator: str = ""
    opening: tuple[Sent, ...] = ()
    greeting: Seen | None = None
    ping: Sent | None = None
    pong: Seen | None = None
    correlation: Reader | None = None
    server_beat: ServerBeat | None = None
    answers: tuple[Answer, ...] = ()
    types: tuple[Reader, ...] = ()
    goodbye: tuple[Sent, ...] = ()

    @property
    def beat_kind(self) -> Literal["application", "protocol"]:
        """Whose answer ends a heartbeat's round trip: the application's, or the protocol's pong."""
        return "application" if self.pong else "protocol"

    def beat(self, identifier: str, now_ms: int) -> tuple[Frame, ...]:
        """One heartbeat. Without an answer of the application's, a ping with the identifier goes along."""
        ours = (self._frame(self.ping, identifier, now_ms),) if self.ping else ()
        return ours if self.pong else (*ours, Frame(PING, identifier.encode()))

    def open_with(self) -> tuple[Frame, ...]:
        """What the client sends as soon as the socket is open."""
        return tuple(self._frame(template) for template in self.opening)

    def leave_with(self) -> tuple[Frame, ...]:
        """What the client sends before its Close frame."""
        return tuple(self._frame(template) for template in self.goodbye)

    def hear(self, data: Data) -> tuple[Heard, ...]:
        """What a WebSocket message means: one thing, or several where the dialect packs them."""
        if self.separator and isinstance(data, str):
            return tuple(self._heard(part) for part in data.split(self.separator, _PACKED_LIMIT) if part)
        return (self._heard(data),)

    def greets(self, data: Data) -> bool:
        """Whether a message is this dialect's greeting, its separator included."""
        packed = not self.separator or (isinstance(data, str) and self.separator in data)
        return packed and any(heard.role == "greeting" for heard in self.hear(data)[:1])

    def server_interval_ms(self, greeting: Data) -> int | None:
        """How often the server beats by itself, as its greeting announces it; None when it does not."""
        beat = self.server_beat
        if beat is None:
            return None
        found = beat.announced.search(Content(greeting).head) if beat.announced else None
        every_ms = int(found[1]) if found else beat.every_ms
        return max(every_ms, beat.at_least_ms) if every_ms else None

    def is_upkeep(self, data: Data) -> bool:
        """Whether a message only keeps the session alive: an answer to a heartbeat, or a beat of the server's."""
        return all(heard.role in ("pong", "beat") for heard in self.hear(data))

    def _heard(self, data: Data) -> Heard:
        content = Content(data)
        role, read = self._role(content), self.correlation.read if self.correlation else None
        identifier = read(content) if read and role == "pong" else None
        return Heard(
            content,
            role,
            type=self._type(content),
            identifier=None if identifier is None else str(identifier),
            replies=self._replies(content) if self.answers else (),
        )

    def _replies(self, content: Content) -> tuple[Frame, ...]:
        return tuple(self._frame(answer.reply) for answer in self.answers if answer.to.matches(content))

    def _type(self, content: Content) -> str | None:
        for reader in self.types:
            if isinstance(value := reader.read(content), str):
                return value
        return None

    def _role(self, content: Content) -> Role:
        if self.pong and self.pong.matches(content):
            return "pong"
        if self.greeting and self.greeting.matches(content):
            return "greeting"
        if self.server_beat and self.server_beat.message.matches(content):
            return "beat"
        if any(answer.to.matches(content) for answer in self.answers):
            return "beat"
        return "message"

    def _frame(self, template: Sent, identifier: str = "", now_ms: int = 0) -> Frame:
        opcode, payload = template.frame(identifier, now_ms)
        return Frame(opcode, payload + self.separator.encode())
