"""JUnit XML, as Jenkins, GitLab, GitHub reporters and Azure read it: one suite, one test case per stage or check.

Counts stand on the root and on the suite; times are seconds. An error finding is a `<failure>`, what wsdiag could not
tell an `<error>`; warnings and hints fail nothing and stand in `<system-out>`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from diag import __version__
from diag.model import Finding, Severity
from diag.report import Report
from reports import Options
from reports._cases import Case, Outcome, cases, remarks
from reports._escape import terminal, xml

_ELEMENTS = {Outcome.FAILED: "failure", Outcome.SKIPPED: "skipped", Outcome.BROKEN: "error"}


def render(report: Report, _options: Options) -> str:
    """An XML 1.0 document in UTF-8 with its declaration, ending in a newline."""
    tests = cases(report)
    took = report.duration_ms / 1000 if math.isfinite(report.duration_ms) else 0.0
    counts = {
        "tests": str(len(tests)),
        "failures": _count(tests, Outcome.FAILED),
        "errors": _count(tests, Outcome.BROKEN),
        "skipped": _count(tests, Outcome.SKIPPED),
        "time": f"{took:.3f}",
    }
    root = ET.Element("testsuites", {"name": "wsdiag", **counts})
    # The JUnit schema knows no time zone; the time is UTC.
    suite = ET.SubElement(root, "testsuite", _attributes(name=f"wsdiag {report.command}", **counts))
    suite.set("timestamp", terminal(report.started_at[:19]))
    _properties(suite, report)
    for case in tests:
        _case(suite, case)
    _output(suite, [*map(_told, remarks(report)), *(f"note: {note}" for note in report.notes)])
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _count(tests: Iterable[Case], outcome: Outcome) -> str:
    return str(sum(case.outcome is outcome for case in tests))


def _attributes(**values: str) -> dict[str, str]:
    return {name: terminal(value) for name, value in values.items()}


def _properties(suite: ET.Element, report: Report) -> None:
    properties = ET.SubElement(suite, "properties")
    values = {
        "tool": f"wsdiag {__version__}",
        "page": report.target.page,
        "url": report.target.url,
        "verdict": report.verdict.value,
        "primary_cause": report.primary_cause or "",
    }
    for name, value in values.items():
        ET.SubElement(properties, "property", _attributes(name=name, value=value))


def _case(suite: ET.Element, case: Case) -> None:
    element = ET.SubElement(
        suite, "testcase", _attributes(classname=f"wsdiag.{case.group}", name=case.name, time=f"{case.took_s:.3f}")
    )
    errors = [finding for finding in case.findings if finding.severity is Severity.ERROR]
    others = [finding for finding in case.findings if finding.severity is not Severity.ERROR]
    if case.outcome is not Outcome.PASSED:
        result = ET.SubElement(element, _ELEMENTS[case.outcome], _attributes(message=case.because))
        if case.outcome is not Outcome.SKIPPED:
            result.set("type", terminal(errors[0].code if errors else case.name))
            result.text = xml("\n\n".join(map(_told, errors)) or case.because)
    remark = [case.because] if case.outcome is Outcome.PASSED and case.because else []
    _output(element, [*remark, *map(terminal, case.remarks), *map(_told, others)])


def _output(parent: ET.Element, paragraphs: list[str]) -> None:
    if paragraphs:
        ET.SubElement(parent, "system-out").text = xml("\n\n".join(paragraphs))


def _told(finding: Finding) -> str:
    where = f" ({finding.route})" if finding.route else ""
    headline = terminal(f"{finding.severity}: {finding.code}{where}: {finding.title}")
    lines = [headline, finding.detail]
    lines += [terminal(f"  {evidence.label}: {evidence.value}") for evidence in finding.evidence]
    if finding.fix.summary:
        lines.append(f"Fix: {finding.fix.summary}")
    for snippet in finding.fix.snippets:
        lines += [f"  {snippet.where}:", *(f"    {line}" for line in snippet.text.strip("\n").split("\n"))]
    return "\n".join(lines)
