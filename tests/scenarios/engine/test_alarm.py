"""The wake-up of gevent's hub: never early, set anew, taken back."""

from __future__ import annotations

import math
import time

import gevent
import pytest
from gevent.event import Event
from gevent.hub import get_hub

from scenarios.engine.alarm import Alarm

WAIT_S = 20


class Bell:
    """An alarm that notes when it rang, once."""

    def __init__(self) -> None:
        self.rang = Event()
        self.at = 0.0
        self.alarm = Alarm(get_hub(), self.ring)

    def ring(self) -> None:
        self.at = time.monotonic()
        self.alarm.set(math.inf)
        self.rang.set()


@pytest.fixture
def bell():
    found = Bell()
    yield found
    found.alarm.close()


@pytest.mark.parametrize("after_s", [-100.0, 0.0, 0.0004, 0.0301], ids=["over", "now", "soon", "later"])
def test_it_rings_and_not_before_its_time(bell: Bell, after_s: float) -> None:
    due = time.monotonic() + after_s
    bell.alarm.set(due)
    assert bell.rang.wait(WAIT_S)
    assert bell.at >= due - 1e-6, "in whole nanoseconds"


def test_it_can_be_set_earlier(bell: Bell) -> None:
    bell.alarm.set(time.monotonic() + 3600)
    bell.alarm.set(time.monotonic())
    assert bell.rang.wait(WAIT_S)


def test_it_can_be_taken_back(bell: Bell) -> None:
    other = Bell()
    bell.alarm.set(time.monotonic() + 0.001)
    bell.alarm.set(math.inf)
    other.alarm.set(time.monotonic() + 0.002)
    assert other.rang.wait(WAIT_S)
    gevent.sleep(0)
    assert not bell.rang.is_set()
    other.alarm.close()
