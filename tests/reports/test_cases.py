"""Which case a finding fails, and what fails nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.model import Severity, Verdict
from diag.report import Waived
from reports._cases import Outcome, cases, remarks


def outcomes(report):
    return {case.name: case.outcome.value for case in cases(report)}


def codes(report):
    return {case.name: [finding.code for finding in case.findings] for case in cases(report) if case.findings}


def test_a_healthy_report_passes_route_by_route(report):
    assert outcomes(report("healthy")) == {
        "route proxy opens": "pass",
        "route proxy heartbeat": "pass",
        "route proxy updates": "pass",
        "route direct opens": "pass",
        "route direct heartbeat": "pass",
        "route direct updates": "pass",
        "GET http://localhost:5173/api/health allowed": "pass",
    }


def test_each_error_fails_the_case_that_it_is_about(report):
    incident = report("incident")

    assert codes(incident) == {
        "route direct opens": ["url-bypasses-dev-proxy", "origin-rejected"],
        "GET http://localhost:3000/api/health allowed": ["cors-origin-not-allowed"],
    }
    assert outcomes(incident)["route direct updates"] == "skip"
    assert outcomes(incident)["route proxy opens"] == "pass"
    assert [finding.code for finding in remarks(incident)] == ["cswsh-open"]


def test_an_error_about_no_case_gets_a_case_named_by_its_code(report):
    assert codes(report("degraded"))["idle-cut (proxy)"] == ["idle-cut"]
    assert outcomes(report("degraded"))["idle-cut (proxy)"] == "fail"
    assert outcomes(report("degraded"))["route proxy opens"] == "pass"


def test_checks_take_the_place_of_routes_and_keep_their_ids(report):
    verify = report("verify")

    assert outcomes(verify) == {
        "connects": "fail",
        "no-cors-errors": "fail",
        "status-updates": "skip",
        "health-updates": "skip",
        "no-fallback": "pass",
        "heartbeat": "skip",
        "survives-refresh": "broken",
        "reconnects": "pass",
    }
    assert codes(verify) == {
        "connects": ["url-bypasses-dev-proxy", "origin-rejected"],
        "no-cors-errors": ["cors-origin-not-allowed"],
    }


def test_an_error_that_no_check_failed_for_fails_on_its_own(report):
    # Given checks that all passed, and an error beside them
    verify = report("verify")
    passed = replace(verify, checks=tuple(replace(check, outcome="pass", because=None) for check in verify.checks))

    # Then none of the errors is lost
    assert {name for name, outcome in outcomes(passed).items() if outcome == "fail"} == {
        "url-bypasses-dev-proxy (direct)",
        "origin-rejected (direct)",
        "cors-origin-not-allowed (direct)",
    }


def test_a_spare_route_that_does_not_open_fails_nothing(report):
    many = report("many-routes")

    assert [name for name, outcome in outcomes(many).items() if outcome == "fail"] == ["route public opens"]
    assert codes(many)["route direct opens"] == ["tcp-refused"]
    (spare,) = (case for case in cases(many) if case.name == "route direct opens")
    assert spare.because == "connection refused; the page does not depend on it"


def test_a_root_cause_on_no_route_fails_the_page_route(report):
    # Given a cause that is about the project and no route
    incident = report("incident")
    cause = replace(incident.findings[0], route=None)
    elsewhere = replace(incident, findings=(cause,))

    assert codes(elsewhere)["route direct opens"] == ["url-bypasses-dev-proxy"]


@pytest.mark.parametrize(
    ("verdict", "waived", "outcome"),
    [
        pytest.param(Verdict.UNKNOWN, (), Outcome.BROKEN, id="unknown-is-no-pass"),
        pytest.param(Verdict.BROKEN, (), Outcome.FAILED, id="broken-without-a-finding"),
        pytest.param(Verdict.BROKEN, (Waived("tcp-refused", "proxy", None, None),), Outcome.SKIPPED, id="waived"),
    ],
)
def test_a_page_route_that_did_not_open_without_an_error(report, verdict, waived, outcome):
    closed = replace(report("unknown"), verdict=verdict, waived=waived)

    assert next(iter(cases(closed))).outcome is outcome


def test_warnings_never_fail_a_case(report):
    # Given the incident with nothing worse than warnings
    incident = report("incident")
    findings = tuple(replace(finding, severity=Severity.WARNING) for finding in incident.findings)
    mild = replace(incident, findings=findings, verdict=Verdict.DEGRADED)

    assert "fail" not in outcomes(mild).values()
    assert outcomes(mild)["route direct opens"] == "skip"
    assert outcomes(mild)["GET http://localhost:3000/api/health allowed"] == "skip"


def test_errors_of_one_code_on_one_route_share_a_case(report):
    degraded = report("degraded")
    twice = replace(degraded, findings=(*degraded.findings, degraded.findings[1]))

    names = [case.name for case in cases(twice)]
    assert names.count("idle-cut (proxy)") == 1
