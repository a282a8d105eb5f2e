"""When sockets are read again: pure, with a clock of the test's own."""

from __future__ import annotations

import pytest

from scenarios.engine.pace import LONG_S, SHORT_S, Pace


def look(pace: Pace, now: float, events: int, merged: int = 0, *, awaited: bool = False) -> float:
    return pace.next_read(events, merged, now, awaited=awaited)


def settled(events: int, merged: int = 0) -> tuple[Pace, float]:
    """After a second of looks like these."""
    pace, now = Pace(), 100.0
    while now < 101.0:
        now = look(pace, now, events, merged) or now + SHORT_S
    return pace, now


@pytest.mark.parametrize(
    ("events", "awaited", "wait_s"),
    [
        pytest.param(0, False, 0.0, id="nothing came"),
        pytest.param(1, False, 0.0, id="one session"),
        pytest.param(3, False, 0.0, id="a few"),
        pytest.param(4, False, LONG_S, id="several"),
        pytest.param(500, False, LONG_S, id="many"),
        pytest.param(4, True, SHORT_S, id="several, and an answer is awaited"),
        pytest.param(1, True, 0.0, id="one, and an answer is awaited"),
    ],
)
def test_it_waits_where_that_gathers_several_sessions(events: int, awaited: bool, wait_s: float) -> None:
    at = look(Pace(), 100.001, events, awaited=awaited)
    assert at == pytest.approx(100.0 + wait_s if wait_s else 0.0)


def test_reads_stay_on_the_grid() -> None:
    pace, now = Pace(), 100.0
    for _ in range(50):
        now = look(pace, now + 0.0007, 10)
        assert now / LONG_S == pytest.approx(round(now / LONG_S))


def test_one_session_that_answers_at_once_is_not_slowed_down() -> None:
    """Its first burst tries to gather others; as nobody else comes, it is left alone."""
    pace, now, waits = Pace(), 100.0, 0
    for _ in range(100):
        at = look(pace, now, 1, awaited=True)
        waits += at > 0
        now = max(at, now + 0.0001)
    assert waits <= 1


@pytest.mark.parametrize(
    ("merged", "wait_s"),
    [pytest.param(1, LONG_S, id="one in a hundred"), pytest.param(5, SHORT_S, id="one in twenty")],
)
def test_it_waits_less_where_reads_bring_several_messages(merged: int, wait_s: float) -> None:
    pace, now = settled(100, merged)
    assert look(pace, now, 100) == pytest.approx(now + wait_s, abs=1e-6)


def test_long_waits_are_tried_again_later() -> None:
    pace, now = settled(100, 50)
    waits = []
    for _ in range(int(6 / SHORT_S)):
        at = look(pace, now, 25)
        waits.append(round(at - now, 3))
        now = at
    assert waits[0] == SHORT_S
    assert waits[-1] == LONG_S
