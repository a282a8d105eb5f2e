from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.measures.histogram import LONGEST, SHORTEST, Histogram

TIMES = st.floats(min_value=SHORTEST, max_value=3_600_000.0)
SAMPLES = st.lists(TIMES, min_size=1, max_size=200)
SHARES = st.one_of(st.floats(min_value=0.0, max_value=1.0), st.sampled_from([0.5, 0.95, 0.99, 0.999]))


def of(samples: list[float]) -> Histogram:
    histogram = Histogram()
    histogram.add_many(samples)
    return histogram


@given(SAMPLES, SHARES)
def test_every_quantile_is_within_its_bucket(samples: list[float], share: float) -> None:
    rank = max(math.ceil(round(share * len(samples), 6)), 1)
    true = sorted(samples)[rank - 1]
    assert of(samples).quantile(share) == pytest.approx(true, rel=1 / 64)


@given(SAMPLES)
def test_count_sum_least_and_largest_are_exact(samples: list[float]) -> None:
    histogram = of(samples)
    assert histogram.count == len(samples)
    assert histogram.mean == pytest.approx(sum(samples) / len(samples))
    assert (histogram.quantile(0), histogram.quantile(1)) == (min(samples), max(samples))


@given(SAMPLES, SAMPLES)
def test_merged_is_as_if_all_had_been_added_to_one(some: list[float], others: list[float]) -> None:
    merged = of(some)
    merged.merge(of(others))
    whole = of(some + others)
    assert merged.buckets == whole.buckets
    assert (merged.least, merged.most) == (whole.least, whole.most)
    assert merged.total == pytest.approx(whole.total)


@given(SAMPLES, SAMPLES, SHARES)
def test_window_holds_what_came_after_the_older_state(before: list[float], after: list[float], share: float) -> None:
    window = of(before + after).minus(of(before))
    alone = of(after)
    assert window.buckets == alone.buckets
    assert window.quantile(share) == pytest.approx(alone.quantile(share), rel=1 / 32)


@given(SAMPLES)
def test_window_without_news_is_empty(samples: list[float]) -> None:
    assert of(samples).minus(of(samples)) == Histogram()


@given(SAMPLES)
def test_window_across_a_cleared_run_has_nothing_negative(samples: list[float]) -> None:
    assert Histogram().minus(of(samples)).count == 0


@given(st.lists(TIMES, max_size=100))
def test_dumped_and_loaded_is_the_same(samples: list[float]) -> None:
    histogram = of(samples)
    assert Histogram.load(json.loads(json.dumps(histogram.dump()))) == histogram


@given(st.floats())
def test_whatever_is_added_nothing_is_raised_and_only_times_count(value: float) -> None:
    histogram = Histogram()
    histogram.add(value)
    assert histogram.count == int(0.0 <= value < math.inf)
    assert math.isfinite(histogram.total)


@pytest.mark.parametrize(
    ("value", "counted_as"),
    [
        pytest.param(0.0, 0.0, id="nothing at all"),
        pytest.param(0.0001, 0.0001, id="below a microsecond"),
        pytest.param(1e300, LONGEST, id="longer than any run"),
    ],
)
def test_times_beyond_the_ends_stay_at_the_ends(value: float, counted_as: float) -> None:
    histogram = of([value])
    assert histogram.quantile(0.5) == pytest.approx(counted_as)


def test_nothing_measured_is_none_and_not_zero() -> None:
    empty = Histogram()
    assert (empty.quantile(0.5), empty.mean) == (None, None)


def test_seven_percent_of_a_hundred_is_the_seventh() -> None:
    samples = [float(2**power) for power in range(-9, 16)] * 4
    assert of(samples).quantile(0.28) == pytest.approx(sorted(samples)[27], rel=1 / 64)


@pytest.mark.parametrize(
    "dumped",
    [
        pytest.param([], id="nothing"),
        pytest.param([1.0, 1.0, 1.0, 64], id="a bucket without its count"),
        pytest.param([1.0, 1.0, 1.0, 64, 0], id="a count of none"),
        pytest.param([1.0, 1.0, 1.0, 10_000, 1], id="a bucket beyond the end"),
    ],
)
def test_what_is_no_dump_is_refused(dumped: list[float]) -> None:
    with pytest.raises(ValueError, match="is not a histogram"):
        Histogram.load(dumped)


def test_dump_of_three_decades_is_small() -> None:
    histogram = of([1.02**power for power in range(350)] * 1000)
    assert len(json.dumps(histogram.dump())) < 3000
