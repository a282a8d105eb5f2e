"""The server's check of the Origin header. This is not CORS."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._server_snippets import CHANNELS_ORIGINS, GORILLA_ORIGINS
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

_TORNADO = snippet(
    "Tornado",
    """
    class Socket(WebSocketHandler):
        def check_origin(self, origin: str) -> bool:
            return origin == "{page}"
    """,
)

_WEBSOCKETS = snippet("websockets (Python)", 'server = await serve(handler, "127.0.0.1", 3000, origins=["{page}"])')


_RAILS = snippet(
    "Rails (config/environments/development.rb)", 'config.action_cable.allowed_request_origins = ["{page}"]'
)

ENTRIES = (
    Entry(
        code="origin-rejected",
        severity=Severity.ERROR,
        layer="origin",
        title="The server rejects the page's origin",
        explanation=(
            "The server checks the Origin header and does not know the page's. This is not CORS: there is no "
            "preflight, Access-Control headers are ignored on a handshake, and CORS middleware neither opens nor "
            "secures a socket. The server has an allow-list of its own, or compares Origin with Host."
        ),
        recognised=(
            "403 (404 with ActionCable, sometimes 400 or 401) with the page's Origin, and 101 without one or with the "
            "server's own. Told apart from ws-path-not-found and auth-forbidden by that change, and from "
            "origin-host-rewritten by the direct route, which rejects the page's origin as well."
        ),
        fix=Fix(
            "Add {page} to the server's list of allowed WebSocket origins.",
            (_TORNADO, CHANNELS_ORIGINS, _WEBSOCKETS, GORILLA_ORIGINS, _RAILS),
        ),
        sources=(
            "RFC 6455, sections 4.2.2 and 10.2",
            "octobox/octobox#1369",
            "phoenixframework/phoenix#1359",
            "measured: Tornado 6.6, websockets 17.4, daphne 4.2",
        ),
        browser=browser.status(403),
        explains=("auth-forbidden", "close-policy-or-app-auth"),
    ),
    Entry(
        code="origin-allowlist-typo",
        severity=Severity.ERROR,
        layer="origin",
        title="The allowed origin is written slightly wrong",
        explanation=(
            "The allow-list holds the page's origin in a form that never matches: with a slash at the end, several in "
            "one string, in capitals, or with another port or scheme. An origin is scheme, host and port and nothing "
            "more, and it is compared exactly."
        ),
        recognised=(
            "The page's Origin is refused and a variant of it, such as with a trailing slash, is let in. Told apart "
            "from origin-rejected by that variant."
        ),
        fix=Fix(
            "Write the origin exactly as {page}, without a slash at the end, one per item.",
            (CHANNELS_ORIGINS, _WEBSOCKETS, _TORNADO, GORILLA_ORIGINS, _RAILS),
        ),
        sources=("RFC 6454, sections 4 and 6", "amiantos/lurker#580"),
        browser=browser.status(403),
        explains=("origin-rejected", "auth-forbidden", "close-policy-or-app-auth"),
    ),
    Entry(
        code="origin-null-rejected",
        severity=Severity.WARNING,
        layer="origin",
        title="The server rejects the origin “null”",
        explanation=(
            "Pages from a file, a data: URL or a sandboxed iframe send “Origin: null”, and the server refuses it. "
            "That is right: anyone can produce null, so it must not be put on an allow-list."
        ),
        recognised="“Origin: null” 403 and the page's own Origin 101. Told apart from origin-rejected by the second.",
        fix=Fix(
            "Serve such pages from a real origin.",
            (
                snippet("Shell (instead of opening the file)", "python3 -m http.server 5173 --bind 127.0.0.1"),
                snippet(
                    "HTML (a sandboxed iframe that keeps its origin)",
                    '<iframe sandbox="allow-scripts allow-same-origin" src="{page}"></iframe>',
                ),
            ),
        ),
        sources=("HTML Standard, “Origin”", "RFC 6454, section 7.1", "phoenixframework/phoenix#6058"),
        browser="Only pages with an opaque origin are refused: “Unexpected response code: 403”.",
    ),
)
