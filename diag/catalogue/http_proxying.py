"""A reverse proxy's own rules and protocols in front of the backend."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import REFUSED_BY_POLICY
from diag.catalogue._snippets import nginx_websocket, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="proxy-access-denied",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy itself denies access",
        explanation=(
            "The 403 is written by the proxy: an access list, an address rule or a filter forbids the path. The "
            "backend never sees the request, so its logs are empty. A 403 is not an origin problem until proven."
        ),
        recognised=(
            "403 with the proxy's own page or Server header, whatever the Origin and the credentials; direct is 101. "
            "Told apart from origin-rejected and auth-forbidden by that invariance and by who wrote the answer."
        ),
        fix=Fix(
            "Allow the path in the proxy's access rules.",
            (
                nginx_websocket(directives=("allow all;",)),
                snippet(
                    "HAProxy",
                    """
                    frontend www
                        bind :8080
                        http-request allow if { path_beg {path} }
                        default_backend app

                    backend app
                        server app1 {backend}
                    """,
                ),
                snippet(
                    "Apache httpd",
                    """
                    <Location "{path}">
                        Require all granted
                    </Location>
                    """,
                ),
            ),
        ),
        sources=("RFC 9110, section 15.5.4", "nginx: Module ngx_http_access_module"),
        browser=browser.status(403),
        explains=REFUSED_BY_POLICY,
    ),
    Entry(
        code="proxy-protocol-unexpected",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy sends a PROXY protocol line unexpectedly",
        explanation=(
            "The proxy prefixes each connection with a PROXY protocol header and the backend takes it for the request "
            "line. It answers every request with 400, or closes."
        ),
        recognised=(
            "Through the proxy every request, REST included, gets the backend's answer to a garbled request; directly "
            "all is well. Told apart from gateway-bad-upstream-answer, where the proxy itself answers 502."
        ),
        fix=Fix(
            "Use the PROXY protocol on both sides or on none.",
            (
                snippet(
                    "HAProxy (no send-proxy)",
                    """
                    backend app
                        server app1 {backend}
                    """,
                ),
                snippet(
                    "nginx (as the backend, accepting it)",
                    """
                    # in the http block
                    server {
                        listen 8080 proxy_protocol;
                        set_real_ip_from 127.0.0.1;
                        real_ip_header proxy_protocol;
                    }
                    """,
                ),
            ),
        ),
        sources=("HAProxy: The PROXY protocol, versions 1 and 2", "nginx: Accepting the PROXY Protocol"),
        browser=browser.status(400),
        explains=(
            "gateway-bad-upstream-answer",
            "tcp-reset-in-handshake",
            "rest-unhealthy",
            "rest-bad-request",
            "rest-gateway-error",
            "rest-unreachable",
            "cors-origin-not-allowed",
            "cors-preflight-rejected",
            "cors-missing-on-errors",
        ),
    ),
    Entry(
        code="cdn-blocks-websocket",
        severity=Severity.ERROR,
        layer="http",
        title="The CDN blocks the WebSocket",
        explanation=(
            "A CDN in front of the origin answers the upgrade itself: WebSockets are switched off for the zone, or a "
            "firewall or bot rule challenges a request that no person can answer. The origin never sees it."
        ),
        recognised=(
            "The CDN's headers (cf-ray, server: cloudflare) on a 400, 403 or 5xx, a challenge as the body, and 101 at "
            "the origin. A status of 52x means the leg from the CDN to the origin failed. Told apart from "
            "proxy-access-denied by these headers."
        ),
        fix=Fix(
            "Enable WebSockets for the zone and exempt {path} from firewall, bot and cache rules.",
            (
                snippet(
                    "Cloudflare (shell)",
                    """
                    curl -X PATCH "https://api.cloudflare.com/client/v4/zones/$ZONE_ID/settings/websockets" \\
                      -H "Authorization: Bearer $API_TOKEN" -H "Content-Type: application/json" \\
                      --data '{"value":"on"}'
                    """,
                ),
                snippet(
                    "Cloudflare (WAF custom rule: Skip, expression)", 'starts_with(http.request.uri.path, "{path}")'
                ),
            ),
        ),
        sources=("Cloudflare documentation: Network, WebSockets", "websockets/ws#2277"),
        browser="Console: “Unexpected response code: …” with the CDN's status.",
        explains=(
            *REFUSED_BY_POLICY,
            "proxy-access-denied",
            "upgrade-headers-stripped",
            "server-error-in-handshake",
            "gateway-upstream-refused",
            "gateway-no-backend",
            "gateway-upstream-timeout",
            "rest-gateway-error",
        ),
    ),
)
