"""Limits of rate, number and size on the handshake."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._consequences import SESSION_OVER
from diag.catalogue._snippets import nginx_websocket, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="handshake-rate-limited",
        severity=Severity.ERROR,
        layer="http",
        title="Handshakes are rate-limited",
        explanation=(
            "A rate limit counts handshakes: the first ones open and the next are refused. A page that reconnects "
            "without a growing delay keeps itself locked out, and several tabs or users behind one address share the "
            "limit."
        ),
        recognised=(
            "In a burst the first handshake opens and later ones get 429 or 503, perhaps with Retry-After; after a "
            "pause it opens again. Told apart from connection-limit, which depends on sessions that are open, and "
            "from one-upstream-bad, which alternates."
        ),
        fix=Fix(
            "Give the WebSocket path a limit of its own, and let the page back off with jitter.",
            (
                nginx_websocket(
                    http="limit_req_zone $binary_remote_addr zone=handshakes:10m rate=10r/s;",
                    directives=("limit_req zone=handshakes burst=50 nodelay;", "limit_req_status 429;"),
                ),
                snippet(
                    "Browser code (full jitter)",
                    """
                    const ceiling = Math.min(30_000, 1_000 * 2 ** attempt)
                    setTimeout(connect, Math.random() * ceiling)
                    """,
                ),
            ),
        ),
        sources=(
            "RFC 6585, section 4",
            "RFC 6455, section 7.2.3",
            "nginx: Module ngx_http_limit_req_module",
            "grafana/k6#2711",
            "measured: nginx 1.22.1",
        ),
        browser="Console: “Unexpected response code: 429” or “503”.",
        explains=("rest-unhealthy", "rest-rate-limited", "cors-missing-on-errors"),
    ),
    Entry(
        code="connection-limit",
        severity=Severity.ERROR,
        layer="http",
        title="The limit of open connections is reached",
        explanation=(
            "The server or proxy accepts only so many sessions at once and refuses the next. Sessions that were never "
            "closed count as well: a page that opens a second socket on every render uses the limit up by itself."
        ),
        recognised=(
            "503, 429 or Close 1013 only while other sessions are open; it opens when they are gone. Told apart from "
            "handshake-rate-limited, which passes with time alone."
        ),
        fix=Fix(
            "Raise the limit, and make sure that the page closes its sockets.",
            (
                nginx_websocket(
                    http="limit_conn_zone $binary_remote_addr zone=sessions:10m;",
                    directives=("limit_conn sessions 100;", "limit_conn_status 429;"),
                ),
                snippet(
                    "HAProxy",
                    """
                    backend app
                        timeout queue 5s
                        server app1 {backend} maxconn 1000
                    """,
                ),
                snippet("uvicorn (shell)", "uvicorn app:app --limit-concurrency 1000"),
                snippet(
                    "React",
                    """
                    useEffect(() => {
                      const socket = new WebSocket(url)
                      return () => socket.close()
                    }, [url])
                    """,
                ),
            ),
        ),
        sources=(
            "nginx: Module ngx_http_limit_conn_module",
            "HAProxy configuration manual: server option “maxconn”",
            "IANA WebSocket Close Code Number Registry: 1013",
            "robtaussig/react-use-websocket#138",
        ),
        browser="Console: “Unexpected response code: 503” (or 429), or close 1013 after the opening.",
        explains=(
            *SESSION_OVER,
            "handshake-rate-limited",
            "gateway-no-backend",
            "gateway-upstream-timeout",
            "close-restart",
            "rest-unhealthy",
            "rest-gateway-error",
            "cors-missing-on-errors",
        ),
    ),
    Entry(
        code="request-headers-too-large",
        severity=Severity.ERROR,
        layer="http",
        title="The request's headers are too large",
        explanation=(
            "The handshake carries more header bytes than the server accepts, as a rule because of cookies that have "
            "piled up on the host, or a token in the URL. Only some users are hit, and private windows work."
        ),
        recognised=(
            "431 (Node, Vite), 400 “Request Header Or Cookie Too Large” (nginx) or no answer (uvicorn), and the same "
            "handshake without cookies opens. Told apart from auth-required and backend-hang by that second try."
        ),
        fix=Fix(
            "Remove the surplus cookies, and raise the server's limit where it must be.",
            (
                snippet(
                    "nginx",
                    """
                    # in the server block
                    large_client_header_buffers 4 32k;
                    """,
                ),
                snippet("Node (shell)", "node --max-http-header-size=32768 server.js"),
                snippet("uvicorn (shell)", "uvicorn app:app --http h11 --h11-max-incomplete-event-size 65536"),
            ),
        ),
        sources=(
            "RFC 6585, section 5",
            "nginx: Module ngx_http_core_module, large_client_header_buffers",
            "measured: Node 20, Vite 8.3.8, nginx 1.22.1, uvicorn 0.54",
        ),
        browser="Console: “Unexpected response code: 431” or “400”.",
        explains=("backend-hang", "rest-unhealthy", "rest-timeout", "rest-bad-request"),
    ),
)
