"""`connects`: the page's route opens, as a browser would decide, and is not taken away at once."""

from __future__ import annotations

from diag.model import Verdict
from diag.report import RouteReport
from diag.verify.checks.ruling import Ruling, failed, passed, shortly
from diag.verify.observed import Observed


def check(seen: Observed) -> Ruling:
    """The probe's own verdict on the page's route."""
    page = seen.page
    did = "opened the page's route as a browser does"
    if usable(seen):
        return passed(did, f"101 in {shortly(page.phases_ms.get('upgrade') or 0.0)}, and {_then(page)}")
    if seen.report.primary_cause is None:
        return Ruling("broken", did, page.outcome, "wsdiag could not tell why the socket does not open")
    because = page.browser.message or seen.report.primary_cause
    if page.closed is not None:
        return failed(did, _then(page), "it opens, and is taken away at once", seen.report.primary_cause)
    return failed(did, page.outcome, because, seen.report.primary_cause)


def usable(seen: Observed) -> bool:
    """Whether the page has a socket to work with; everything but CORS needs that."""
    return seen.page.opened and seen.page.browser.opens and seen.report.verdict is not Verdict.BROKEN


def _then(page: RouteReport) -> str:
    if page.closed is None:
        return "it stays open"
    ended = f"close {page.closed.code} {page.closed.reason}".strip()
    return f"{ended} after {shortly(page.closed.after_ms)}"
