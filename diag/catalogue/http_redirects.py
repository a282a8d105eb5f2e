"""Redirects in answer to the handshake: no browser follows them."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import SAME_ORIGIN_URL, nginx_websocket, snippet
from diag.model import Fix, Severity

_NOT_FOLLOWED = (
    "A browser fails the WebSocket on any redirect; command-line clients that follow it make the server look fine."
)

ENTRIES = (
    Entry(
        code="ws-path-trailing-slash",
        severity=Severity.ERROR,
        layer="http",
        title="The WebSocket path is off by a trailing slash",
        explanation=(
            "The server redirects to the same path with, or without, a slash at the end; a plain page would follow and "
            f"nobody would notice. {_NOT_FOLLOWED} Some ASGI servers do not redirect upgrades and answer an empty 403."
        ),
        recognised=(
            "301, 302, 307 or 308 whose Location differs by the final slash only, or a failure that the path with the "
            "other ending does not have. Told apart from handshake-redirected by that comparison."
        ),
        fix=Fix(
            "Open the exact path that the server routes.",
            (
                SAME_ORIGIN_URL,
                nginx_websocket(where="nginx (an exact location, so that no slash is appended)", location="= {path}"),
                snippet(
                    "Starlette or FastAPI",
                    """
                    @app.websocket("{path}")
                    @app.websocket("{path}/")
                    async def socket(websocket: WebSocket) -> None:
                        await websocket.accept()
                    """,
                ),
            ),
        ),
        sources=(
            "WebSockets Standard, “establish a WebSocket connection” (redirect mode “error”)",
            "nginx: Module ngx_http_core_module, location",
            "qlever-dev/qlue-ui#73",
            "mcdonc/klangk#1232",
        ),
        browser="Console: “Unexpected response code: 307” (or 301, 308).",
        explains=("handshake-redirected", "ws-path-not-found", "auth-forbidden", "cors-preflight-redirected"),
    ),
    Entry(
        code="redirect-to-https",
        severity=Severity.ERROR,
        layer="http",
        title="The server redirects ws:// to https",
        explanation=(
            f"The plain port sends every request to https, the handshake included. {_NOT_FOLLOWED} "
            "The URL has to say wss:// from the start."
        ),
        recognised=(
            "A redirect to the same host with the scheme https. Told apart from redirect-to-login and "
            "handshake-redirected by the Location, and from plain-on-tls-port, which is a 400."
        ),
        fix=Fix(
            "Open wss:// instead of ws://.",
            (SAME_ORIGIN_URL, snippet(".env.production", "VITE_WS_BASE_URL=wss://{host}")),
        ),
        sources=(
            "WebSockets Standard, “establish a WebSocket connection” (redirect mode “error”)",
            "RFC 6797, section 8.3",
            "measured: Chromium 156",
        ),
        browser=browser.status(301),
        explains=("handshake-redirected", "cors-preflight-redirected"),
    ),
    Entry(
        code="redirect-to-login",
        severity=Severity.ERROR,
        layer="http",
        title="The handshake is redirected to a login page",
        explanation=(
            "An authentication layer answers the handshake with a redirect to its login page, as it would a page "
            f"without a session. {_NOT_FOLLOWED} "
            "The session cookie is missing, has expired, or is not sent to this host."
        ),
        recognised=(
            "A redirect whose Location names login, auth or SSO. Told apart from redirect-to-https and "
            "handshake-redirected by that Location, and from auth-required by the status."
        ),
        fix=Fix(
            "Send the session with the handshake, and let the authentication layer answer upgrades with 401.",
            (
                nginx_websocket(
                    where="nginx (auth_request)",
                    directives=(
                        "auth_request /auth;",
                        "error_page 401 =401 /unauthorised;  # no redirect for the socket",
                    ),
                    after="location = /unauthorised { internal; return 401; }",
                ),
                snippet(
                    "oauth2-proxy (answers 401 on this path; shell)",
                    "oauth2-proxy --api-route='^{path}' --upstream=http://{backend}",
                ),
            ),
        ),
        sources=(
            "WebSockets Standard, “establish a WebSocket connection” (redirect mode “error”)",
            "nginx: Module ngx_http_auth_request_module",
            "websockets/ws#812",
        ),
        browser=browser.status(302),
        explains=("handshake-redirected", "rest-auth-required", "rest-spa-fallback", "cors-preflight-redirected"),
    ),
    Entry(
        code="handshake-redirected",
        severity=Severity.ERROR,
        layer="http",
        title="The server answers the handshake with a redirect",
        explanation=(
            f"The handshake gets a redirect instead of 101. {_NOT_FOLLOWED} The URL that the page opens is not the "
            "canonical one: another host, a language prefix, or a moved path."
        ),
        recognised=(
            "A 3xx with a Location that is neither the same path with another slash (ws-path-trailing-slash), nor the "
            "same host with https (redirect-to-https), nor a login page (redirect-to-login)."
        ),
        fix=Fix(
            "Let the page open the address that the Location names, with ws or wss as its scheme.",
            (
                SAME_ORIGIN_URL,
                nginx_websocket(
                    where="nginx (answer the socket's path before the redirect)",
                    after="location / { return 301 https://$host$request_uri; }",
                ),
            ),
        ),
        sources=(
            "WebSockets Standard, “establish a WebSocket connection” (redirect mode “error”)",
            "RFC 9110, section 15.4",
            "vi/websocat#173",
        ),
        browser=browser.status(302),
        explains=("cors-preflight-redirected",),
    ),
)
