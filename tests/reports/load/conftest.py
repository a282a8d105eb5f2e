"""Reports of load runs as the commands would build them: calm, troubled, interrupted, hostile, and comparisons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from diag.loading import blocks, judging
from diag.loading.judging import LoadReport
from diag.measures.building import Circumstances, result
from diag.measures.result import Result
from diag.measures.series import Series
from diag.measures.tally import Tally
from diag.model import Route, Target

URL = "ws://localhost:5173/ws"
TARGET = Target("http://localhost:5173", URL, (Route("proxy", URL),))
STARTED = "2026-11-22T10:20:30.000Z"
HOSTILE = "</script><img src=//evil.test onerror=alert(1)>\x1b[31m\u202e"


def run(
    scenario: str = "websocket", failed: int = 0, code: str = "tcp-refused", seconds: int = 4, **more: Any
) -> Result:
    tally, series = Tally(), Series()
    polling = scenario == "polling"
    for second in range(1, seconds + 1):
        tally = Tally.load(tally.dump())
        tally.gauges.update(users=100.0, open_sessions=0.0 if polling else float(100 - failed))
        if polling:
            tally.counters["http_requests"] += 100
            tally.counters["http_bytes_in"] += 20_000
            tally.count_code("poll_requests", "GET /api/bots", 100)
            tally.labelled("poll_ms", "GET /api/bots").add_many([4.0] * 100)
        else:
            tally.counters["messages_received"] += 200
            tally.counters["messages_bytes_in"] += 30_000
            tally.counters["heartbeats_sent"] += 50
            tally.counters["heartbeats_answered"] += 50
            tally.histograms["heartbeat_rtt_ms"].add_many([1.5 + second] * 50)
        tally.counters["updates_received"] += 100
        tally.histograms[f"update_staleness_ms.{scenario}"].add_many([500.0 if polling else 15.0] * 100)
        if second == 1 and not polling:
            tally.counters["sessions_opened"] = 100 - failed
            tally.histograms["handshake_ms"].add_many([3.0] * (100 - failed))
            if failed:
                tally.counters["sessions_failed"] = failed
                tally.count_code("sessions_failed", code, failed)
        series.add(float(second), tally)
    of = Circumstances(scenario, 100, float(seconds), peak_open=0 if polling else 100 - failed, **more)
    return result(tally, of, judging.default_thresholds(scenario), series.points)


def reported(found: Result, *notes: str) -> LoadReport:
    return judging.report(TARGET, found, started_at=STARTED, duration_ms=4321.0, notes=notes)


def compared() -> blocks.CompareReport:
    ours, theirs = run(), run("polling")
    frame = judging.comparison_report(TARGET, ours, theirs, started_at=STARTED, duration_ms=9000.0, notes=("a note",))
    return blocks.compared(frame, [blocks.Block(ours, 0.5)] * 2, [blocks.Block(theirs, 1.5)] * 2, 1.0)


REPORTS: dict[str, Callable[[], Any]] = {
    "calm": lambda: reported(run(), "no threshold was given: these are the defaults"),
    "polling": lambda: reported(run("polling")),
    "troubled": lambda: reported(run(failed=10)),
    "broken": lambda: reported(run(failed=100)),
    "interrupted": lambda: reported(run(ended="interrupted", user_errors=1)),
    "empty": lambda: reported(result(Tally(), Circumstances("websocket", 0, 0.0))),
    "hostile": lambda: reported(run(failed=100, code=HOSTILE), HOSTILE),
    "comparison": compared,
}


@pytest.fixture
def report() -> Callable[[str], Any]:
    """`report("calm")`, by the names of REPORTS."""
    return lambda name: REPORTS[name]()


@pytest.fixture(params=sorted(REPORTS))
def every_report(request: pytest.FixtureRequest) -> Any:
    """Each of them in turn."""
    return REPORTS[request.param]()
