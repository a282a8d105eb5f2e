"""The requests of the differential: the browser's handshake, and the same with one thing changed.

A variant is named by what it changes. Names with a value read `origin=http://…`, `host=…`, `path=…`. Which direct
answer equals the proxied one says what the proxy did.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from diag.browser.handshake import USER_AGENT, Offer, chromium_request_headers
from diag.engineio import engine_url
from diag.model import DEFAULT_PORTS, Headers, Route, Target, http_origin
from diag.seen import BROWSER, FOREIGN_ORIGIN, PAGE, POLLING, PONGS, SEARCHING
from diag.urls import at_path, host_header, netloc_of, path_of, request_path, sibling_path

FOREIGN_HOST = "wsdiag-foreign.example"


@dataclass(frozen=True, slots=True)
class Request:
    """One request to send. `url` says where to connect; `offer` is None for a plain GET."""

    route: str
    variant: str
    url: str
    headers: Headers
    offer: Offer | None
    version: str = "HTTP/1.1"

    @property
    def path(self) -> str:
        """The request target."""
        return request_path(self.url)


def new_key() -> str:
    """A fresh Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455, section 4.1)."""
    return base64.b64encode(os.urandom(16)).decode()


def browser_request(target: Target, route: Route) -> Request:
    """The handshake as the page's browser sends it, with the user's own headers and cookies behind Chromium's."""
    client = target.client
    offer = Offer(new_key(), client.subprotocols, client.permessage_deflate)
    headers = chromium_request_headers(
        host_header(route.url), target.page, offer, cookie=target.cookies, extra=target.headers
    )
    return Request(route.name, BROWSER, route.url, headers, offer)


def request(target: Target, route: Route, variant: str) -> Request:
    """The request of that variant; KeyError for a name that is none."""
    name, _, value = variant.partition("=")
    base = replace(browser_request(target, route), variant=variant)
    return _EDITS[name](base, value or target.page)


def _get(base: Request, path: str) -> Request:
    """A plain GET, as for a page; the cookies stay, the user's handshake headers do not."""
    headers = (
        ("Host", host_header(base.url)),
        ("Connection", "close"),
        ("User-Agent", USER_AGENT),
        ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Accept-Language", "en-US,en;q=0.9"),
        *((name, value) for name, value in base.headers if name == "Cookie"),
    )
    return replace(base, url=at_path(base.url, path), headers=headers, offer=None)


def _other_scheme(base: Request, _: str) -> Request:
    parts = urlsplit(base.url)
    flipped = {"ws": "wss", "wss": "ws"}[parts.scheme]
    netloc = parts.netloc if parts.port else f"{parts.netloc}:{DEFAULT_PORTS[parts.scheme]}"
    return replace(base, url=urlunsplit(parts._replace(scheme=flipped, netloc=netloc)))


def _encrypted(base: Request) -> Request:
    """The same on TLS's default port."""
    parts = urlsplit(base.url)
    return replace(base, url=urlunsplit(parts._replace(scheme="wss", netloc=netloc_of(parts.hostname or ""))))


def _forwarded(base: Request, host: str) -> Request:
    """What a proxy sends that ends TLS and says so."""
    changed = _with(base, "Host", host)
    return replace(changed, headers=(*changed.headers, ("X-Forwarded-Proto", "https")))


def _drifted(base: Request, port: str) -> Request:
    """The handshake of the same page, had its server taken another port."""
    parts = urlsplit(base.url)
    url = urlunsplit(parts._replace(netloc=netloc_of(parts.hostname or "", port)))
    return replace(_with(_with(base, "Host", host_header(url)), "Origin", http_origin(url)), url=url)


def _without(base: Request, name: str) -> Request:
    kept = tuple(pair for pair in base.headers if pair[0].lower() != name.lower())
    return replace(base, headers=kept)


def _with(base: Request, name: str, value: str) -> Request:
    changed = tuple((key, value if key.lower() == name.lower() else old) for key, old in base.headers)
    return replace(base, headers=changed)


def _stripped(base: Request, _: str = "") -> Request:
    """What a proxy sends that treats Upgrade as the hop-by-hop header that it is (RFC 9110, section 7.6.1)."""
    return _with(_without(base, "Upgrade"), "Connection", "close")


def _without_deflate(base: Request, _: str) -> Request:
    return replace(_without(base, "Sec-WebSocket-Extensions"), offer=base.offer and replace(base.offer, deflate=False))


def _without_subprotocol(base: Request, _: str) -> Request:
    offer = base.offer and replace(base.offer, subprotocols=())
    return replace(_without(base, "Sec-WebSocket-Protocol"), offer=offer)


def _polling(base: Request, _: str) -> Request:
    """Engine.IO's first request, as a client sends it that begins with polling."""
    url = engine_url(base.url, transport="polling")
    return replace(_get(base, path_of(base.url)), url=url)


def _with_session(base: Request, value: str) -> Request:
    """The upgrade of a session that began with polling. Its id is a credential while it lives, so that the observation
    is named by the number of the attempt alone."""
    sid, _, number = value.partition(";")
    return replace(base, url=engine_url(base.url, transport="websocket", sid=sid), variant=f"sid={number}")


def _page(base: Request, origin: str) -> Request:
    """The page's own document, for its headers."""
    return _get(replace(base, url=f"{origin}/"), "/")


_EDITS: dict[str, Callable[[Request, str], Request]] = {
    BROWSER: lambda base, _: base,
    "repeat": lambda base, _: base,
    "silent": lambda base, _: base,
    **dict.fromkeys(SEARCHING, lambda base, _: base),
    PONGS: lambda base, _: base,
    "no-origin": lambda base, _: _without(base, "Origin"),
    "own-origin": lambda base, _: _with(base, "Origin", http_origin(base.url)),
    "foreign-origin": lambda base, _: _with(base, "Origin", FOREIGN_ORIGIN),
    "origin": lambda base, value: _with(base, "Origin", value),
    "host": lambda base, value: _with(base, "Host", value),
    "path": lambda base, value: replace(base, url=at_path(base.url, value)),
    "sibling": lambda base, _: replace(base, url=at_path(base.url, sibling_path(base.url))),
    "no-upgrade": _stripped,
    "connection-close": lambda base, _: _with(base, "Connection", "close"),
    "http-1.0": lambda base, _: replace(base, version="HTTP/1.0"),
    "http-1.0-no-upgrade": lambda base, _: replace(_stripped(base), version="HTTP/1.0"),
    "version-99": lambda base, _: _with(base, "Sec-WebSocket-Version", "99"),
    "no-key": lambda base, _: _without(base, "Sec-WebSocket-Key"),
    "no-version": lambda base, _: _without(base, "Sec-WebSocket-Version"),
    "no-deflate": _without_deflate,
    "no-subprotocol": _without_subprotocol,
    "no-cookies": lambda base, _: _without(base, "Cookie"),
    "other-scheme": _other_scheme,
    "wss": lambda base, _: _encrypted(base),
    "wss-no-upgrade": lambda base, _: _stripped(_encrypted(base)),
    "forwarded-proto": _forwarded,
    "drift": _drifted,
    "drift-get": lambda base, value: _get(_drifted(base, value), "/"),
    PAGE: _page,
    "busy": lambda base, _: base,
    "size": lambda base, _: base,
    POLLING: _polling,
    "sid": _with_session,
    "eio": lambda base, value: replace(base, url=engine_url(base.url, EIO=value)),
    "get": lambda base, _: _get(base, path_of(base.url)),
    "get-sibling": lambda base, _: _get(base, sibling_path(base.url)),
    "get-root": lambda base, _: _get(base, "/"),
}
