"""Results as a run would leave them, without a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from diag.lab.config import Origins, PageConfig
from diag.lab.target import target as lab_target
from diag.loading.judging import default_thresholds
from diag.measures.building import Circumstances, result
from diag.measures.result import Result
from diag.measures.series import Series
from diag.measures.tally import Tally
from diag.model import Target


@pytest.fixture
def target() -> Target:
    return lab_target(PageConfig(), Origins("http://localhost:3000", "http://localhost:5173"))


@pytest.fixture
def websocket_run() -> Callable[..., Result]:
    """`websocket_run(failed=…, dropped=…)`: 100 handshakes, of which so many failed; 1,000 updates, 20 ms old."""

    def build(failed: int = 0, dropped: int = 0, code: str = "tcp-refused", age_ms: float = 20.0) -> Result:
        tally = Tally()
        tally.counters.update(
            sessions_opened=100 - failed, sessions_failed=failed, sessions_dropped=dropped, heartbeats_sent=500
        )
        tally.counters.update(messages_received=1500, messages_sent=500, messages_bytes_in=200_000)
        tally.counters.update(messages_bytes_out=50_000, updates_received=1000, generator_cpu_s=1.5)
        if failed:
            tally.count_code("sessions_failed", code, failed)
        if dropped:
            tally.count_code("sessions_dropped", "close-restart", dropped)
        tally.histograms["handshake_ms"].add(3.0)
        tally.histograms["update_staleness_ms.websocket"].add(age_ms)
        series = Series()
        series.add(1.0, tally)
        of = Circumstances("websocket", users=100, run_time_s=10.0, peak_open=100 - failed)
        return result(tally, of, default_thresholds("websocket"), series.points)

    return build


@pytest.fixture
def polling_run() -> Callable[..., Result]:
    """2,000 requests of 5 ms, every second one with an update, half a second old."""

    def build(failed: int = 0, age_ms: float = 500.0) -> Result:
        tally = Tally()
        tally.counters.update(http_requests=2000, http_failures=failed, http_bytes_in=800_000, updates_received=1000)
        tally.counters.update(generator_cpu_s=3.0)
        tally.count_code("poll_requests", "GET /api/bots", 2000)
        if failed:
            tally.count_code("http_failures", "http-503", failed)
        tally.labelled("poll_ms", "GET /api/bots").add(5.0)
        tally.histograms["update_staleness_ms.polling"].add(age_ms)
        of = Circumstances("polling", users=100, run_time_s=10.0)
        return result(tally, of, default_thresholds("polling"))

    return build
