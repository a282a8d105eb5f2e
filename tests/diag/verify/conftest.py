"""A verification without a network: everything was well, but for what a test changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from diag.client.events import ClientEvent
from diag.model import Client, Fallback
from diag.verify.observed import Cut, Life, Observed, Push, Visit
from diag.verify.plan import QUICK, plan

EXPECTED = ("bot:status_change", "system:health_update")
HEALTHY_LIFE = ("0 attempt 0", "0.01 opened 3", "5 ended")


def event(text: str) -> ClientEvent:
    """`5.0 closed 1012 Service Restart`: time, kind, then the numbers and words of that kind."""
    at, kind, *words = text.split()
    numbers = [float(word) for word in words if word.replace(".", "", 1).isdecimal()]
    told = " ".join(word for word in words if not word.replace(".", "", 1).isdecimal())
    match kind:
        case "opened":
            return ClientEvent(float(at), kind, int(numbers[0]) if numbers else 0)
        case "refused":
            return ClientEvent(float(at), kind, int(numbers[0]), text=" ".join(words[1:]))
        case "answered" | "missed" | "fallback":
            return ClientEvent(float(at), kind, 1, numbers[0], told)
        case "message":
            return ClientEvent(float(at), kind, text=told, sequence=int(numbers[0]) if numbers else None)
    return ClientEvent(float(at), kind, int(numbers[0]) if numbers else None, text=told)


def lived(*lines: str, ended_s: float = 5.0) -> Life:
    return Life(tuple(map(event, lines)), ended_s)


def pushed(**changes: Any) -> Push:
    return replace(Push(3, 2.0, 2002.0, (4, 6), (1000.0, 3000.0)), **changes)


def visited(*types: str, **changes: Any) -> Visit:
    return Visit(pushes={name: pushed() for name in types or EXPECTED}, lasted_ms=2100.0, **changes)


def beaten(*round_trips: float) -> Life:
    return lived("0.1 opened", *(f"{number} answered {took}" for number, took in enumerate(round_trips, 1)))


def cut_off(*after: str) -> Cut:
    before = ("0.1 opened", *(f"1 message 7 {name}" for name in EXPECTED))
    return Cut(lived(*before, "1.5 closed 1006", *after, ended_s=8.0), 1.5, 3.5)


BACK = ("2.5 refused 1 tcp-refused", "4.5 opened 2", *(f"4.6 message 9 {name}" for name in EXPECTED))


@pytest.fixture
def made(scene: Any) -> Callable[..., Observed]:
    """`made(watch=…)`: a healthy verification with these things changed; `scene` has what the probe saw."""

    def make(**changes: Any) -> Observed:
        client = Client(heartbeat_interval_s=1.0, heartbeat_timeout_s=2.0, fallback=Fallback(every_s=1.0))
        if not scene.observations:
            scene.given(expect=EXPECTED, client=client).opens("proxy").opens("direct")
        target = scene.target
        healthy = Observed(
            target=target,
            plan=plan(target, QUICK),
            report=scene.report(),
            watch=lived(*HEALTHY_LIFE),
            beats=beaten(1.0, 1.2, 0.9),
            cut=cut_off(*BACK),
            listened=visited(),
            reloads=(visited(), visited()),
        )
        return replace(healthy, **changes)

    return make


@pytest.fixture
def life() -> Callable[..., Life]:
    """`life("0.1 opened", "2 closed 1006", …)`."""
    return lived


@pytest.fixture
def push() -> Callable[..., Push]:
    """`push(count=1, …)`: a healthy type with something changed."""
    return pushed


@pytest.fixture
def visit_of() -> Callable[..., Visit]:
    """`visit_of("type", …, counts=…)`: a visit in which these types came."""
    return visited


@pytest.fixture
def cut() -> Callable[..., Cut]:
    """`cut("4.5 opened 2", …)`: cut at 1.5 s, clear at 3.5 s, and what came after."""
    return cut_off
