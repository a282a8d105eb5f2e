"""Same-origin checks of the server that a proxy's headers mislead, and clients without an Origin."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import NGINX_WEBSOCKET, nginx_websocket, snippet
from diag.model import Fix, Severity

_CONSEQUENCES = ("origin-rejected", "auth-forbidden", "close-policy-or-app-auth", "origin-allowlist-typo")

ENTRIES = (
    Entry(
        code="origin-port-stripped",
        severity=Severity.ERROR,
        layer="origin",
        title="The proxy drops the port from Host",
        explanation=(
            "The server accepts an Origin that equals its Host header, and the proxy passes Host on without the port: "
            "in nginx $host is the name alone, $http_host is what the browser sent. On the default port the two are "
            "the same, so this shows on ports such as 8080 or 5173 only."
        ),
        recognised=(
            "Directly, the page's Origin opens with the page's own Host; through the proxy it is refused, and the "
            "same origin without its port opens. Told apart from origin-host-rewritten, where Host is another name "
            "altogether."
        ),
        fix=Fix(
            "Pass the Host header with its port.",
            (
                NGINX_WEBSOCKET,
                snippet("Apache httpd", "ProxyPreserveHost On"),
                snippet(
                    "Kubernetes ingress-nginx",
                    """
                    metadata:
                      annotations:
                        nginx.ingress.kubernetes.io/upstream-vhost: "{page_host}"
                    """,
                ),
            ),
        ),
        sources=(
            "nginx: Module ngx_http_core_module, variables $host and $http_host",
            "RFC 6454, section 4",
            "selkies-project/selkies#269",
        ),
        browser=browser.status(403),
        explains=(*_CONSEQUENCES, "origin-host-rewritten", "host-not-allowed"),
    ),
    Entry(
        code="origin-scheme-mismatch",
        severity=Severity.ERROR,
        layer="origin",
        title="The server believes that the page is plain http",
        explanation=(
            "TLS ends at the proxy, and the server compares Origin with an address that it builds itself. Nobody tells "
            "it that the outer connection was https, so it expects http:// and refuses the page's https:// origin. "
            "ActionCable and frameworks with a same-origin check do this."
        ),
        recognised=(
            "The page's https origin is refused, and the same handshake with “X-Forwarded-Proto: https” opens. Told "
            "apart from origin-rejected, where no header but Origin matters, and from origin-host-rewritten."
        ),
        fix=Fix(
            "Let the proxy that ends TLS send X-Forwarded-Proto, and let the server trust it.",
            (
                nginx_websocket(directives=("proxy_set_header X-Forwarded-Proto $scheme;",)),
                snippet(
                    "HAProxy",
                    """
                    frontend www
                        bind :8443 ssl crt /etc/ssl/site/haproxy.pem
                        http-request set-header X-Forwarded-Proto https
                        default_backend app

                    backend app
                        server app1 {backend}
                    """,
                ),
                snippet("Apache httpd (mod_headers)", 'RequestHeader set X-Forwarded-Proto "https"'),
                snippet(
                    "uvicorn (trust the proxy; shell)", "uvicorn app:app --proxy-headers --forwarded-allow-ips '*'"
                ),
                snippet("Rails (config/environments/production.rb)", "config.assume_ssl = true"),
            ),
        ),
        sources=(
            "Rails: ActionCable::Connection::Base#allow_request_origin?",
            "MDN: X-Forwarded-Proto",
            "uvicorn documentation: Settings, --proxy-headers",
        ),
        browser=browser.status(403),
        explains=(*_CONSEQUENCES, "ws-path-not-found", "server-lacks-ws-support"),
    ),
    Entry(
        code="origin-required",
        severity=Severity.INFO,
        layer="origin",
        title="The server refuses handshakes without an Origin",
        explanation=(
            "Browsers always send Origin; wscat, curl, monitors and most libraries do not, and this server refuses "
            "them. That is a sound choice, and it makes a healthy socket look broken from a shell."
        ),
        recognised=(
            "The page's handshake opens and the same without Origin does not. Told apart from origin-rejected, where "
            "the page's own origin is what the server refuses."
        ),
        fix=Fix(
            "Send the page's Origin with tools that probe the socket.",
            (snippet("wscat (shell)", "wscat -c ws://{proxy}{path} --origin {page}"),),
        ),
        sources=("RFC 6455, sections 4.1 and 10.2", "measured: Channels 4.3 with AllowedHostsOriginValidator"),
        browser=browser.TUNNEL_OPEN,
        degrades=False,
    ),
)
