"""The server saw a handshake, or something like it, and did not accept it."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import (
    APACHE_WEBSOCKET,
    CADDY_WEBSOCKET,
    NGINX_WEBSOCKET,
    snippet,
)
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="upgrade-required-426",
        severity=Severity.ERROR,
        layer="http",
        title="The WebSocket server saw no upgrade request",
        explanation=(
            "426 Upgrade Required in answer to a proper handshake means that the server did not get it as one: "
            "something on the way took the Upgrade header out. The same status in answer to a plain GET is a sign of "
            "health."
        ),
        recognised=(
            "426 to the upgrade. When the direct route opens, upgrade-headers-stripped is the cause. Told apart from "
            "ws-version-unsupported by the absence of Sec-WebSocket-Version in the answer."
        ),
        fix=Fix("Pass Upgrade and Connection through every hop.", (NGINX_WEBSOCKET, APACHE_WEBSOCKET, CADDY_WEBSOCKET)),
        sources=("RFC 9110, sections 7.8 and 15.5.22", "websockets/ws#1656", "measured: websockets 17.4, ws 8.23"),
        browser=browser.status(426),
    ),
    Entry(
        code="ws-version-unsupported",
        severity=Severity.WARNING,
        layer="http",
        title="The server wants another WebSocket version",
        explanation=(
            "The server refuses Sec-WebSocket-Version: 13 or does not see it. Every browser sends 13, and no other "
            "version is in use, so the server is ancient or the header was changed on the way."
        ),
        recognised=(
            "426 or 400 with Sec-WebSocket-Version in answer to version 13. The same answer to version 99, as a probe "
            "sends it, is a sign of health. Told apart from proxy-drops-handshake-headers by the direct route."
        ),
        fix=Fix(
            "Serve version 13, and let no hop change Sec-WebSocket-Version.",
            (NGINX_WEBSOCKET, snippet("Node (a current ws; shell)", "npm install ws@8")),
        ),
        sources=("RFC 6455, sections 4.2.2 and 4.4", "measured: Tornado 6.6, ws 8.23"),
        browser="Console: “Unexpected response code: 426” or “400”.",
    ),
    Entry(
        code="server-error-in-handshake",
        severity=Severity.ERROR,
        layer="http",
        title="The server fails with an error in the handshake",
        explanation=(
            "The server answers the upgrade with a 5xx of its own. An exception is raised before the accept: in "
            "middleware, in authentication, or for want of a route (daphne answers 500 to an unknown path)."
        ),
        recognised=(
            "500 to the upgrade while plain GETs work, on the direct route too. Told apart from "
            "gateway-upstream-refused and gateway-bad-upstream-answer (502 to 504, written by a proxy)."
        ),
        fix=Fix(
            "Read the server's log for the handshake's exception.",
            (
                snippet("uvicorn (shell)", "uvicorn app:app --log-level debug"),
                snippet(
                    "Django Channels (asgi.py; an unknown path is an exception there)",
                    """
                    application = ProtocolTypeRouter({
                        "http": get_asgi_application(),
                        "websocket": URLRouter([re_path(r"^ws$", Consumer.as_asgi())]),
                    })
                    """,
                ),
            ),
        ),
        sources=("RFC 9110, section 15.6.1", "Channels documentation: Routing", "measured: daphne 4.2, Channels 4.3"),
        browser=browser.status(500),
    ),
    Entry(
        code="unexplained",
        severity=Severity.ERROR,
        layer="http",
        title="The WebSocket fails in a way not in the catalogue",
        explanation=(
            "The page cannot open or keep its socket, and no known cause fits what was observed. The evidence holds "
            "what was seen; wsdiag does not guess beyond it."
        ),
        recognised="The route fails and no other entry of the catalogue accounts for it.",
        fix=Fix(
            "Keep a recording with `wsdiag probe --record FILE` and send it.",
            (snippet("Shell", "wsdiag probe ws://{proxy}{path} --page {page} --record recording.json"),),
        ),
        sources=("RFC 6455, section 4.1",),
        browser="Whatever the failure shows; a page is told no reason before the opening.",
    ),
)
