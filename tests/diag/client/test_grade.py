from __future__ import annotations

from collections.abc import Sequence

import pytest

from diag.client.events import ClientEvent
from diag.client.figures import Figures
from diag.client.grade import RULE, grade

OPENED = ClientEvent(0.0, "opened", value=5.0)
CLOSED = ClientEvent(0.0, "closed", number=1006)


def beats(*rtts: float | None) -> list[ClientEvent]:
    found = []
    for rtt in rtts:
        found.append(ClientEvent(0.0, "beat", text="application"))
        kind = "missed" if rtt is None else "answered"
        found.append(ClientEvent(0.0, kind, text="application", value=rtt))
    return found


def graded(events: Sequence[ClientEvent], now_s: float = 1.0, expect: tuple[str, ...] = ()) -> tuple[str, str]:
    figures = Figures()
    for event in events:
        figures.take(event)
    found = grade(figures, now_s, expect)
    return found.name, found.because


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([OPENED, *beats(*[1.0] * 60)], "excellent", id="quiet"),
        pytest.param([OPENED, *beats(*[100.0] * 60)], "excellent", id="at-the-limit"),
        pytest.param([OPENED, *beats(1.0)], "excellent", id="one-beat"),
        pytest.param([OPENED, *beats(*[1.0] * 59, 900.0)], "excellent", id="one-slow-answer-of-sixty"),
        pytest.param([OPENED, *beats(*[101.0] * 60)], "good", id="slower"),
        pytest.param([OPENED, *beats(*[1.0, 40.0] * 30)], "good", id="uneven"),
        pytest.param([OPENED, *beats(*[1.0] * 59, None)], "good", id="one-lost-of-sixty"),
        pytest.param([OPENED, CLOSED, OPENED, *beats(*[1.0] * 10)], "good", id="one-reconnect"),
        pytest.param([OPENED, *beats(*[301.0] * 60)], "poor", id="slow"),
        pytest.param([OPENED, *beats(*[1.0, 200.0] * 30)], "poor", id="very-uneven"),
        pytest.param([OPENED, *beats(*[1.0] * 58, None, None)], "poor", id="two-lost-of-sixty"),
        pytest.param([OPENED, *beats(1.0), *[CLOSED, OPENED] * 2, *beats(1.0)], "poor", id="two-reconnects"),
        pytest.param([OPENED, *beats(*[1.0] * 9), CLOSED], "lost", id="closed"),
        pytest.param([], "lost", id="never-open"),
        pytest.param([OPENED], "lost", id="no-beat-yet"),
        pytest.param([OPENED, *beats(None, None)], "lost", id="nothing-answered"),
    ],
)
def test_the_rule(events: list[ClientEvent], expected: str) -> None:
    assert graded(events)[0] == expected


def test_what_is_long_past_is_forgiven() -> None:
    trouble = [OPENED, *beats(None, 900.0), CLOSED, OPENED]
    assert graded([*trouble, *beats(*[1.0] * 61)])[0] == "excellent"


class TestExpectedUpdates:
    """An open, quick socket over which nothing comes is not healthy."""

    HEALTHY = (OPENED, *beats(*[1.0] * 10))

    @staticmethod
    def update(at_s: float) -> ClientEvent:
        return ClientEvent(at_s, "message", text="update")

    def test_one_that_never_came_is_overdue(self) -> None:
        assert graded(self.HEALTHY, 6.0, ("update",)) == ("poor", "no update for 6 s")

    @pytest.mark.parametrize(
        ("at", "now_s", "expected"),
        [
            pytest.param((), 4.0, "excellent", id="still-time"),
            pytest.param((1.0, 2.0, 3.0), 7.0, "excellent", id="within-five-seconds"),
            pytest.param((1.0, 2.0, 3.0), 8.1, "poor", id="beyond-them"),
            pytest.param((1.0, 11.0), 40.0, "excellent", id="within-three-pauses"),
            pytest.param((1.0, 11.0), 41.1, "poor", id="beyond-those"),
        ],
    )
    def test_its_own_rhythm_is_its_measure(self, at: tuple[float, ...], now_s: float, expected: str) -> None:
        assert graded([*self.HEALTHY, *map(self.update, at)], now_s, ("update",))[0] == expected

    def test_one_that_nobody_expects_may_stay_away(self) -> None:
        assert graded([*self.HEALTHY, self.update(1.0)], 500.0)[0] == "excellent"


def test_the_rule_is_written_down_with_every_grade_and_limit() -> None:
    for word in ("excellent", "good", "poor", "lost", "100 ms", "300 ms", "30 ms", "2%", "--expect"):
        assert word in RULE
    assert max(map(len, RULE.splitlines())) < 79
