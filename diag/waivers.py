"""Waivers: findings that somebody has decided to live with, until a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from diag.report import Report, Waived


@dataclass(frozen=True, slots=True)
class Waiver:
    """Sets every finding of a code aside; `until` is the last day on which it holds, None: for good."""

    code: str
    until: date | None = None
    reason: str | None = None


def apply_waivers(report: Report, waivers: Sequence[Waiver], today: date) -> Report:
    """The report with waived findings moved to `waived`, and a note for every waiver that has expired.

    Verdict and primary cause stay: a waiver changes what fails the run, not what the page experiences.
    """
    valid = {waiver.code: waiver for waiver in waivers if waiver.until is None or waiver.until >= today}
    expired = [waiver for waiver in waivers if waiver.code not in valid]
    waived = tuple(
        Waived(finding.code, finding.route, _iso(valid[finding.code].until), valid[finding.code].reason)
        for finding in report.findings
        if finding.code in valid
    )
    return replace(
        report,
        findings=tuple(finding for finding in report.findings if finding.code not in valid),
        waived=report.waived + waived,
        notes=report.notes + tuple(f"the waiver of {each.code} expired on {_iso(each.until)}" for each in expired),
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
