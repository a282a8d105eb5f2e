"""What a browser would decide on the REST requests that were observed."""

from __future__ import annotations

from diag.browser.cors import Dropped, FetchVerdict, Redirect, Response, decide
from diag.observations import Answer, NoAnswer, RestCall
from diag.seen import Seen, fetch_request


def fetch_verdict(seen: Seen, call: RestCall) -> FetchVerdict | None:
    """The verdict of the page's browser on one call; None when it was never sent."""
    if not call.hops:
        return None
    first, *later = call.hops
    api = seen.target.api[call.index]
    redirects = tuple(Redirect(hop.url, _response(hop.preflight), _response(hop.answer)) for hop in later)
    return decide(seen.target.page, fetch_request(api), _response(first.preflight), _response(first.answer), redirects)


def _response(outcome: Answer | NoAnswer | None) -> Response | Dropped | None:
    if outcome is None:
        return None
    if isinstance(outcome, NoAnswer):
        return Dropped(reached=outcome.stage == "http")
    return Response(outcome.status, outcome.reason, outcome.headers, outcome.body.decode("latin-1"))
