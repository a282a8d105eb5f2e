"""CORS as Chromium enforces it: the public face of the fetch rules in this package.

Who asks a server as a page would (`needs_preflight`, `preflight_headers`, `redirect_target`) and who judges what came
back (`decide`) use the same rules. CORS never concerns a WebSocket.
"""

from __future__ import annotations

from diag.browser import preflight
from diag.browser.exchange import (
    Answer,
    Dropped,
    Exchange,
    FetchRequest,
    FetchVerdict,
    Pairs,
    Redirect,
    RefusedError,
    Response,
)
from diag.browser.fetch import decide
from diag.browser.page_request import Outgoing, outgoing
from diag.browser.redirects import location
from diag.browser.response_headers import kept_headers
from diag.browser.urls import parse_url

__all__ = [
    "Answer",
    "Dropped",
    "Exchange",
    "FetchRequest",
    "FetchVerdict",
    "Redirect",
    "Response",
    "decide",
    "is_cross_origin",
    "needs_preflight",
    "origin_of",
    "preflight_headers",
    "redirect_target",
]


def origin_of(url: str) -> str:
    """Serialized origin of a URL; `null` for an opaque one and for what is no URL."""
    parsed = parse_url(url)
    return parsed.origin if parsed else "null"


def is_cross_origin(page_origin: str, url: str) -> bool:
    """Whether a page of this origin needs CORS to read `url`. An opaque origin (`null`) equals nothing, not itself."""
    target = parse_url(url, parse_url(page_origin))
    return target is None or target.origin == "null" or target.origin != origin_of(page_origin)


def needs_preflight(page_origin: str, request: FetchRequest) -> bool:
    """Whether Chromium sends a preflight before the request, if it remembers no grant."""
    out = _outgoing(page_origin, request)
    return out is not None and is_cross_origin(page_origin, request.url) and preflight.is_due(out)


def preflight_headers(page_origin: str, request: FetchRequest) -> Pairs:
    """Access-Control-Request-Method and -Headers as Chromium sends them; empty for a request that no page can send."""
    out = _outgoing(page_origin, request)
    return preflight.question(out) if out else ()


def redirect_target(url: str, response: Response) -> str | None:
    """Where an answer leads a fetch of `url`; None when it is no redirect, or one that no browser follows."""
    base = parse_url(url)
    try:
        target = location(response.status, kept_headers(response), base) if base else None
    except RefusedError:
        return None
    return str(target) if target else None


def _outgoing(page_origin: str, request: FetchRequest) -> Outgoing | None:
    try:
        return outgoing(request, parse_url(page_origin))
    except RefusedError:
        return None
