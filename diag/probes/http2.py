"""The handshake over HTTP/2, where a server would take one: a browser uses the connection that loaded the page."""

from __future__ import annotations

import ssl

from diag.model import Headers, Route, Target
from diag.observations import ExtendedConnect
from diag.probes.requests import browser_request
from diag.urls import host_header
from diag.wire.dial import Dialer, dial
from diag.wire.http2 import extended_connect

_NOT_IN_HTTP2 = ("host", "connection", "upgrade", "sec-websocket-key")
"""What extended CONNECT says otherwise or has no need of (RFC 8441, section 5; RFC 9113, section 8.2.2)."""


def connect_over_http2(target: Target, route: Route, dialer: Dialer, *, deadline: float) -> ExtendedConnect:
    """Offers h2 by ALPN as a page's request does, and asks for the WebSocket where the server's SETTINGS allow it."""
    dialled = dial(route.url, dialer, deadline=deadline, alpn=("h2", "http/1.1"))
    if not isinstance(dialled.sock, ssl.SSLSocket):
        return ExtendedConnect(route.name, "h2", failure=dialled.failure)
    with dialled.sock:
        if dialled.sock.selected_alpn_protocol() != "h2":
            return ExtendedConnect(route.name, "h2")
        answer = extended_connect(dialled.sock, _fields(target, route), deadline=deadline)
        return ExtendedConnect(route.name, "h2", answer)


def _fields(target: Target, route: Route) -> Headers:
    asked = browser_request(target, route)
    kept = ((name, value) for name, value in asked.headers if name.lower() not in _NOT_IN_HTTP2)
    return (
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":path", asked.path),
        (":authority", host_header(route.url)),
        *kept,
    )
