"""Phrases: durations, and what a person sees in the browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.model import Verdict
from diag.report import BrowserReport, ClosedReport
from reports._words import duration, in_the_browser


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.0, "0.0 ms"),
        (0.04, "0.0 ms"),
        (1.26, "1.3 ms"),
        (9.949, "9.9 ms"),
        (9.95, "10 ms"),
        (41.4, "41 ms"),
        (999.4, "999 ms"),
        (999.5, "1.0 s"),
        (60_012.0, "60.0 s"),
        (float("nan"), "?"),
        (float("inf"), "?"),
    ],
)
def test_durations_read_at_a_glance(milliseconds, text):
    assert duration(milliseconds) == text


def with_page(report, **changes):
    page = report.target.page_route.name
    routes = tuple(replace(route, **changes) if route.name == page else route for route in report.routes)
    return replace(report, routes=routes)


def test_a_refused_handshake_is_an_error_a_close_and_a_console_line(report):
    assert in_the_browser(report("incident")) == (
        'error, then close 1006; console: "Error during WebSocket handshake: Unexpected response code: 403"'
    )


@pytest.mark.parametrize(
    ("cause", "events"),
    [
        ("mixed-content-blocked", "new WebSocket() throws SecurityError, and no event follows"),
        ("csp-connect-src-blocked", "error, and no close event"),
        ("origin-rejected", "error, then close 1006"),
    ],
)
def test_a_block_by_the_browser_itself_shows_other_events(cause, events, report):
    silent = with_page(replace(report("incident"), primary_cause=cause), browser=BrowserReport(False, None))

    assert in_the_browser(silent) == events


@pytest.mark.parametrize(
    ("closed", "text"),
    [
        (ClosedReport(1006, "", False, 60_012.0), "open, then close 1006 after 60.0 s"),
        (ClosedReport(1011, "oops", True, 12.0), 'open, then close 1011 "oops" after 12 ms'),
    ],
)
def test_a_dropped_session_is_told_by_its_close_event(closed, text, report):
    assert in_the_browser(with_page(report("degraded"), closed=closed)) == text


def test_a_blocked_request_is_told_when_the_socket_is_fine(report):
    # Given the incident's blocked request on a page whose socket opens
    incident = report("incident")
    opens = with_page(replace(incident, verdict=Verdict.DEGRADED), browser=BrowserReport(True, None))

    assert in_the_browser(opens) == (
        "the socket opens; GET http://localhost:3000/api/health fails: "
        "No 'Access-Control-Allow-Origin' header is present on the requested resource."
    )


def test_a_silent_defect_is_called_silent(report):
    assert in_the_browser(with_page(report("degraded"), closed=None)) == "the socket opens, and no error is shown"


@pytest.mark.parametrize("name", ["healthy", "unknown"])
def test_nothing_is_said_when_nothing_is_wrong_or_known(name, report):
    assert in_the_browser(report(name)) is None


def test_nothing_is_said_about_a_page_route_that_was_not_examined(report):
    assert in_the_browser(replace(report("incident"), routes=())) is None
