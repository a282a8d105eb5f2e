"""What a reverse proxy does with the path: no route, another path, several upstreams."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import GATEWAY_DOWN, OTHER_PATH
from diag.catalogue._proxy_snippets import ALB_ROUTE, ENVOY_ROUTE, INGRESS_ROUTE, TRAEFIK_ROUTE
from diag.catalogue._snippets import (
    APACHE_WEBSOCKET,
    CADDY_WEBSOCKET,
    HAPROXY_ROUTE,
    NGINX_WEBSOCKET,
    VITE_PROXY,
    WEBPACK_PROXY,
    snippet,
)
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="proxy-route-missing",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy has no route for the WebSocket path",
        explanation=(
            "The proxy answers by itself: none of its rules sends this path to the backend. Most answer 404; a "
            "development server serves the application's shell to a GET and may leave the upgrade unanswered. Often "
            "the rules cover /api only, and the socket's path was added to the application later."
        ),
        recognised=(
            "404 with the proxy's own page or Server header for the upgrade and for a plain GET, or no answer to the "
            "upgrade and the shell for the GET; direct is 101. Told apart from ws-path-not-found, whose 404 is the "
            "backend's, and from spa-fallback-200, where the upgrade itself gets the shell."
        ),
        fix=Fix(
            "Add a route for {path} to the proxy.",
            (
                NGINX_WEBSOCKET,
                CADDY_WEBSOCKET,
                HAPROXY_ROUTE,
                APACHE_WEBSOCKET,
                TRAEFIK_ROUTE,
                ENVOY_ROUTE,
                INGRESS_ROUTE,
                ALB_ROUTE,
                WEBPACK_PROXY,
            ),
        ),
        sources=(
            "nginx: Module ngx_http_core_module, location",
            "Traefik documentation: User Guides, WebSocket",
            "AWS documentation: Application Load Balancers, listener rules and WebSockets",
            "RFC 9110, section 15.5.5",
        ),
        browser=browser.status(404),
        explains=("ws-path-not-found", "api-endpoint-missing", "rest-fallback-missing"),
    ),
    Entry(
        code="proxy-path-mismatch",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy hands the backend another path",
        explanation=(
            "The proxy strips a prefix that the backend expects, keeps one that it does not, or doubles it. In nginx "
            "a single slash decides: proxy_pass with a URI part, even just “/”, replaces the location's prefix. ASGI "
            "servers answer an unknown path with an empty 403, which is easily taken for an origin problem."
        ),
        recognised=(
            "Through the proxy the backend answers as it does for another path: asked directly with the prefix kept, "
            "stripped or doubled, the answer that matches tells which. Told apart from ws-path-not-found by the "
            "direct 101, and from origin-rejected by its indifference to Origin."
        ),
        fix=Fix(
            "Strip or keep the prefix on one side only.",
            (
                NGINX_WEBSOCKET,
                snippet(
                    "HAProxy (strip a prefix)",
                    """
                    backend app
                        http-request replace-path /prefix(/.*) \\1
                        server app1 {backend}
                    """,
                ),
                snippet(
                    "Caddy (handle keeps the prefix, handle_path strips it)",
                    """
                    handle {path} {
                        reverse_proxy {backend}
                    }
                    """,
                ),
                snippet("uvicorn (the proxy strips the prefix; shell)", "uvicorn app:app --root-path /prefix"),
                VITE_PROXY,
            ),
        ),
        sources=(
            "nginx: Module ngx_http_proxy_module, proxy_pass",
            "FastAPI documentation: Behind a Proxy",
            "fastapi/fastapi#572",
        ),
        browser=(
            "Console: “Unexpected response code: …” with the backend's answer for an unknown path, often 404 or 403."
        ),
        explains=(*OTHER_PATH, "proxy-access-denied", "proxy-route-missing", "ws-path-trailing-slash"),
    ),
    Entry(
        code="one-upstream-bad",
        severity=Severity.ERROR,
        layer="http",
        title="One of several backends is bad",
        explanation=(
            "The proxy spreads connections over several backends and one of them does not answer like the others, so "
            "the same handshake opens at one moment and fails at the next. The page reconnects and sometimes is "
            "lucky."
        ),
        recognised=(
            "Repeated handshakes alternate between 101 and another answer in no relation to their pace. Told apart "
            "from handshake-rate-limited, which begins with the burst and passes with a pause, and from "
            "connection-limit."
        ),
        fix=Fix(
            "Take the bad backend out and let health checks do so next time.",
            (
                snippet(
                    "HAProxy",
                    """
                    backend app
                        option httpchk GET /api/health
                        default-server check inter 2s fall 3 rise 2
                        server app1 {backend}
                        server app2 127.0.0.1:3001
                    """,
                ),
                snippet(
                    "nginx",
                    """
                    # in the http block
                    upstream app {
                        server {backend} max_fails=3 fail_timeout=10s;
                        server 127.0.0.1:3001 max_fails=3 fail_timeout=10s;
                    }
                    """,
                ),
                snippet(
                    "Kubernetes (pod)",
                    """
                    readinessProbe:
                      httpGet: { path: /api/health, port: 3000 }
                      periodSeconds: 5
                    """,
                ),
            ),
        ),
        sources=(
            "HAProxy configuration manual: option httpchk",
            "nginx: Module ngx_http_upstream_module, server",
        ),
        browser="Now open, now “Unexpected response code: …” or a refused handshake.",
        explains=(
            *GATEWAY_DOWN,
            "gateway-upstream-refused",
            "gateway-no-backend",
            "gateway-bad-upstream-answer",
            "gateway-upstream-timeout",
            "server-error-in-handshake",
            "ws-path-not-found",
            "tcp-reset-in-handshake",
            "accept-then-drop",
        ),
    ),
)
