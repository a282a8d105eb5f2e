"""JUnit XML: a test case for each threshold, and one each for what must not happen in any run. Times are seconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree as ET

from diag import __version__
from diag.loading.judging import LoadReport
from diag.measures.result import Result
from reports import Options
from reports._escape import terminal, xml
from reports.load import AnyReport
from reports.load import _words as phrases


class Case(NamedTuple):
    """One test case; `failure` is None when it passed."""

    group: str
    name: str
    failure: str | None


def render(report: AnyReport, _options: Options) -> str:
    """An XML 1.0 document in UTF-8 with its declaration, ending in a newline."""
    frame, results = report.report, _results(report)
    cases = [case for group, result in results for case in _cases(group, result)]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.failure is not None for case in cases)),
        "errors": "0",
        "skipped": "0",
        "time": f"{frame.duration_ms / 1000:.3f}",
    }
    root = ET.Element("testsuites", {"name": "wsdiag", **counts})
    # The JUnit schema knows no time zone; the time is UTC.
    when = terminal(frame.started_at[:19])
    suite = ET.SubElement(root, "testsuite", {"name": f"wsdiag {frame.command}", **counts, "timestamp": when})
    properties = ET.SubElement(suite, "properties")
    for name, value in (("tool", f"wsdiag {__version__}"), ("url", frame.target.url), ("verdict", frame.verdict.value)):
        ET.SubElement(properties, "property", {"name": name, "value": terminal(value)})
    for case in cases:
        _write(suite, case)
    ET.SubElement(suite, "system-out").text = xml("\n".join(_told(results, frame.notes)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _results(report: AnyReport) -> list[tuple[str, Result]]:
    if isinstance(report, LoadReport):
        return [("load", report.result)]
    return [("compare.websocket", report.comparison.websocket), ("compare.polling", report.comparison.polling)]


def _cases(group: str, result: Result) -> Iterator[Case]:
    for judged in result.thresholds:
        yield Case(group, judged.expression, None if judged.ok else f"measured {phrases.value(judged)}")
    lost = f"{result.workers.lost} of {result.workers.expected} went away"
    yield Case(group, "no worker is lost", lost if result.workers.lost else None)
    raised = f"{phrases.count(result.user_errors, 'exception')} in users"
    yield Case(group, "no user raises", raised if result.user_errors else None)


def _write(suite: ET.Element, case: Case) -> None:
    name = terminal(case.name)
    element = ET.SubElement(suite, "testcase", {"classname": f"wsdiag.{case.group}", "name": name, "time": "0.000"})
    if case.failure is not None:
        failure = ET.SubElement(element, "failure", {"message": terminal(case.failure), "type": "threshold"})
        failure.text = xml(f"{case.name}: {case.failure}")


def _told(results: list[tuple[str, Result]], notes: tuple[str, ...]) -> Iterator[str]:
    for _, result in results:
        yield phrases.run(result)
        for row in (*phrases.facts(result), *phrases.causes(result)):
            yield f"  {row.label}: {row.text}"
    yield from (f"note: {note}" for note in notes)
