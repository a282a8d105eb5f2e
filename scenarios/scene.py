"""What all users of a run share: made once in each process, however many there are."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from random import getrandbits
from typing import Any

from locust import events

from diag.dialects import AUTO, Conversation, Dialect
from diag.model import Client, Target
from scenarios.engine import Loop, Opener, Talk, loop
from scenarios.load import Behaviour, Load
from scenarios.metrics import record

_run = f"{getrandbits(32):08x}"
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Scene:
    """`talk` is None while the server's first words are to tell the dialect."""

    target: Target
    opener: Opener
    talk: Talk | None
    behaviour: Behaviour
    loop: Loop
    reports_updates: bool

    @property
    def client(self) -> Client:
        """How the page's client behaves."""
        return self.target.client

    def conversation(self, subprotocol: str) -> Conversation:
        """What recognises the dialect of one session."""
        return Conversation(AUTO, subprotocol)


class Traffic:
    """Messages and payload bytes of all sockets since the last time they were told."""

    __slots__ = ("bytes_in", "bytes_out", "received", "sent")

    def __init__(self) -> None:
        """None yet."""
        self.received = self.sent = self.bytes_in = self.bytes_out = 0

    def out(self, frame: bytes) -> None:
        """One masked frame was sent."""
        size = len(frame)
        self.sent += 1
        self.bytes_out += size - (6 if size < 126 + 6 else 8 if size < 65536 + 8 else 14)  # header and mask

    def tell(self) -> None:
        """Adds it to the run's figures; twice a second."""
        if self.received or self.sent:
            record.traffic(self.received, self.sent, self.bytes_in, self.bytes_out)
            self.received = self.sent = self.bytes_in = self.bytes_out = 0


def scene_of(load: Load, *, reports_updates: bool = False) -> Scene:
    """That of these settings. OSError where a file of the target's TLS settings cannot be used."""
    return _scene(load.target, load.behaviour, loop(), reports_updates)


def beat_id() -> str:
    """Letters and digits, never twice in a run."""
    return f"{_run}{next(_numbers):x}"


def missed_code(dialect: Dialect) -> str:
    """The cause of a heartbeat without an answer."""
    return "heartbeat-unanswered" if dialect.beat_kind == "application" else "pong-missing"


def left_at() -> float:
    """When the pages that are being left now were left: with the run, if it is ending. Closing thousands of sockets
    takes the generator seconds, for which no answer may be blamed."""
    return min(time.monotonic(), _ends_at)


def _begin(**_: Any) -> None:
    global _ends_at  # noqa: PLW0603 - one run a process
    _ends_at = math.inf


def _end(**_: Any) -> None:
    global _ends_at  # noqa: PLW0603 - one run a process
    _ends_at = time.monotonic()


@lru_cache(maxsize=8)
def _scene(target: Target, behaviour: Behaviour, running: Loop, reports_updates: bool) -> Scene:
    name = target.client.dialect
    talk = None if name == AUTO else Talk.of(name)
    return Scene(target, Opener.of(target), talk, behaviour, running, reports_updates)


_ends_at = math.inf
traffic = Traffic()
record.before_fold(traffic.tell)
events.test_start.add_listener(_begin)
events.test_stopping.add_listener(_end)
