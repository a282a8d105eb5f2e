"""Exit codes: the only place where a report becomes one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from diag.model import Severity, Verdict
from diag.report import Report

GATES = (*(severity.value for severity in Severity), "never")
"""What `--fail-on` takes."""


class ExitCode(IntEnum):
    """The codes that scripts rely on; no command uses another one."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    BROKEN = 3
    INTERRUPTED = 130


def exit_code(report: Report, fail_on: str) -> ExitCode:
    """FINDINGS for a finding at or above the gate or a failed check; BROKEN when wsdiag could not tell and nothing
    worse was found. The gate `never` lets findings and failed checks pass, but not ignorance."""
    if fail_on != "never" and (_fails(report, Severity(fail_on)) or _any_check(report, "fail")):
        return ExitCode.FINDINGS
    if report.verdict is Verdict.UNKNOWN or _any_check(report, "broken"):
        return ExitCode.BROKEN
    return ExitCode.OK


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Of several runs in one process: an interruption first, then findings, then ignorance."""
    order = (ExitCode.INTERRUPTED, ExitCode.USAGE, ExitCode.FINDINGS, ExitCode.BROKEN, ExitCode.OK)
    return min(codes, key=order.index, default=ExitCode.OK)


def _fails(report: Report, gate: Severity) -> bool:
    return any(finding.severity.rank <= gate.rank for finding in report.findings)


def _any_check(report: Report, outcome: str) -> bool:
    return any(check.outcome == outcome for check in report.checks)
