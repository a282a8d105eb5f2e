from __future__ import annotations

import pytest

from diag.measures.health import Saturation
from diag.measures.histogram import Histogram


def lag(*samples_ms: float) -> Histogram:
    histogram = Histogram()
    histogram.add_many(samples_ms)
    return histogram


@pytest.mark.parametrize(
    ("cpu_s", "samples", "said"),
    [
        pytest.param(4.4, [1.0] * 100, None, id="busy, but not too busy"),
        pytest.param(4.8, [1.0] * 100, "used 96% of a core for 5 s", id="a whole core"),
        pytest.param(1.0, [1.0] * 100 + [500.0], None, id="one hiccup"),
        pytest.param(1.0, [1.0] * 90 + [150.0] * 10, "answered 150 ms late (p99 over 5 s)", id="late again and again"),
    ],
)
def test_window_of_five_seconds(cpu_s: float, samples: list[float], said: str | None) -> None:
    assert Saturation(100.0, 0.0).look(105.0, cpu_s, lag(*samples)) == said


def test_too_short_a_window_is_not_judged() -> None:
    watch = Saturation(100.0, 0.0)
    assert watch.look(104.0, 4.0, lag()) is None
    assert watch.look(105.0, 5.0, lag()) is not None


def test_rest_of_a_run_is_judged_by_itself() -> None:
    watch = Saturation(100.0, 0.0)
    assert watch.look(105.0, 0.1, lag(1.0)) is None
    assert watch.look(107.5, 2.6, lag(1.0), least_s=2.0) is not None


def test_each_window_is_about_its_own_time() -> None:
    watch = Saturation(100.0, 0.0)
    assert watch.look(105.0, 4.9, lag(*[300.0] * 50)) is not None
    assert watch.look(110.0, 5.0, lag(*[300.0] * 50, *[1.0] * 50)) is None
