"""A report as test cases, for the formats that CI systems read.

`verify` brings its own checks. Elsewhere each route has the cases opens, heartbeat and updates, and each REST request
has one. Every error finding fails exactly one case: the one that it is about or, without such a case, one of its own.
What is wrong without an error finding, such as a spare route that does not open, is skipped: it fails no build.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from diag.model import Finding, Severity, Verdict
from diag.report import ApiReport, Check, Report, RouteReport
from reports._words import blocked_because

_Topic = tuple[str, str | None]
"""What a case is about, and on which route; `code` names a finding outright, `primary` is the root cause."""

_TOPICS = {"heartbeat": "heartbeat", "updates": "updates", "cors": "rest", "rest": "rest"}
"""By a finding's layer; every other layer is about the way to an open socket."""

_CHECK_TOPICS = {
    "connects": "opens",
    "no-cors-errors": "rest",
    "status-updates": "updates",
    "health-updates": "updates",
    "heartbeat": "heartbeat",
}


class Outcome(StrEnum):
    """How a case ended; `broken` is wsdiag's own failure to tell."""

    PASSED = "pass"
    FAILED = "fail"
    SKIPPED = "skip"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Case:
    """`because` says in one line why it did not pass; `findings` are those it is about, the gravest first; `remarks`
    what was done and seen."""

    group: str
    name: str
    outcome: Outcome
    because: str = ""
    took_s: float = 0.0
    findings: tuple[Finding, ...] = ()
    topics: frozenset[_Topic] = frozenset()
    remarks: tuple[str, ...] = ()


def cases(report: Report) -> tuple[Case, ...]:
    """The cases in the order of the report; error findings that no case is about follow as cases of their own."""
    own = [_check(check, report) for check in report.checks] or [*_route_cases(report), *_api_cases(report)]
    placed = {id(finding): _place(finding, own, report) for finding in report.findings}
    judged = [
        _judged(case, tuple(finding for finding in report.findings if placed[id(finding)] is case), report)
        for case in own
    ]
    homeless = [finding for finding in report.findings if placed[id(finding)] is None]
    return (*judged, *_cases_of_their_own([finding for finding in homeless if finding.severity is Severity.ERROR]))


def remarks(report: Report) -> tuple[Finding, ...]:
    """The warnings and hints that no case is about."""
    told = {id(finding) for case in cases(report) for finding in case.findings}
    return tuple(finding for finding in report.findings if id(finding) not in told)


def _place(finding: Finding, own: list[Case], report: Report) -> Case | None:
    wanted: list[_Topic] = [("code", finding.code), (_TOPICS.get(finding.layer, "opens"), finding.route)]
    if finding is report.primary:
        wanted.append(("primary", None))
    return next((case for topic in wanted for case in own if topic in case.topics), None)


def _judged(case: Case, findings: tuple[Finding, ...], report: Report) -> Case:
    ordered = tuple(sorted(findings, key=lambda finding: (finding is not report.primary, finding.severity.rank)))
    errors = [finding for finding in ordered if finding.severity is Severity.ERROR]
    if not errors:
        return replace(case, findings=ordered)
    return replace(case, outcome=Outcome.FAILED, because=_headline(errors[0]), findings=ordered)


def _cases_of_their_own(errors: list[Finding]) -> Iterator[Case]:
    def name(finding: Finding) -> str:
        return f"{finding.code} ({finding.route})" if finding.route else finding.code

    for shared, alike in groupby(sorted(errors, key=name), key=name):
        findings = tuple(alike)
        yield Case("findings", shared, Outcome.FAILED, _headline(findings[0]), findings=findings)


def _headline(finding: Finding) -> str:
    return f"{finding.code}: {finding.title}"


