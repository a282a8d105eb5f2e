"""Client events without a client, and a run in which nothing happens but what a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from diag.client.events import ClientEvent
from diag.drill.notation import written_step
from diag.drill.timeline import Timeline
from diag.lab import Lab

Events = tuple[ClientEvent, ...]


def event(text: str) -> ClientEvent:
    """`5.0 closed 1012 clean`: time, kind, then a number and the words of that kind."""
    at, kind, *words = text.split()
    number = int(words[0]) if words and words[0].isdecimal() else None
    value = float(words[0]) if words and kind in ("waiting", "fallback", "opened") else None
    sequence = int(words[1]) if kind == "message" and len(words) > 1 else None
    if kind == "refused":
        return ClientEvent(float(at), kind, 1, text=" ".join(words))
    told = " ".join(word for word in words if not word.isdecimal() and word != "clean")
    return ClientEvent(float(at), kind, number, value, told, sequence=sequence, clean="clean" in words)


@pytest.fixture
def events() -> Callable[..., Events]:
    """`events("0 opened", "5 closed 1006", …)`."""
    return lambda *lines: tuple(event(line) for line in lines)


@pytest.fixture
def timeline() -> Callable[..., Timeline]:
    """`timeline("refuse,at=5s,for=15s", …)`."""
    return lambda *steps: Timeline("test", tuple(written_step(step) for step in steps))


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """The healthy system, with a push every tenth of a second: a second for a client at ten times the speed."""
    with Lab(push_interval_s=0.1) as running:
        yield running
