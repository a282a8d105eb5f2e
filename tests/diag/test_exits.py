from __future__ import annotations

import pytest

from diag.exits import GATES, ExitCode, exit_code, worst
from diag.model import Finding, Route, Severity, Target, Verdict
from diag.report import Check, Report

ERROR, WARNING, INFO = (Finding("a", severity, "http", "t", "d") for severity in Severity)
PASS, WARN, FAIL, SKIP, BROKEN = (
    Check("c", outcome, None, 0.0) for outcome in ("pass", "warn", "fail", "skip", "broken")
)


def report(*findings: Finding, verdict: Verdict = Verdict.DEGRADED, checks: tuple[Check, ...] = ()) -> Report:
    route = Route("proxy", "ws://h/ws")
    return Report(
        command="probe",
        started_at="2026-06-15T00:00:00Z",
        duration_ms=1.0,
        target=Target("http://h", route.url, (route,)),
        verdict=verdict,
        primary_cause=None,
        findings=findings,
        routes=(),
        api=(),
        checks=checks,
    )


@pytest.mark.parametrize(
    ("judged", "gate", "code"),
    [
        pytest.param(report(verdict=Verdict.HEALTHY), "error", 0, id="healthy"),
        pytest.param(report(ERROR), "error", 1, id="error-at-error"),
        pytest.param(report(WARNING), "error", 0, id="warning-below-error"),
        pytest.param(report(WARNING), "warning", 1, id="warning-at-warning"),
        pytest.param(report(INFO), "warning", 0, id="info-below-warning"),
        pytest.param(report(INFO), "info", 1, id="info-at-info"),
        pytest.param(report(ERROR, verdict=Verdict.BROKEN), "never", 0, id="never"),
        pytest.param(report(verdict=Verdict.BROKEN), "error", 0, id="broken-but-waived"),
        pytest.param(report(checks=(PASS, WARN, SKIP)), "error", 0, id="no-failed-check"),
        pytest.param(report(checks=(PASS, FAIL)), "error", 1, id="failed-check"),
        pytest.param(report(checks=(FAIL,)), "never", 0, id="failed-check-at-never"),
        pytest.param(report(checks=(PASS, BROKEN)), "error", 3, id="broken-check"),
        pytest.param(report(checks=(FAIL, BROKEN)), "error", 1, id="failed-is-worse-than-broken"),
        pytest.param(report(verdict=Verdict.UNKNOWN), "error", 3, id="unknown"),
        pytest.param(report(WARNING, verdict=Verdict.UNKNOWN), "error", 3, id="unknown-and-a-warning"),
        pytest.param(report(ERROR, verdict=Verdict.UNKNOWN), "error", 1, id="an-error-is-worse-than-unknown"),
        pytest.param(report(verdict=Verdict.UNKNOWN), "never", 3, id="never-does-not-hide-ignorance"),
    ],
)
def test_a_report_becomes_an_exit_code(judged: Report, gate: str, code: int) -> None:
    assert exit_code(judged, gate) == code


def test_the_codes_are_those_of_the_contract() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "FINDINGS": 1,
        "USAGE": 2,
        "BROKEN": 3,
        "INTERRUPTED": 130,
    }
    assert GATES == ("error", "warning", "info", "never")


def test_several_runs_exit_with_the_worst_of_their_codes() -> None:
    assert worst([ExitCode.OK, ExitCode.BROKEN, ExitCode.FINDINGS]) is ExitCode.FINDINGS
    assert worst([ExitCode.OK, ExitCode.BROKEN]) is ExitCode.BROKEN
    assert worst([]) is ExitCode.OK
