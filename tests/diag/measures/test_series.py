from __future__ import annotations

from itertools import pairwise

from diag.measures.series import LIMIT, Series
from diag.measures.tally import Tally


def state(beats: int = 0, failed: int = 0, cpu_s: float = 0.0, slow: float | None = None) -> Tally:
    tally = Tally()
    tally.counters.update({"messages_received": beats * 10, "generator_cpu_s": cpu_s})
    tally.gauges.update({"open_sessions": 3, "users": 4})
    if failed:
        tally.count_code("sessions_failed", "tcp-refused", failed)
    tally.histograms["heartbeat_rtt_ms"].add_many([5.0] * beats)
    if slow:
        tally.histograms["heartbeat_rtt_ms"].add(slow)
    return tally


def test_point_tells_what_happened_since_the_last_one() -> None:
    series = Series()
    series.add(1.0, state(beats=10, failed=2, cpu_s=0.5))
    series.add(3.0, state(beats=30, failed=2, cpu_s=0.7, slow=900.0))
    first, second = series.points
    assert (first.t, first.failed, first.cpu, first.messages_per_s) == (1.0, {"tcp-refused": 2}, 0.5, 100.0)
    assert (second.t, second.failed, second.cpu, second.messages_per_s) == (3.0, {}, 0.1, 100.0)
    assert (second.open_sessions, second.users) == (3, 4)
    assert first.heartbeat_p99_ms < 10
    assert second.heartbeat_p99_ms > 800
    assert second.staleness_polling_p50_ms is None


def test_second_look_at_the_same_moment_is_no_point() -> None:
    series = Series()
    series.add(1.0, state())
    series.add(1.0, state(beats=1))
    assert len(series.points) == 1


def test_long_run_is_halved_and_keeps_its_peaks_and_sums() -> None:
    series, failures = Series(), 3 * LIMIT
    slow_at = 101
    tally = Tally()
    for second in range(1, failures + 1):
        tally.count_code("sessions_failed", "tcp-refused")
        now = Tally()
        now.absorb(tally)
        if second >= slow_at:
            now.histograms["heartbeat_rtt_ms"].add(700.0)
        series.add(float(second), now)
    points = series.points
    assert len(points) < LIMIT
    assert points[-1].t > failures - points[-1].span_s - 1
    assert sum(point.failed["tcp-refused"] for point in points) == points[-1].t
    assert [point.heartbeat_p99_ms is not None for point in points].count(True) == 1
    assert all(earlier.t < later.t for earlier, later in pairwise(points))
