"""What proxies do to Origin and Host."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._proxy_snippets import TRAEFIK_ROUTE
from diag.catalogue._snippets import NGINX_WEBSOCKET, VITE_PROXY, snippet, vite_proxy
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="origin-host-rewritten",
        severity=Severity.ERROR,
        layer="origin",
        title="The proxy rewrites Host, so Origin no longer matches",
        explanation=(
            "The server accepts an Origin whose host equals the Host header, and the proxy replaces Host with its "
            "upstream's name. The page's perfectly good Origin then looks foreign. Vite's changeOrigin: true does "
            "exactly this, in spite of its name: it changes Host and leaves Origin alone."
        ),
        recognised=(
            "403 through the proxy with the page's Origin; direct, an Origin equal to the Host gets 101. Told apart "
            "from origin-rejected by the same-origin check, and from origin-rewritten-by-proxy, where Origin is what "
            "changes."
        ),
        fix=Fix(
            "Let the proxy pass the original Host header.",
            (
                NGINX_WEBSOCKET,
                vite_proxy("target: 'ws://{backend}', ws: true, changeOrigin: false"),
                snippet("Apache httpd", "ProxyPreserveHost On"),
                TRAEFIK_ROUTE,
            ),
        ),
        sources=(
            "nginx: Module ngx_http_proxy_module, proxy_set_header",
            "http-party/node-http-proxy#1669",
            "amiantos/lurker#580",
            "powerfooI/herdr-studio#22",
            "selkies-project/selkies#269",
            "measured: Vite 8.3.8, nginx 1.22.1",
        ),
        browser=browser.status(403),
        explains=("origin-rejected", "auth-forbidden", "close-policy-or-app-auth", "host-not-allowed"),
    ),
    Entry(
        code="origin-rewritten-by-proxy",
        severity=Severity.ERROR,
        layer="origin",
        title="The proxy replaces the Origin header",
        explanation=(
            "The server has an allow-list that holds the page's origin, and the proxy puts another one in its place, "
            "so the server rejects it. Such a line was often added to get past an earlier rejection."
        ),
        recognised=(
            "Direct with the page's Origin 101; through the proxy 403, and direct with the upstream's own origin 403 "
            "as well. Told apart from origin-host-rewritten, where Host is what changes."
        ),
        fix=Fix(
            "Remove the line that sets Origin in the proxy; it passes on by itself.",
            (
                NGINX_WEBSOCKET,
                vite_proxy("target: 'ws://{backend}', ws: true, rewriteWsOrigin: false"),
            ),
        ),
        sources=("RFC 6455, section 10.2", "Vite documentation: Server Options, server.proxy"),
        browser=browser.status(403),
        explains=("origin-rejected", "auth-forbidden", "close-policy-or-app-auth", "origin-required"),
    ),
    Entry(
        code="dev-proxy-erases-origin",
        severity=Severity.ERROR,
        layer="origin",
        title="The development proxy hides foreign origins",
        explanation=(
            "The proxy rewrites every Origin to its target's (rewriteWsOrigin: true in Vite), so the server's own "
            "check passes for any website that reaches the proxy. It makes development work and takes the protection "
            "against cross-site hijacking away."
        ),
        recognised=(
            "A foreign Origin gets 403 directly and 101 through the proxy. Told apart from cswsh-open, where the "
            "server itself lets it in."
        ),
        fix=Fix(
            "Remove rewriteWsOrigin and list the development origin on the server.",
            (
                VITE_PROXY,
                snippet(
                    "Vite (vite.config.ts, if it must stay: loopback only)",
                    """
                    export default defineConfig({
                      server: { host: '127.0.0.1' },
                    })
                    """,
                ),
            ),
        ),
        sources=("Vite documentation: Server Options, server.proxy (rewriteWsOrigin)", "measured: Vite 8.3.8"),
        browser=browser.TUNNEL_OPEN,
        degrades=False,
    ),
)
