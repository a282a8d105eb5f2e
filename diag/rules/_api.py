"""One REST request of the report, with the browser's verdict."""

from __future__ import annotations

from diag.browser.cors import is_cross_origin
from diag.model import http_origin
from diag.observations import Answer, RestCall
from diag.report import ApiReport, CorsReport
from diag.rules._routes import witnessed
from diag.rules._verdicts import fetch_verdict
from diag.rules._words import said
from diag.seen import Seen


def report(seen: Seen, call: RestCall) -> ApiReport:
    """What one request got, and whether the page may read it."""
    verdict = fetch_verdict(seen, call)
    required = is_cross_origin(seen.target.page, call.url)
    final = call.final
    cors = CorsReport(
        required=required,
        allowed=verdict is not None and verdict.allowed,
        error=verdict.error if verdict else None,
        preflight_sent=verdict is not None and verdict.preflight_sent,
        message=verdict.message if verdict and not verdict.allowed else None,
    )
    origin = http_origin(call.url)
    route = next((route.name for route in seen.target.routes if route.origin == origin), None)
    status = final.status if isinstance(final, Answer) else None
    chromium = witnessed(seen, "fetch", call.url)
    return ApiReport(call.method, call.url, route, status, cors, said(final), chromium)
