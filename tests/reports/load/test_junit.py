from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from reports import Options
from reports.load import render


def parsed(report: Any) -> ET.Element:
    return ET.fromstring(render("junit", report, Options(80, color=False)).encode())  # noqa: S314 - our own


def test_every_report_parses_and_its_counts_are_right(every_report: Any) -> None:
    root = parsed(every_report)
    cases = root.findall(".//testcase")
    assert root.get("tests") == str(len(cases))
    assert root.get("failures") == str(len(root.findall(".//failure")))


def test_a_threshold_is_a_case(report: Any) -> None:
    root = parsed(report("troubled"))
    failed = {case.get("name"): case.find("failure") for case in root.iter("testcase")}
    assert failed["failed_ratio(sessions) < 0.01"].get("message") == "measured 0.1"
    assert failed["count(workers_lost) == 0"] is None
    assert failed["no user raises"] is None


def test_both_sides_of_a_comparison_have_their_cases(report: Any) -> None:
    groups = {case.get("classname") for case in parsed(report("comparison")).iter("testcase")}
    assert groups == {"wsdiag.compare.websocket", "wsdiag.compare.polling"}


def test_an_exception_in_a_user_is_a_failure(report: Any) -> None:
    (case,) = (case for case in parsed(report("interrupted")).iter("testcase") if case.get("name") == "no user raises")
    assert case.find("failure").get("message") == "1 exception in users"
