from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diag.loading.judging import comparison_report, default_thresholds, report, thresholds_for
from diag.loading.plan import SCENARIOS
from diag.measures.building import Circumstances, result
from diag.measures.result import Result, Workers
from diag.measures.tally import Tally
from diag.measures.thresholds import parse
from diag.model import Severity, Target, Verdict


def judged(target: Target, result: Result) -> Any:
    return report(target, result, started_at="2026-11-22T10:00:00Z", duration_ms=1.0).report


def test_a_run_without_failures_is_healthy(target: Target, websocket_run: Any, polling_run: Any) -> None:
    for run in (websocket_run(), polling_run()):
        found = judged(target, run)
        assert (found.verdict, found.primary_cause, found.findings) == (Verdict.HEALTHY, None, ())


def test_no_session_at_all_is_broken_and_names_the_cause(target: Target, websocket_run: Any) -> None:
    found = judged(target, websocket_run(failed=100))
    assert (found.verdict, found.primary_cause) == (Verdict.BROKEN, "tcp-refused")
    assert found.primary.severity is Severity.ERROR
    assert [(fact.label, fact.value) for fact in found.primary.evidence] == [
        ("handshakes that did not open", "100"),
        ("of all", "100"),
    ]


def test_some_failures_degrade(target: Target, websocket_run: Any) -> None:
    assert judged(target, websocket_run(failed=2)).verdict is Verdict.DEGRADED
    assert judged(target, websocket_run(dropped=1)).primary_cause == "close-restart"


def test_a_failure_that_the_thresholds_put_up_with_is_a_warning(target: Target, websocket_run: Any) -> None:
    lenient = replace(websocket_run(failed=2), thresholds=())
    found = judged(target, lenient)
    assert (found.verdict, found.primary_cause) == (Verdict.HEALTHY, None)
    assert [(finding.code, finding.severity) for finding in found.findings] == [("tcp-refused", Severity.WARNING)]


def test_a_cause_that_the_catalogue_does_not_know_is_unexplained(target: Target, polling_run: Any) -> None:
    found = judged(target, polling_run(failed=2000))
    assert (found.verdict, found.primary_cause, found.findings) == (Verdict.BROKEN, "unexplained", ())


def test_nothing_measured_is_no_verdict(target: Target) -> None:
    nothing = result(Tally(), Circumstances("websocket", 0, 0.0))
    assert judged(target, nothing).verdict is Verdict.UNKNOWN


def test_what_befell_the_run_is_noted(target: Target, websocket_run: Any) -> None:
    run = replace(websocket_run(), ended="interrupted", workers=Workers(3, 1), user_errors=2)
    notes = "\n".join(judged(target, run).notes)
    assert "interrupted after 10.0 s" in notes
    assert "1 of 3 workers" in notes
    assert "exceptions in users: 2" in notes


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_scenario_has_thresholds_of_what_it_does(scenario: str) -> None:
    metrics = {threshold.metric for threshold in default_thresholds(scenario)}
    assert "workers_lost" in metrics
    assert ("sessions" in metrics) == (scenario != "polling")
    assert ("http" in metrics) == (scenario in ("polling", "mixed"))
    assert ("heartbeats_unanswered" in metrics) == (scenario in ("websocket", "fallback", "mixed"))


def test_each_side_of_a_comparison_is_judged_by_what_it_has() -> None:
    given = tuple(map(parse, ("p95(heartbeat_rtt_ms) < 9", "p95(poll_ms) < 9", "p95(update_staleness_ms) < 9")))
    assert thresholds_for("websocket", given) == (given[0], given[2])
    assert thresholds_for("polling", given) == (given[1], given[2])
    assert thresholds_for("polling", given[:1]) == default_thresholds("polling")


def test_a_comparison_is_as_well_as_its_worse_side(target: Target, websocket_run: Any, polling_run: Any) -> None:
    found = comparison_report(
        target, websocket_run(failed=100), polling_run(), started_at="", duration_ms=1.0, notes=("a note",)
    )
    assert (found.command, found.verdict, found.primary_cause) == ("compare", Verdict.BROKEN, "tcp-refused")
    assert found.notes == ("a note",)
