"""Phrases that several writers share: durations, and what a person sees in the browser."""

from __future__ import annotations

import math

from diag.model import Verdict
from diag.report import ApiReport, Report, RouteReport

_NEVER_CONNECTED = "error, then close 1006"
_OTHER_EVENTS = {
    "mixed-content-blocked": "new WebSocket() throws SecurityError, and no event follows",
    "csp-connect-src-blocked": "error, and no close event",
}
"""Blocks that Chromium reports in another way than as a failed connection (HTML, section 9.3; measured)."""


def duration(milliseconds: float) -> str:
    """`0.4 ms`, `41 ms`, `1.2 s`; `?` for what is no number."""
    if not math.isfinite(milliseconds):
        return "?"
    if milliseconds >= 999.5:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds:.0f} ms" if milliseconds >= 9.95 else f"{milliseconds:.1f} ms"


def page_route(report: Report) -> RouteReport | None:
    """The route that the page itself uses, as far as it was examined."""
    name = report.target.page_route.name
    return next((route for route in report.routes if route.name == name), None)


def in_the_browser(report: Report) -> str | None:
    """What the page's script and console get to see; None when wsdiag could not tell, or nothing is wrong."""
    page = page_route(report)
    if page is None or report.verdict in (Verdict.HEALTHY, Verdict.UNKNOWN):
        return None
    if not page.browser.opens:
        events = _OTHER_EVENTS.get(report.primary_cause or "", _NEVER_CONNECTED)
        return events + _console(page)
    if page.closed is not None:
        reason = f' "{page.closed.reason}"' if page.closed.reason else ""
        return f"open, then close {page.closed.code}{reason} after {duration(page.closed.after_ms)}" + _console(page)
    blocked = next((api for api in report.api if not api.cors.allowed), None)
    if blocked is not None:
        return f"the socket opens; {blocked.method} {blocked.url} fails: {blocked_because(blocked)}"
    return "the socket opens, and no error is shown" + _console(page)


def blocked_because(api: ApiReport) -> str:
    """Why a browser keeps the answer from the page."""
    return api.cors.message or api.cors.error or api.outcome


def _console(page: RouteReport) -> str:
    return f'; console: "{page.browser.message}"' if page.browser.message else ""
