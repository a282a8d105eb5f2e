"""What a connection's frames (RFC 6455 §5) are reported as."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal


class Opcode(IntEnum):
    """The opcodes of RFC 6455 §5.2; all others are reserved."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """A frame's header as it stood on the wire. `rsv` is the three reserved bits as a number: RSV1 is 4."""

    fin: bool
    rsv: int
    opcode: int
    masked: bool
    length: int


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message: `str` for text, `bytes` for binary; `compressed` as it travelled."""

    kind: Literal["text", "binary"]
    data: str | bytes
    compressed: bool = False


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping; whoever holds the connection answers it with the same payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """A pong, asked for or not."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """A valid Close frame; code 1005 stands for an empty one."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Violation:
    """The server broke the protocol, and Chromium ends the connection with a close event 1006.

    `close_code` and `close_reason` are what it sends before; None when it sends nothing. `message` is its console
    text; None when it logs nothing.
    """

    problem: str
    close_code: int | None
    close_reason: str = ""
    message: str | None = None


Event = Message | Ping | Pong | Close | Violation
