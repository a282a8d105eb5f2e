from __future__ import annotations

from dataclasses import replace

import pytest

from diag.exits import ExitCode, exit_code
from diag.masking import mask_report, secrets_of
from diag.model import Verdict
from diag.verify import observed
from diag.verify.checks import CODES, IDS
from diag.verify.observed import Visit
from diag.verify.plan import QUICK, plan
from diag.verify.report import report
from reports._cases import cases

LEAK = {"reloads": tuple(Visit(counts={"sessions": number}) for number in (1, 2, 3, 4))}


def test_a_healthy_page_is_healthy(made) -> None:
    told = report(made(duration_ms=1234.0))

    assert (told.command, told.verdict, told.primary_cause, told.findings) == ("probe", Verdict.HEALTHY, None, ())
    assert tuple(check.id for check in told.checks) == IDS
    assert (told.duration_ms, exit_code(told, "info")) == (1234.0, ExitCode.OK)


def test_what_only_a_check_found_degrades_the_page_and_is_the_cause(made) -> None:
    told = report(made(**LEAK))

    assert (told.verdict, told.primary_cause) == (Verdict.DEGRADED, "refresh-leaks-session")
    assert told.primary is not None
    assert told.primary.fix.snippets
    assert exit_code(told, "error") == ExitCode.FINDINGS


def test_what_the_probe_found_stays_the_cause(made, scene) -> None:
    scene.switches("proxy").closes("proxy", 1012, "restart").opens("direct")
    told = report(made(**LEAK))

    assert told.primary_cause == "close-restart"
    assert "refresh-leaks-session" in [finding.code for finding in told.findings]


def test_a_failed_check_names_its_cause_once(made) -> None:
    failed = next(check for check in report(made(**LEAK)).checks if check.outcome == "fail")

    assert failed.cause == "refresh-leaks-session"
    assert str(failed.because).endswith("goes 1, 2, 3, 4 (refresh-leaks-session)")


def test_two_checks_with_one_cause_make_one_finding(made, visit_of) -> None:
    told = report(made(listened=visit_of("hello")))

    assert [finding.code for finding in told.findings] == ["ws-connected-but-no-updates"]
    assert [check.id for check in told.checks if check.outcome == "fail"] == ["status-updates", "health-updates"]


def test_what_could_not_be_told_makes_the_verdict_unknown(made) -> None:
    told = report(made(broken={observed.CUT: "interrupted"}))

    assert (told.verdict, exit_code(told, "error")) == (Verdict.UNKNOWN, ExitCode.BROKEN)


def test_a_skipped_check_took_no_time(made) -> None:
    told = report(made(took_ms={observed.PROBE: 5000.0}))
    assert {check.id: check.took_ms for check in told.checks if check.outcome == "skip"} == {"no-cors-errors": 0.0}


def test_every_check_is_one_test_case_for_a_build(made) -> None:
    told = cases(report(made(**LEAK)))

    assert [case.name for case in told] == list(IDS)
    failed = next(case for case in told if case.outcome == "fail")
    assert [finding.code for finding in failed.findings] == ["refresh-leaks-session"]
    assert failed.remarks[0].startswith("saw: open again")


def test_quickened_handshakes_and_forgotten_messages_are_noted(made, life) -> None:
    seen = made(watch=replace(life("0.1 opened"), forgotten=7))

    assert "7 messages were counted and not looked at" in report(seen).notes
    assert "--quick: a handshake may take 2.5 s instead of 15 s" in report(seen).notes
    brief = replace(seen.target, client=replace(seen.target.client, connect_timeout_s=1.0))
    assert not any("--quick" in note for note in report(replace(seen, target=brief, plan=plan(brief, QUICK))).notes)


def test_secrets_in_what_a_check_saw_are_masked(made, scene) -> None:
    scene.given(cookies="session=hunter2hunter2")
    told = report(made(reloads=(Visit(refused="401 hunter2hunter2"),)))

    assert "hunter2" in str(told.checks)
    assert "hunter2" not in str(mask_report(told, secrets_of(told.target)).checks)


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_checks_is_in_the_catalogue(code: str) -> None:
    from diag.catalogue import entry

    assert entry(code).fix.summary
