"""A valid 101 that comes late, in an old version, or leads nowhere."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import SILENT_SESSION
from diag.catalogue._snippets import NGINX_WEBSOCKET, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="handshake-slow",
        severity=Severity.WARNING,
        layer="handshake",
        title="The handshake is slow",
        explanation=(
            "The 101 comes much later than the network's round trips account for. Something works before the accept: "
            "a name lookup, a database, an authentication service. The page stays without updates until then."
        ),
        recognised=(
            "The time from the request to the 101 is far above that of TCP and TLS; proxy minus direct shows which "
            "hop it is. Told apart from backend-event-loop-blocked, which slows everything down together."
        ),
        fix=Fix(
            "Accept first and do the slow work afterwards, or make it faster.",
            (
                snippet(
                    "Starlette or FastAPI",
                    """
                    await websocket.accept()
                    profile = await load_profile(websocket)  # after the accept, not before it
                    """,
                ),
            ),
        ),
        sources=("RFC 6455, section 4.2.2",),
        browser="The socket stays in CONNECTING for that time and then opens.",
        degrades=False,
    ),
    Entry(
        code="http-1-0-101",
        severity=Severity.INFO,
        layer="handshake",
        title="The 101 has an HTTP/1.0 status line",
        explanation=(
            "The answer says HTTP/1.0 101. Chromium accepts it, the protocol does not provide for it, and stricter "
            "clients may refuse. A proxy that speaks HTTP/1.0 to the backend is the usual source."
        ),
        recognised="The version of the status line. Told apart from upstream-http-1-0, where the backend refuses.",
        fix=Fix("Make the proxy speak HTTP/1.1 to the backend.", (NGINX_WEBSOCKET,)),
        sources=("RFC 6455, section 4.2.2", "measured: Chromium 156"),
        browser=browser.TUNNEL_OPEN,
        degrades=False,
    ),
    Entry(
        code="tunnel-stalled",
        severity=Severity.ERROR,
        layer="handshake",
        title="The proxy accepts the socket and carries no data",
        explanation=(
            "Both routes answer 101, but through the proxy nothing arrives afterwards, in either direction. The "
            "proxy, or a filter in it, understood the handshake and not the tunnel: it buffers, or waits for an end "
            "of the response that never comes."
        ),
        recognised=(
            "The direct route delivers greeting, pushes or answers and the proxied one delivers nothing. Told apart "
            "from ws-connected-but-no-updates and heartbeat-unanswered, which show on the direct route as well."
        ),
        fix=Fix(
            "Let the proxy tunnel the path after the 101 instead of treating it as a response.",
            (
                NGINX_WEBSOCKET,
                snippet(
                    "ModSecurity (exempt the path)",
                    """
                    SecRule REQUEST_URI "@beginsWith {path}" "id:10001,phase:1,pass,nolog,ctl:ruleEngine=Off"
                    """,
                ),
                snippet(
                    "Envoy (http_connection_manager)",
                    """
                    upgrade_configs:
                      - upgrade_type: websocket
                    """,
                ),
            ),
        ),
        sources=("RFC 9110, section 7.8", "RFC 6455, section 1.3"),
        browser=browser.TUNNEL_OPEN,
        explains=(
            *SILENT_SESSION,
            "proxy-delays-frames",
            "server-keepalive-timeout",
            "close-abnormal-1006",
            "accept-then-drop",
        ),
    ),
)
