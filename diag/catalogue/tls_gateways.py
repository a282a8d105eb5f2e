"""TLS between a reverse proxy and its backend; seen through the proxy only."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import GATEWAY_DOWN
from diag.catalogue._proxy_snippets import INGRESS_TLS, TRAEFIK_TLS
from diag.catalogue._snippets import nginx_websocket, snippet, vite_proxy
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="gateway-upstream-scheme-mismatch",
        severity=Severity.ERROR,
        layer="tls",
        title="The proxy uses the wrong scheme towards the backend",
        explanation=(
            "The proxy's target says https or wss and the backend speaks plain HTTP, or the other way round. nginx "
            "answers 502, Vite closes the socket with “EPROTO wrong version number” in its log. The scheme of the "
            "target is independent of the page's: TLS usually ends at the proxy."
        ),
        recognised=(
            "502 or an early end through the proxy, 101 on the direct route, and the direct scheme is not the one "
            "that the proxy uses. Told apart from gateway-upstream-refused, where the backend is down, and from "
            "gateway-upstream-tls, where the proxy does speak TLS and refuses the certificate."
        ),
        fix=Fix(
            "Give the proxy's target the scheme that the backend speaks.",
            (
                nginx_websocket(
                    where="nginx (the backend speaks TLS)",
                    target="https://{backend}",
                    directives=("proxy_ssl_server_name on;",),
                ),
                snippet(
                    "HAProxy (the backend speaks TLS)",
                    """
                    backend app
                        server app1 {backend} ssl verify required ca-file /etc/ssl/site/ca.pem
                    """,
                ),
                vite_proxy(
                    "target: 'wss://{backend}', ws: true", where="Vite (vite.config.ts, the backend speaks TLS)"
                ),
                vite_proxy("target: 'ws://{backend}', ws: true", where="Vite (vite.config.ts, the backend does not)"),
                nginx_websocket(where="nginx (the backend does not)"),
                INGRESS_TLS,
            ),
        ),
        sources=(
            "nginx: Module ngx_http_proxy_module, proxy_pass",
            "Vite documentation: Server Options, server.proxy",
            "measured: nginx 1.22.1, Vite 8.3.8",
        ),
        browser=f"Through nginx: “Unexpected response code: 502”. Through Vite: {browser.NO_ANSWER}",
        explains=(
            *GATEWAY_DOWN,
            "gateway-upstream-refused",
            "gateway-bad-upstream-answer",
            "gateway-no-backend",
            "vite-proxy-target-down",
            "plain-on-tls-port",
        ),
    ),
    Entry(
        code="gateway-upstream-tls",
        severity=Severity.ERROR,
        layer="tls",
        title="The proxy does not accept the backend's certificate",
        explanation=(
            "The proxy's target is TLS and its certificate is self-signed, expired or for another name, so the proxy "
            "refuses to forward anything. A developer who has clicked through the warning sees the direct address "
            "work."
        ),
        recognised=(
            "502 or an early end through the proxy only, while the backend answers TLS with a certificate that fails "
            "verification. Told apart from gateway-upstream-scheme-mismatch by the TLS that is there."
        ),
        fix=Fix(
            "Make the proxy trust the CA that signed the backend's certificate.",
            (
                snippet("Vite (trust the CA; shell)", "NODE_EXTRA_CA_CERTS=ca.pem npm run dev"),
                vite_proxy(
                    "target: 'wss://{backend}', ws: true, secure: false",
                    where="Vite (vite.config.ts, development only)",
                ),
                snippet(
                    "nginx",
                    """
                    # in the server block
                    proxy_ssl_trusted_certificate /etc/ssl/site/ca.pem;
                    proxy_ssl_verify on;
                    proxy_ssl_server_name on;
                    """,
                ),
                snippet(
                    "HAProxy",
                    """
                    backend app
                        server app1 {backend} ssl verify required ca-file /etc/ssl/site/ca.pem
                    """,
                ),
                TRAEFIK_TLS,
            ),
        ),
        sources=(
            "nginx: Module ngx_http_proxy_module, proxy_ssl_verify",
            "http-proxy documentation: option “secure”",
        ),
        browser=f"“Unexpected response code: 502”, or through Vite: {browser.NO_ANSWER}",
        explains=(*GATEWAY_DOWN, "gateway-upstream-refused", "gateway-bad-upstream-answer", "vite-proxy-target-down"),
    ),
)
