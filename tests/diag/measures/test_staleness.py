from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.measures.staleness import AT_ONCE, Feed, plausible


def steady(gap_s: float, count: int, age_s: float = 0.01) -> Feed:
    """A page that has seen that many updates, the first one at 0."""
    feed = Feed()
    for number in range(count):
        feed.arrived(number * gap_s, age_s)
    return feed


def test_update_that_comes_is_one_sample_its_age() -> None:
    assert Feed().arrived(5.0, 0.02) == [0.02]


def test_silence_grows_by_one_sample_for_every_update_that_was_due() -> None:
    feed = steady(1.0, 10)
    assert feed.overdue(10.9) == [], "one gap late is jitter"
    assert feed.overdue(11.1) == [pytest.approx(2.01)]
    assert feed.overdue(11.5) == [], "counted already"
    assert feed.overdue(14.1) == pytest.approx([3.01, 4.01, 5.01])


def test_update_after_silence_starts_afresh() -> None:
    feed = steady(1.0, 10)
    feed.overdue(12.0)
    assert feed.arrived(12.0, 0.5) == [0.5]
    assert feed.overdue(12.5) == []


def test_missed_updates_were_missed_until_the_next_one_came() -> None:
    feed = steady(1.0, 10)
    assert feed.arrived(12.0, 0.0, missed=2) == pytest.approx([0.0, 2.0, 1.0])


def test_what_was_silent_and_then_missing_counts_once() -> None:
    feed = steady(1.0, 10)
    silent = feed.overdue(13.0)
    assert len(silent) == 3
    assert len(feed.arrived(13.5, 0.0, missed=3)) == 1


@pytest.mark.parametrize(
    "arrivals",
    [
        pytest.param([], id="never had an update"),
        pytest.param([0.0], id="a single one tells no cadence"),
        pytest.param([0.0, 0.0, 0.01, 0.01, 0.02, 0.02], id="the snapshot of a new session"),
        pytest.param([n * 5 + burst for n in range(8) for burst in (0, 0.001, 0.002)], id="bursts, five seconds apart"),
    ],
)
def test_feed_that_is_not_late_is_not_called_silent(arrivals: list[float]) -> None:
    feed = Feed()
    for at in arrivals:
        feed.arrived(at, 0.0)
    assert feed.overdue((arrivals or [0.0])[-1] + 4.9) == []


def test_known_cadence_need_not_be_learnt() -> None:
    feed = Feed(gap_s=10.0)
    feed.arrived(0.0, 0.0)
    feed.arrived(0.1, 0.0)
    assert feed.gap_s == 10.0
    assert feed.overdue(19.0) == []
    assert feed.overdue(21.0) == [20.0]


def test_one_long_stall_does_not_become_usual() -> None:
    feed = steady(1.0, 10)
    feed.arrived(69.0, 0.0)
    assert feed.gap_s <= 2.0


def test_look_after_hours_adds_a_bounded_number() -> None:
    feed = steady(0.01, 300)
    assert len(feed.overdue(3600.0)) == AT_ONCE
    assert feed.overdue(3600.0) == [], "what was too much is not made up for later"


def test_gap_of_a_million_adds_a_bounded_number() -> None:
    assert len(steady(1.0, 10).arrived(10.0, 0.0, missed=1_000_000)) <= AT_ONCE + 1


@given(
    st.lists(st.tuples(st.floats(0.0, 100.0), st.floats(0.0, 10.0), st.integers(0, 5)), max_size=50),
    st.floats(0.0, 1000.0),
)
def test_no_sample_is_negative_and_ages_never_exceed_the_silence(
    steps: list[tuple[float, float, int]], wait: float
) -> None:
    feed, now, age = Feed(), 0.0, 0.0
    for pause, age, missed in steps:
        now += pause
        assert all(sample >= 0 for sample in feed.arrived(now, age, missed))
    assert all(0 <= sample <= age + wait + 1e-6 for sample in feed.overdue(now + wait))


@pytest.mark.parametrize(
    ("age_s", "taken"),
    [
        pytest.param(0.25, 0.25, id="a quarter of a second"),
        pytest.param(-0.004, 0.0, id="clocks that differ a little"),
        pytest.param(-3600.0, None, id="an hour from now"),
        pytest.param(1.7e9, None, id="seconds taken for milliseconds"),
        pytest.param(None, None, id="no timestamp"),
    ],
)
def test_age_is_taken_as_far_as_it_can_be_one(age_s: float | None, taken: float | None) -> None:
    assert plausible(age_s) == taken
