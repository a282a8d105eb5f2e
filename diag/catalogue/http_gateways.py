"""A reverse proxy that answers 502, 503 or 504 in the backend's place."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import GATEWAY_DOWN
from diag.catalogue._proxy_snippets import ALB_HEALTH, ALB_HTTP1, KUBERNETES_ENDPOINTS, TRAEFIK_ROUTE
from diag.catalogue._snippets import LISTENERS, NGINX_TIMEOUTS, NGINX_WEBSOCKET, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="gateway-upstream-refused",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy cannot connect to the backend",
        explanation=(
            "The proxy is up and its target refuses connections: the backend is down, listens on another port, or is "
            "bound to an address that the proxy cannot reach. nginx and Caddy answer 502, HAProxy 503 after its "
            "retries, Apache 503 at once."
        ),
        recognised=(
            "502 or 503 from the proxy, for REST as well, and the backend's own address refuses. Told apart from "
            "gateway-upstream-timeout (504 after a wait), gateway-no-backend (an empty pool), and "
            "gateway-bad-upstream-answer (the backend is up)."
        ),
        fix=Fix(
            "Start the backend, or correct the proxy's target to where it listens.",
            (
                NGINX_WEBSOCKET,
                LISTENERS,
                snippet(
                    "Docker (the target's name inside the network; shell)",
                    "docker compose exec proxy getent hosts backend",
                ),
                TRAEFIK_ROUTE,
                KUBERNETES_ENDPOINTS,
            ),
        ),
        sources=(
            "RFC 9110, sections 15.6.3 and 15.6.4",
            "measured: nginx 1.22.1, Caddy 2.6.2, HAProxy 2.6.12, Apache httpd 2.4.71",
        ),
        browser="Console: “Unexpected response code: 502” or “503”.",
        explains=GATEWAY_DOWN,
    ),
    Entry(
        code="gateway-no-backend",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy has no healthy backend to choose",
        explanation=(
            "The pool is empty: every server in it is marked down by health checks, or none is configured. The "
            "backend may be alive and merely fail a health check that asks for the wrong path."
        ),
        recognised=(
            "503 at once, with “No server is available” (HAProxy) or the like. Told apart from "
            "gateway-upstream-refused by the speed and the wording, and from connection-limit, which passes when "
            "other sessions end."
        ),
        fix=Fix(
            "Correct the pool's members and the path of its health check.",
            (
                snippet(
                    "HAProxy",
                    """
                    backend app
                        option httpchk GET /api/health
                        http-check expect status 200
                        server app1 {backend} check
                    """,
                ),
                KUBERNETES_ENDPOINTS,
                ALB_HEALTH,
            ),
        ),
        sources=(
            "RFC 9110, section 15.6.4",
            "HAProxy configuration manual: option httpchk",
            "measured: HAProxy 2.6.12",
        ),
        browser=browser.status(503),
        explains=(*GATEWAY_DOWN, "gateway-upstream-refused"),
    ),
    Entry(
        code="gateway-upstream-timeout",
        severity=Severity.ERROR,
        layer="http",
        title="The backend does not answer the proxy in time",
        explanation=(
            "The proxy reached the backend and waited for the handshake's answer until its own timeout. The backend's "
            "accept loop or event loop is stuck; a longer timeout would only make the wait longer."
        ),
        recognised=(
            "504 after proxy_read_timeout or timeout server; the direct route hangs as well. Told apart from "
            "gateway-upstream-refused by the wait, and from backend-hang by the proxy that puts an end to it."
        ),
        fix=Fix(
            "Find what blocks the backend; the proxy's timeout is only the messenger.",
            (
                snippet("Python (where is it stuck; shell)", "py-spy dump --pid $(pgrep -of uvicorn)"),
                snippet(
                    "Python asyncio (name slow callbacks)",
                    """
                    import asyncio

                    asyncio.get_running_loop().set_debug(True)
                    """,
                ),
                NGINX_TIMEOUTS,
            ),
        ),
        sources=(
            "RFC 9110, section 15.6.5",
            "nginx: Module ngx_http_proxy_module, proxy_read_timeout",
            "measured: nginx 1.22.1, HAProxy 2.6.12",
        ),
        browser=browser.status(504),
        explains=(*GATEWAY_DOWN, "rest-timeout"),
    ),
    Entry(
        code="gateway-bad-upstream-answer",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy and the backend do not understand each other",
        explanation=(
            "The proxy answers 502 at once although the backend is up: it spoke a protocol that the backend does not, "
            "such as HTTP/2 to an HTTP/1.1 server, or it got an answer that it could not parse. Its error log names "
            "the bytes that it did not like."
        ),
        recognised=(
            "502 without delay, and the backend's own address opens. Told apart from gateway-upstream-refused by the "
            "backend that is up, and from the TLS causes (gateway-upstream-scheme-mismatch, gateway-upstream-tls)."
        ),
        fix=Fix(
            "Make the proxy speak HTTP/1.1 to this backend.",
            (
                snippet(
                    "HAProxy (no proto h2)",
                    """
                    backend app
                        server app1 {backend} ws h1
                    """,
                ),
                snippet(
                    "Caddy",
                    """
                    reverse_proxy {path} {backend} {
                        transport http {
                            versions 1.1
                        }
                    }
                    """,
                ),
                snippet(
                    "Envoy (cluster)",
                    """
                    typed_extension_protocol_options:
                      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                        explicit_http_config:
                          http_protocol_options: {}
                    """,
                ),
                NGINX_WEBSOCKET,
                ALB_HTTP1,
            ),
        ),
        sources=(
            "RFC 9110, section 15.6.3",
            "HAProxy configuration manual: server options “proto” and “ws”",
            "Caddy documentation: reverse_proxy, the http transport",
        ),
        browser=browser.status(502),
        explains=GATEWAY_DOWN,
    ),
)
