"""Every fault of the lab is named by its own cause and by no other fault's; the healthy lab by none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.exits import exit_code
from diag.lab import Lab
from diag.lab.fault import load_faults
from diag.model import Severity, Target, Verdict
from diag.report import Report
from diag.rules import judge
from diag.runner import probe

FAULTS = load_faults()


def quick(target: Target) -> Target:
    """The same target with a short watch and little patience; what is looked for in time keeps its own times."""
    if target.client.heartbeat_interval_s > 1:
        return target
    return replace(target, observe_s=1.5, client=replace(target.client, connect_timeout_s=1.5))


def diagnosed(*faults: str) -> Report:
    with Lab(faults) as lab:
        return judge(probe(quick(lab.target())))


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_is_named_by_its_cause(name: str) -> None:
    # given the lab with one fault, when it is probed
    report = diagnosed(name)
    # then its own cause is the primary one
    assert report.primary_cause == FAULTS[name].causes[0]
    assert report.verdict in (Verdict.BROKEN, Verdict.DEGRADED)
    assert exit_code(report, "error") == (0 if FAULTS[name].warning else 1)
    # and no error of another fault stands beside it
    errors = {finding.code for finding in report.findings if finding.severity is Severity.ERROR}
    assert errors <= {FAULTS[name].causes[0]}


def test_the_healthy_lab_has_no_finding() -> None:
    report = diagnosed()
    assert (report.verdict, report.primary_cause, report.findings) == (Verdict.HEALTHY, None, ())
