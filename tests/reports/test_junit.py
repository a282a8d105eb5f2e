"""JUnit XML: what CI systems count, and what a person reads when they click on a red case."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from reports import Options
from reports.junit import render

OPTIONS = Options(width=80, color=True)
RESULTS = {"failure", "error", "skipped"}
ALLOWED = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
        {"properties", "testcase", "system-out"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "classname", "time"}, RESULTS | {"system-out"}),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}
"""Element by element, the attributes and children that the common JUnit schemas (Jenkins, Ant) have in common."""


def parsed(report):
    return ET.fromstring(render(report, OPTIONS))  # noqa: S314 - what we wrote ourselves


def suite_of(report):
    return parsed(report).find("testsuite")


def case_named(report, name):
    (case,) = (case for case in suite_of(report).iter("testcase") if case.get("name") == name)
    return case


def test_the_structure_is_what_consumers_accept(named_report):
    for element in parsed(named_report[1]).iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.keys()) == attributes
        assert {child.tag for child in element} <= children


def test_the_counts_are_those_of_the_cases(named_report):
    root = parsed(named_report[1])
    suite = root.find("testsuite")

    for counted in (root, suite):
        assert int(counted.get("tests")) == len(suite.findall("testcase"))
        assert int(counted.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(counted.get("errors")) == len(suite.findall("testcase/error"))
        assert int(counted.get("skipped")) == len(suite.findall("testcase/skipped"))


def test_times_are_seconds_and_the_timestamp_has_no_zone(report):
    suite = suite_of(report("healthy"))

    assert suite.get("name") == "wsdiag probe"
    assert suite.get("time") == "6.213"
    assert suite.get("timestamp") == "2027-01-15T10:12:03"
    assert case_named(report("verify"), "reconnects").get("time") == "1.040"


def test_a_clock_gone_wrong_leaves_a_number(report):
    assert suite_of(replace(report("healthy"), duration_ms=float("nan"))).get("time") == "0.000"


def test_a_failure_tells_cause_evidence_and_fix(report):
    failure = case_named(report("incident"), "route direct opens").find("failure")

    assert failure.get("type") == "url-bypasses-dev-proxy"
    assert failure.get("message").startswith("url-bypasses-dev-proxy: the page opens the backend directly")
    assert "page origin: http://localhost:5173" in failure.text
    assert "Fix: Open the socket on the page's own origin" in failure.text
    assert "\n    VITE_WS_BASE_URL=\n" in failure.text
    assert "error: origin-rejected (direct)" in failure.text


def test_what_wsdiag_could_not_tell_is_an_error_with_its_reason(report):
    error = case_named(report("verify"), "survives-refresh").find("error")

    assert error.get("message") == "the local fault proxy could not listen"


def test_a_skipped_case_names_the_prerequisite(report):
    skipped = case_named(report("incident"), "route direct heartbeat").find("skipped")

    assert skipped.get("message") == "route direct did not open"


def test_a_warning_fails_nothing_and_is_told(report):
    # Given a heartbeat warning next to an error, and one about no case
    beside = case_named(report("degraded"), "route proxy heartbeat")

    # Then the first stands in its case's output, the other in the suite's
    assert "warning: heartbeat-margin-thin (proxy)" in beside.find("system-out").text
    assert "warning: cswsh-open" in suite_of(report("incident")).find("system-out").text
    assert "note: idle limits were not looked for" in suite_of(report("incident")).find("system-out").text
    assert "the page would poll" in case_named(report("verify"), "no-fallback").find("system-out").text


def test_hostile_text_is_visible_and_inert(report):
    text = render(report("hostile"), OPTIONS)

    assert all(char.isprintable() or char in "\n\t" for char in text)
    assert "\\x1b[31m" in text
    assert "]]>" not in text
    assert "<b>" not in text
    assert parsed(report("hostile")).get("errors") == "1"
