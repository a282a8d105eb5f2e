"""`no-cors-errors`: a browser lets the page read the answers to its REST requests (Fetch, section 4.10)."""

from __future__ import annotations

from diag.report import ApiReport
from diag.verify.checks.ruling import Ruling, count, failed, found, passed, skipped
from diag.verify.observed import Observed


def check(seen: Observed) -> Ruling:
    """A CORS error fails; a request across origins that got no answer cannot be judged."""
    api = seen.report.api
    if not seen.target.api:
        return skipped("no REST request of the page was named (--api URL)")
    if len(api) < len(seen.target.api):
        return Ruling("broken", because="not every REST request came to an end")
    across = [request for request in api if request.cors.required]
    preflights = sum(request.cors.preflight_sent for request in api)
    did = f"sent {count(len(api), 'request')} as the page's fetch does"
    did += f", with {count(preflights, 'preflight')}" if preflights else ""
    if blocked := [request for request in api if request.cors.error]:
        return _blocked(seen, did, blocked)
    if unanswered := [request for request in across if not request.cors.allowed]:
        request = unanswered[0]
        return skipped(f"{request.method} {request.url} got no answer that CORS could allow: {request.outcome}")
    if not across:
        return passed(did, "all of them are of the page's own origin: CORS is not involved")
    return passed(did, f"{len(across)} of {len(api)} across origins, and the page may read every answer")


def _blocked(seen: Observed, did: str, blocked: list[ApiReport]) -> Ruling:
    first = blocked[0]
    saw = str(first.cors.error)
    because = f"a browser keeps the answer of {first.method} {first.url} from the page"
    because += f", and {len(blocked) - 1} more" if len(blocked) > 1 else ""
    cause = next((item.code for item in seen.report.findings if item.layer == "cors"), None)
    if cause is None:
        cause = next((code for item in seen.report.findings for code in item.explains if "cors" in code), None)
    known = found(seen, layers=("cors",))
    return failed(did, saw, because, known.code if known else cause)