def _check(check: Check, report: Report) -> Case:
    outcome = Outcome.PASSED if check.outcome == "warn" else Outcome(check.outcome)
    topics: set[_Topic] = set()
    if outcome is Outcome.FAILED:
        topic = _CHECK_TOPICS.get(check.id, check.id)
        about = [None, *(route.name for route in report.routes)] if topic == "rest" else [report.target.page_route.name]
        topics = {("code", code) for code in re.findall(r"[\w-]+", check.because or "")}
        topics |= {(topic, route) for route in about}
        topics |= {("primary", None)} if check.id == "connects" else set()
    took = check.took_ms / 1000 if math.isfinite(check.took_ms) else 0.0
    remarks = tuple(f"{what}: {text}" for what, text in (("saw", check.saw), ("did", check.did)) if text)
    return Case("checks", check.id, outcome, check.because or "", took, topics=frozenset(topics), remarks=remarks)


def _route_cases(report: Report) -> Iterator[Case]:
    for route in report.routes:
        group = f"route {route.name}"
        yield _opens(route, group, report)
        yield _heartbeat(route, group)
        yield _updates(route, group, report.target.expect)


def _opens(route: RouteReport, group: str, report: Report) -> Case:
    took = sum(took for took in route.phases_ms.values() if took is not None and math.isfinite(took)) / 1000
    name = f"{group} opens"
    if route.opened and route.browser.opens:
        return Case(group, name, Outcome.PASSED, took_s=took)
    topics: set[_Topic] = {("opens", route.name)}
    outcome, because = Outcome.SKIPPED, f"{route.outcome}; the page does not depend on it"
    if route.name == report.target.page_route.name:
        topics.add(("primary", None))
        because = route.browser.message or route.outcome
        outcome = Outcome.BROKEN if report.verdict is Verdict.UNKNOWN else outcome
        outcome = Outcome.FAILED if report.verdict is Verdict.BROKEN and not report.waived else outcome
    return Case(group, name, outcome, because, took, topics=frozenset(topics))


def _heartbeat(route: RouteReport, group: str) -> Case:
    topics = frozenset({("heartbeat", route.name)})
    name, beat = f"{group} heartbeat", route.heartbeat
    if not route.opened:
        return Case(group, name, Outcome.SKIPPED, f"{group} did not open", topics=topics)
    if beat is None or not beat.sent:
        return Case(group, name, Outcome.SKIPPED, "no heartbeat was due while the session was watched", topics=topics)
    if beat.received < beat.sent:
        because = f"{beat.received} of {beat.sent} answered; no finding calls it an error"
        return Case(group, name, Outcome.SKIPPED, because, topics=topics)
    return Case(group, name, Outcome.PASSED, topics=topics)


def _updates(route: RouteReport, group: str, expected: tuple[str, ...]) -> Case:
    topics = frozenset({("updates", route.name)})
    name = f"{group} updates"
    seen = {update.type for update in route.updates if update.count}
    missing = [kind for kind in expected if kind not in seen]
    if not route.opened:
        return Case(group, name, Outcome.SKIPPED, f"{group} did not open", topics=topics)
    if missing:
        because = f"no {', '.join(missing)}; no finding calls it an error"
        return Case(group, name, Outcome.SKIPPED, because, topics=topics)
    if not seen:
        return Case(group, name, Outcome.SKIPPED, "no update was expected, and none came", topics=topics)
    return Case(group, name, Outcome.PASSED, topics=topics)


def _api_cases(report: Report) -> Iterator[Case]:
    for api in report.api:
        name = f"{api.method} {api.url} allowed"
        if _answered(api):
            yield Case("REST requests", name, Outcome.PASSED)
            continue
        because = blocked_because(api) if not api.cors.allowed else api.outcome
        topics: frozenset[_Topic] = frozenset({("rest", api.route), ("rest", None)})
        yield Case("REST requests", name, Outcome.SKIPPED, f"{because}; no finding calls it an error", topics=topics)


def _answered(api: ApiReport) -> bool:
    return api.cors.allowed and api.status is not None and api.status < 400
