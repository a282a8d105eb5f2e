from __future__ import annotations

from datetime import date

import pytest

from diag.model import Finding, Route, Severity, Target, Verdict
from diag.report import Report, Waived
from diag.waivers import Waiver, apply_waivers

TODAY = date(2026, 6, 15)


def finding(code: str, route: str | None = None) -> Finding:
    return Finding(code, Severity.ERROR, "http", "title", "detail", route)


def report(*findings: Finding) -> Report:
    route = Route("proxy", "ws://h/ws")
    return Report(
        command="probe",
        started_at="2026-06-15T00:00:00Z",
        duration_ms=1.0,
        target=Target("http://h", route.url, (route,)),
        verdict=Verdict.BROKEN,
        primary_cause=findings[0].code if findings else None,
        findings=findings,
        routes=(),
        api=(),
    )


def test_a_waived_finding_is_set_aside_on_every_route_and_still_reported() -> None:
    before = report(finding("a", "proxy"), finding("b"), finding("a", "direct"))
    after = apply_waivers(before, [Waiver("a", date(2026, 6, 30), "known")], TODAY)
    assert [each.code for each in after.findings] == ["b"]
    assert after.waived == (
        Waived("a", "proxy", "2026-06-30", "known"),
        Waived("a", "direct", "2026-06-30", "known"),
    )
    assert after.notes == ()


def test_a_waived_primary_cause_stays_the_primary_cause() -> None:
    after = apply_waivers(report(finding("a")), [Waiver("a")], TODAY)
    assert (after.findings, after.verdict, after.primary_cause) == ((), Verdict.BROKEN, "a")
    assert after.waived == (Waived("a", None, None, None),)


def test_a_waiver_holds_through_its_last_day() -> None:
    assert apply_waivers(report(finding("a")), [Waiver("a", TODAY)], TODAY).findings == ()


def test_an_expired_waiver_waives_nothing_and_says_so() -> None:
    before = report(finding("a"))
    after = apply_waivers(before, [Waiver("a", date(2026, 6, 14))], TODAY)
    assert after.findings == before.findings
    assert after.waived == ()
    assert after.notes == ("the waiver of a expired on 2026-06-14",)


@pytest.mark.parametrize("waivers", [[], [Waiver("other")]], ids=["none", "of-another-code"])
def test_other_findings_are_left_alone(waivers: list[Waiver]) -> None:
    before = report(finding("a"))
    assert apply_waivers(before, waivers, TODAY) == before
