"""The verdict on a fetch: what Chromium decides when a page asks for this and servers say that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from diag.browser.exchange import Answer, Dropped, Exchange, FetchRequest, FetchVerdict, Redirect, Response
from diag.browser.fetch_case import parse_fetch_case
from diag.browser.journey import Browser, Server, key_of
from diag.browser.urls import Url, parse_url

# What DNS cannot hold, and names below .invalid (RFC 6761 §6.4).
_NEVER_RESOLVES = re.compile(r"[^a-z0-9._:\[\]\-]|\.invalid\.?$")
_NOT_FOUND = Response(404, "Not Found")
_UNREACHABLE = Dropped("net::ERR_NAME_NOT_RESOLVED", reached=False)


def decide(
    page_origin: str,
    request: FetchRequest,
    preflight_response: Answer | None,
    response: Answer | None,
    redirects: tuple[Redirect, ...] = (),
    prior: tuple[Exchange, ...] = (),
    *,
    page_url: str | None = None,
) -> FetchVerdict:
    """Decide a fetch from what servers said; never raises, whatever the headers hold.

    None for an answer stands for a plain 404 without CORS headers. `redirects` is what is said at later URLs, `prior`
    what the same page fetched just before: it may have filled the preflight cache and the HTTP cache. `page_url` is
    needed for relative URLs, and for a page of opaque origin (`null`) that was loaded over https.
    """
    page = parse_url(page_url or page_origin)
    browser = Browser("null" if page is None or page_origin == "null" else page.origin, page)
    for exchange in prior:
        browser.fetch(exchange.request, _server(exchange, page, redirects))
    last = Exchange(request, preflight_response, response)
    return browser.fetch(request, _server(last, page, redirects))


def verdict_line(case: Mapping[str, Any]) -> dict[str, Any]:
    """Judge one recorded case: `{"id", "allowed", "error", "preflight_sent", "readable_headers"}`.

    Raises ValueError with the one thing that is wrong with a malformed case; its `truth` key is not read.
    """
    parsed = parse_fetch_case(case)
    verdict = decide(
        parsed.page_origin,
        parsed.request,
        parsed.preflight_response,
        parsed.response,
        parsed.redirects,
        parsed.prior,
        page_url=parsed.page_url,
    )
    return {
        "id": parsed.id,
        "allowed": verdict.allowed,
        "error": verdict.error,
        "preflight_sent": verdict.preflight_sent,
        "readable_headers": list(verdict.readable_headers),
    }


def _server(exchange: Exchange, page: Url | None, redirects: tuple[Redirect, ...]) -> Server:
    """Answer from what was said. Where nothing was, a known origin answers 404 and any other is out of reach."""
    said: dict[str, tuple[Answer, Answer]] = {}
    origins = {page.origin} if page else set()
    first = Redirect(exchange.request.url, exchange.preflight_response, exchange.response)
    for stop in (first, *redirects):
        if url := parse_url(stop.url, page):
            origins.add(url.origin)
            said.setdefault(key_of(url), (stop.preflight_response or _NOT_FOUND, stop.response or _NOT_FOUND))

    def answer(url: Url) -> tuple[Answer, Answer]:
        if url.origin not in origins or _NEVER_RESOLVES.search(url.host):
            return _UNREACHABLE, _UNREACHABLE
        return said.get(key_of(url), (_NOT_FOUND, _NOT_FOUND))

    return answer
