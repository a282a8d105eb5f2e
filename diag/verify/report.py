"""A verification as a report: the probe's own, with the eight checks and what only they have found. Pure."""

from __future__ import annotations

from dataclasses import replace

from diag.model import Finding, Verdict
from diag.report import Check, Report
from diag.verify.checks import rulings, took_ms
from diag.verify.checks.ruling import Ruling
from diag.verify.observed import Observed
from diag.verify.plan import QUICK


def report(seen: Observed) -> Report:
    """Verdict and primary cause are the probe's; where it found nothing, a failed check still means that the page is
    not well, and what is behind the first one is the cause."""
    ruled = rulings(seen)
    known = {item.code for item in seen.report.findings}
    new: dict[str, Finding] = {
        ruling.finding.code: ruling.finding
        for ruling in ruled.values()
        if ruling.finding and ruling.finding.code not in known
    }
    checks = tuple(_check(name, ruling, took_ms(seen, name)) for name, ruling in ruled.items())
    return replace(
        seen.report,
        target=seen.target,
        duration_ms=seen.duration_ms,
        verdict=_verdict(seen.report.verdict, checks),
        primary_cause=seen.report.primary_cause or next(iter(new), None),
        findings=(*seen.report.findings, *new.values()),
        checks=(*checks, *seen.report.checks),
        notes=(*seen.report.notes, *_notes(seen)),
    )


def _check(name: str, ruling: Ruling, took: float) -> Check:
    because = ruling.because
    if because and ruling.cause and ruling.cause not in because:
        because = f"{because.removesuffix('.')} ({ruling.cause})"
    took = 0.0 if ruling.outcome == "skip" else took
    return Check(name, ruling.outcome, because, took, ruling.did, ruling.saw, ruling.cause)


def _verdict(probed: Verdict, checks: tuple[Check, ...]) -> Verdict:
    if probed is not Verdict.HEALTHY:
        return probed
    outcomes = {check.outcome for check in checks}
    if "fail" in outcomes:
        return Verdict.DEGRADED
    return Verdict.UNKNOWN if "broken" in outcomes else Verdict.HEALTHY


def _notes(seen: Observed) -> tuple[str, ...]:
    """What was done otherwise than the page does it, and what was not looked at."""
    notes = []
    own_s, ours = seen.target.client.connect_timeout_s, seen.plan.probed.client.connect_timeout_s
    if seen.plan.pace is QUICK and ours < own_s:
        notes.append(f"--quick: a handshake may take {ours:g} s instead of {own_s:g} s")
    lives = [life for life in (seen.watch, seen.beats, seen.cut and seen.cut.life) if life]
    if forgotten := sum(life.forgotten for life in lives):
        notes.append(f"{forgotten} messages were counted and not looked at")
    return tuple(notes)
