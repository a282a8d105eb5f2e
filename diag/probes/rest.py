"""The page's REST requests, sent as fetch sends them: preflight first where one is due, redirects followed."""

from __future__ import annotations

import time
from dataclasses import replace

from diag.browser import cors
from diag.browser.handshake import USER_AGENT
from diag.model import ApiRequest, Headers, Target
from diag.observations import Answer, Hop, NoAnswer, RestCall
from diag.seen import FOREIGN, FOREIGN_ORIGIN, PAGE, fetch_request
from diag.urls import host_header
from diag.wire.dial import Dialer
from diag.wire.rest import send

_REDIRECT_LIMIT = 20
"""Fetch, section 4.4 (HTTP-redirect fetch): the twenty-first redirect is a network error."""


def call(
    target: Target, index: int, api: ApiRequest, dialer: Dialer, *, deadline: float, variant: str = PAGE
) -> RestCall:
    """One request of the page to its end. A failed preflight does not keep a GET back: its answer tells causes apart,
    and asking is safe (RFC 9110, section 9.2.1)."""
    if variant == FOREIGN:
        target = replace(target, page=FOREIGN_ORIGIN)
    started = time.monotonic()
    url, hops = api.url, []
    for _ in range(_REDIRECT_LIMIT + 1):
        request = fetch_request(api, url)
        preflight: Answer | NoAnswer | None = None
        if cors.needs_preflight(target.page, request):
            preflight = send("OPTIONS", url, _preflight_headers(target, request), dialer, deadline=deadline)
        answer: Answer | NoAnswer | None = None
        if preflight is None or api.method.upper() in ("GET", "HEAD"):
            answer = send(api.method, url, _headers(target, api, url), dialer, deadline=deadline)
        hops.append(Hop(url, preflight, answer))
        following = cors.redirect_target(url, _response(answer)) if isinstance(answer, Answer) else None
        if following is None:
            break
        url = following
    took = (time.monotonic() - started) * 1000
    return RestCall(index, variant, api.method, api.url, tuple(hops), took)


def _response(answer: Answer) -> cors.Response:
    return cors.Response(answer.status, answer.reason, answer.headers, "")


def _headers(target: Target, api: ApiRequest, url: str) -> Headers:
    """Chromium's own headers around those of the page's script; cookies go where the credentials mode sends them."""
    foreign = cors.is_cross_origin(target.page, url)
    sends_cookies = api.credentials == "include" or (api.credentials == "same-origin" and not foreign)
    origin = (("Origin", target.page),) if foreign or api.method.upper() not in ("GET", "HEAD") else ()
    cookies = (("Cookie", target.cookies),) if target.cookies and sends_cookies else ()
    return (
        ("Host", host_header(url)),
        ("Connection", "close"),
        *api.headers,
        ("User-Agent", USER_AGENT),
        ("Accept", "*/*"),
        *origin,
        ("Sec-Fetch-Site", "cross-site" if foreign else "same-origin"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Accept-Language", "en-US,en;q=0.9"),
        *cookies,
    )


def _preflight_headers(target: Target, request: cors.FetchRequest) -> Headers:
    return (
        ("Host", host_header(request.url)),
        ("Connection", "close"),
        ("Accept", "*/*"),
        *cors.preflight_headers(target.page, request),
        ("Origin", target.page),
        ("User-Agent", USER_AGENT),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Dest", "empty"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Accept-Language", "en-US,en;q=0.9"),
    )
