"""Sockets that any website may open."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._server_snippets import CHANNELS_ORIGINS, GORILLA_ORIGINS
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

_STARLETTE = snippet(
    "Starlette or FastAPI",
    """
    if websocket.headers.get("origin") != "{page}":
        await websocket.close(code=1008)  # before accept: the client sees 403
        return
    await websocket.accept()
    """,
)


_NODE = snippet(
    "Node (ws)",
    """
    const sockets = new WebSocketServer({
      server,
      verifyClient: ({ origin }) => origin === '{page}',
    })
    """,
)

ENTRIES = (
    Entry(
        code="cswsh-open",
        severity=Severity.ERROR,
        layer="origin",
        title="Any website can open this socket with the user's cookies",
        explanation=(
            "The server accepts a foreign Origin and the handshake is authenticated by a cookie, which the browser "
            "sends from any page. A hostile website can thus act as the user: cross-site WebSocket hijacking. CORS "
            "middleware does not protect a socket."
        ),
        recognised=(
            "A handshake with a foreign Origin gets 101 and a session cookie is in use. Told apart from "
            "dev-proxy-erases-origin, where only the development proxy lets it in."
        ),
        fix=Fix(
            "Check Origin on the server and set SameSite on the session cookie.",
            (_STARLETTE, _NODE, CHANNELS_ORIGINS, GORILLA_ORIGINS),
        ),
        sources=(
            "RFC 6455, section 10.2",
            "OWASP: WebSocket Security Cheat Sheet",
            "google/adk-python#4951",
            "measured: FastAPI with CORSMiddleware",
        ),
        browser=browser.TUNNEL_OPEN,
        degrades=False,
    ),
    Entry(
        code="origin-allowlist-weak",
        severity=Severity.ERROR,
        layer="origin",
        title="The origin check takes look-alikes of the page",
        explanation=(
            "The server refuses a foreign Origin and accepts one that merely resembles the page's: it compares the "
            "beginning or the end, or uses a pattern with an unquoted dot, or lists “null”. Anyone can register such "
            "a name or send null from a sandboxed frame, and then act with the user's cookies."
        ),
        recognised=(
            "A foreign Origin is refused, and the page's host with something before or behind it, or null, gets 101. "
            "Told apart from cswsh-open, where any Origin is accepted."
        ),
        fix=Fix("Compare the whole origin with {page}, and never list null.", (_STARLETTE, _NODE, GORILLA_ORIGINS)),
        sources=("RFC 6454, section 5", "PortSwigger: Exploiting CORS misconfigurations (origin reflection and null)"),
        browser=browser.TUNNEL_OPEN,
        degrades=False,
    ),
)
