"""A grid that calls keep, whatever they take: pure, with a clock of the test's own."""

from __future__ import annotations

import pytest

from scenarios.engine.pace import LONG_S, SHORT_S
from scenarios.engine.timers import Timers


def due_of(timers: Timers, now: float) -> list[float]:
    found = []
    while (call := timers.pop(now)) is not None:
        found.append(call[1])
    return found


def test_a_repeated_call_keeps_its_grid() -> None:
    timers = Timers()
    timers.every(10.0, 0.5, lambda due: None)
    assert [due_of(timers, now) for now in (9.9, 10.0, 10.3, 10.7, 11.0)] == [[], [10.0], [], [10.5], [11.0]]


def test_a_stall_gives_one_call_due_at_the_first_point_it_missed() -> None:
    timers = Timers()
    timers.every(10.0, 0.5, lambda due: None)
    assert due_of(timers, 12.2) == [10.0]
    assert timers.due() == 12.5


def test_repeated_calls_start_on_the_common_grid() -> None:
    timers = Timers()
    assert timers.every(10.001, 1.0, lambda due: None).due == pytest.approx(10.0 + LONG_S)


def test_many_calls_are_spread_over_a_finer_grid() -> None:
    """On the coarse one every call would wait for those that share its moment."""
    timers = Timers()
    for _ in range(int(4 / LONG_S)):
        timers.every(10.001, 1.0, lambda due: None)
    late = timers.every(10.001, 1.0, lambda due: None)
    assert late.due == pytest.approx(10.0 + SHORT_S)


def test_cancelled_calls_leave_room_on_the_coarse_grid() -> None:
    timers = Timers()
    for timer in [timers.every(10.0, 0.001, lambda due: None) for _ in range(5)]:
        timer.cancel()
    assert timers.due() is None
    assert timers.every(10.001, 1.0, lambda due: None).due == pytest.approx(10.0 + LONG_S)


def test_calls_come_in_the_order_in_which_they_are_due() -> None:
    timers = Timers()
    for when in (3.0, 1.0, 2.0):
        timers.at(when, lambda due: None)
    assert due_of(timers, 5.0) == [1.0, 2.0, 3.0]
    assert timers.due() is None


def test_a_cancelled_call_does_not_come() -> None:
    timers = Timers()
    first, second = timers.at(1.0, lambda due: None), timers.every(1.0, 1.0, lambda due: None)
    first.cancel()
    second.cancel()
    assert (due_of(timers, 9.0), timers.due()) == ([], None)


@pytest.mark.parametrize("interval", [0.0, -1.0, float("nan")])
def test_an_interval_must_be_positive(interval: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        Timers().every(0.0, interval, lambda due: None)
