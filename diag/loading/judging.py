"""From the result of a run to its report: verdict, causes, what to do about them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from diag import catalogue
from diag.loading.plan import POLLING, WEBSOCKET
from diag.measures.result import Cause, Result
from diag.measures.thresholds import Threshold, parse
from diag.model import Finding, Severity, Target, Verdict
from diag.report import Report
from diag.rules._words import finding
from diag.seen import Seen

_WHERE = {
    "handshake": "handshakes that did not open",
    "session": "sessions that ended",
    "heartbeat": "heartbeats without an answer",
    "http": "requests that failed",
}
_OPEN, _ANSWERED, _KEPT = "failed_ratio(sessions) < 0.01", "failed_ratio(http) < 0.01", "count(sessions_dropped) == 0"
_BEATING = "count(heartbeats_unanswered) == 0"
_DEFAULTS = {
    WEBSOCKET: (_OPEN, _KEPT, _BEATING),
    POLLING: (_ANSWERED,),
    "fallback": (_OPEN, _KEPT, _BEATING),
    "storm": (_OPEN,),
    "mixed": (_OPEN, _KEPT, _BEATING, _ANSWERED),
}
_WORST = (Verdict.UNKNOWN, Verdict.BROKEN, Verdict.DEGRADED, Verdict.HEALTHY)
_OF_SOCKETS = re.compile(r"(?:handshake|heartbeat|session|message|connection).*|.*\.websocket")
_OF_POLLS = re.compile(r"(?:poll|http).*|.*\.polling")


@dataclass(frozen=True, slots=True)
class LoadReport:
    """One run. `report` has what all of wsdiag's reports have; a load looks at no single route or request."""

    report: Report
    result: Result


def default_thresholds(scenario: str) -> tuple[Threshold, ...]:
    """What must hold when nobody has said what must: one attempt in a hundred may fail, and nothing may be lost."""
    return tuple(map(parse, (*_DEFAULTS.get(scenario, _DEFAULTS[WEBSOCKET]), "count(workers_lost) == 0")))


def thresholds_for(scenario: str, given: tuple[Threshold, ...]) -> tuple[Threshold, ...]:
    """Those of the given ones that this side of a comparison can be measured by; the defaults when none can."""
    foreign = _OF_SOCKETS if scenario == POLLING else _OF_POLLS
    fitting = tuple(each for each in given if not foreign.fullmatch(each.metric))
    return fitting or default_thresholds(scenario)


def report(
    target: Target, result: Result, *, started_at: str, duration_ms: float, notes: tuple[str, ...] = ()
) -> LoadReport:
    """The report of one run."""
    verdict = _verdict(result)
    causes = known_causes(result)
    return LoadReport(
        Report(
            command="load",
            started_at=started_at,
            duration_ms=duration_ms,
            target=target,
            verdict=verdict,
            primary_cause=_primary(result, causes) if verdict in (Verdict.BROKEN, Verdict.DEGRADED) else None,
            findings=tuple(_finding(target, result, cause) for cause in causes),
            routes=(),
            api=(),
            notes=(*_notes(result), *notes),
        ),
        result,
    )


def comparison_report(
    target: Target,
    websocket: Result,
    polling: Result,
    *,
    started_at: str,
    duration_ms: float,
    notes: tuple[str, ...] = (),
) -> Report:
    """What a comparison shares with all reports: the worse side's verdict, and the causes of both."""
    sides = [
        report(target, side, started_at=started_at, duration_ms=duration_ms).report for side in (websocket, polling)
    ]
    worse = min(sides, key=lambda side: _WORST.index(side.verdict))
    findings = {finding.code: finding for side in reversed(sides) for finding in side.findings}
    said = tuple(
        f"{name}: {note}" for name, side in zip((WEBSOCKET, POLLING), sides, strict=True) for note in side.notes
    )
    return replace(
        worse,
        command="compare",
        findings=tuple(findings.values()),
        notes=(*said, *notes),
    )


def known_causes(result: Result) -> tuple[Cause, ...]:
    """Those that the catalogue explains, each once, the most frequent first."""
    known = catalogue.entries()
    first: dict[str, Cause] = {}
    for cause in result.causes:
        if cause.code in known:
            first.setdefault(cause.code, cause)
    return tuple(first.values())


def _verdict(result: Result) -> Verdict:
    sessions, http = result.sessions, result.http
    if not sessions.opened + sessions.failed + http.requests:
        return Verdict.UNKNOWN
    if not sessions.opened and http.requests == http.failures:
        return Verdict.BROKEN
    return Verdict.HEALTHY if result.ok else Verdict.DEGRADED


def _primary(result: Result, causes: tuple[Cause, ...]) -> str | None:
    if causes:
        return causes[0].code
    return "unexplained" if result.causes else None


def _finding(target: Target, result: Result, cause: Cause) -> Finding:
    """A cause that the thresholds put up with is a warning at most."""
    severity = catalogue.entry(cause.code).severity
    if result.ok and severity is Severity.ERROR:
        severity = Severity.WARNING
    where = _WHERE.get(cause.where, cause.where)
    evidence = ((where, f"{cause.count:,}"), ("of all", f"{_attempts(result, cause.where):,}"))
    detail = catalogue.entry(cause.code).explanation
    return finding(Seen(target, ()), cause.code, detail, evidence=evidence, severity=severity)


def _attempts(result: Result, where: str) -> int:
    match where:
        case "handshake":
            return result.sessions.opened + result.sessions.failed
        case "session":
            return result.sessions.opened
        case "heartbeat":
            return result.heartbeats.sent
        case _:
            return result.http.requests


def _notes(result: Result) -> tuple[str, ...]:
    notes = []
    if result.generator.saturated:
        notes.append("the load generator was too busy at times: figures are worse than the target's own")
    if result.aborted_by:
        notes.append(f"the run was ended early, by {result.aborted_by}")
    if result.ended == "interrupted":
        notes.append(f"the run was interrupted after {result.run_time_s:.1f} s")
    if result.ended == "workers-gone":
        notes.append("the run ended early: every worker had gone")
    if result.workers.lost:
        notes.append(f"{result.workers.lost} of {result.workers.expected} workers went away, and their users with them")
    if result.user_errors:
        notes.append(f"exceptions in users: {result.user_errors}; they are defects of the scenario, not of the target")
    return tuple(notes)
