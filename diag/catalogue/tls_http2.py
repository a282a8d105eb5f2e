"""Ports that speak HTTP/2 and not HTTP/1.1, or speak it and fail."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="alpn-h2-only",
        severity=Severity.ERROR,
        layer="tls",
        title="The TLS port offers HTTP/2 only",
        explanation=(
            "The server selects h2 by ALPN, not http/1.1, and its SETTINGS do not announce extended CONNECT (RFC "
            "8441), so a browser has no way to open a WebSocket there. HTTP/2 as such is no fault: where http/1.1 can "
            "be selected as well, browsers open a second connection with it."
        ),
        recognised=(
            "ALPN with http/1.1 alone is refused, and SETTINGS_ENABLE_CONNECT_PROTOCOL (0x8) is absent. Told apart "
            "from tls-handshake-failed by the success with h2, and from http2-only-port by TLS."
        ),
        fix=Fix(
            "Let the server accept http/1.1 by ALPN beside h2, or enable RFC 8441.",
            (
                snippet(
                    "HAProxy",
                    """
                    frontend www
                        bind :8443 ssl crt /etc/ssl/site/haproxy.pem alpn h2,http/1.1
                        default_backend app

                    backend app
                        server app1 {backend} ws h1
                    """,
                ),
                snippet(
                    "Envoy (http_connection_manager, RFC 8441)",
                    """
                    http2_protocol_options:
                      allow_connect: true
                    upgrade_configs:
                      - upgrade_type: websocket
                    """,
                ),
                snippet(
                    "Node (http2 server)",
                    """
                    const server = http2.createSecureServer({ key, cert, allowHTTP1: true })
                    """,
                ),
            ),
        ),
        sources=(
            "RFC 7301, section 3",
            "RFC 8441, sections 3 and 4",
            "HAProxy configuration manual: server option “ws”",
            "istio/istio#33534",
            "vitejs/vite#1653",
        ),
        browser=f"Console: a net::ERR_… line of the TLS handshake or of HTTP. {browser.CLOSES_1006}",
        explains=("http2-only-port", "tls-handshake-failed", "port-wrong-protocol", "tcp-reset-in-handshake"),
    ),
    Entry(
        code="h2-connect-advertised-but-broken",
        severity=Severity.ERROR,
        layer="tls",
        title="WebSockets over HTTP/2 are announced and fail",
        explanation=(
            "The server's HTTP/2 SETTINGS announce extended CONNECT (RFC 8441), so a browser that has loaded the page "
            "over HTTP/2 opens the socket on that connection. There the server refuses it, while the HTTP/1.1 upgrade "
            "of curl, wscat and every library works. Often a proxy announces what the server behind it cannot do."
        ),
        recognised=(
            "SETTINGS_ENABLE_CONNECT_PROTOCOL is 1 and an extended CONNECT is reset or answered with an error, while "
            "the HTTP/1.1 handshake gets 101. Told apart from alpn-h2-only, where HTTP/1.1 cannot be chosen at all."
        ),
        fix=Fix(
            "Let the proxy turn extended CONNECT into an HTTP/1.1 upgrade, or stop announcing it.",
            (
                snippet(
                    "HAProxy (global: stop announcing it)",
                    """
                    global
                        h2-workaround-bogus-websocket-clients
                    """,
                ),
                snippet(
                    "HAProxy (towards the backend: always HTTP/1.1)",
                    """
                    backend app
                        server app1 {backend} ws h1
                    """,
                ),
                snippet(
                    "Envoy (http_connection_manager: bridge it)",
                    """
                    http2_protocol_options:
                      allow_connect: true
                    upgrade_configs:
                      - upgrade_type: websocket
                    """,
                ),
                snippet(
                    "Node (http2 server: do not announce it)",
                    """
                    const server = http2.createSecureServer({
                      key, cert, allowHTTP1: true, settings: { enableConnectProtocol: false },
                    })
                    """,
                ),
            ),
        ),
        sources=(
            "RFC 8441, sections 3 to 5",
            "HAProxy configuration manual: h2-workaround-bogus-websocket-clients; server option “ws”",
            "Start9Labs/start-technologies#3775",
            "vercel-labs/portless#363",
        ),
        browser=f"Console: “WebSocket connection to '…' failed”. {browser.CLOSES_1006}",
    ),
    Entry(
        code="http2-only-port",
        severity=Severity.ERROR,
        layer="tls",
        title="The port accepts HTTP/2 only",
        explanation=(
            "An HTTP/1.1 request gets an HTTP/2 SETTINGS frame or nothing, while the HTTP/2 preface is answered. A "
            "browser's ws:// handshake is always HTTP/1.1, so it cannot open a socket there. Servers for gRPC and "
            "clear-text HTTP/2 (h2c) behave like this."
        ),
        recognised=(
            "The HTTP/2 preface is answered with SETTINGS and HTTP/1.1 is not. Told apart from port-wrong-protocol by "
            "that answer, and from alpn-h2-only by the absence of TLS."
        ),
        fix=Fix(
            "Enable HTTP/1.1 on the port, or give the WebSocket a port that speaks it.",
            (
                snippet(
                    "Hypercorn (shell; serves HTTP/1.1 and HTTP/2)",
                    "hypercorn app:app --bind 0.0.0.0:3000",
                ),
                snippet(
                    "Node (HTTP/1.1 beside the HTTP/2 server)",
                    """
                    const server = http.createServer(app)
                    const sockets = new WebSocketServer({ server, path: '{path}' })
                    server.listen(3000)
                    """,
                ),
                snippet(
                    "Envoy (listener, http_connection_manager)",
                    """
                    codec_type: AUTO
                    upgrade_configs:
                      - upgrade_type: websocket
                    """,
                ),
            ),
        ),
        sources=("RFC 9113, section 3.4 (connection preface)", "RFC 8441, section 1"),
        browser=browser.console("net::ERR_INVALID_HTTP_RESPONSE"),
        explains=(
            "port-wrong-protocol",
            "tcp-reset-in-handshake",
            "backend-hang",
            "rest-unreachable",
            "rest-timeout",
        ),
    ),
)
