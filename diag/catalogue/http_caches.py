"""Hops that treat the handshake as something to store, or read it on the way."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import NO_UPGRADE_SEEN
from diag.catalogue._snippets import nginx_websocket, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="cdn-cached-handshake",
        severity=Severity.ERROR,
        layer="http",
        title="A cache answers the handshake",
        explanation=(
            "A CDN or cache takes the handshake for an ordinary GET and answers it with what it has stored. Every "
            "handshake has a key of its own, so no stored answer can fit: it is an old error or page, or a 101 whose "
            "Sec-WebSocket-Accept belongs to somebody else's key. The backend never sees the request."
        ),
        recognised=(
            "The answer has an Age above 0 or says HIT (X-Cache, CF-Cache-Status) while the backend itself opens, or "
            "different keys get the same Sec-WebSocket-Accept through a cache. Told apart from cdn-blocks-websocket "
            "and accept-wrong by these marks."
        ),
        fix=Fix(
            "Exempt {path} from caching, and purge what is stored for it.",
            (
                snippet(
                    "Cloudflare (cache rule: Bypass cache, expression)", 'starts_with(http.request.uri.path, "{path}")'
                ),
                nginx_websocket(directives=("proxy_cache off;",)),
                snippet(
                    "Varnish (VCL)",
                    """
                    sub vcl_recv {
                        if (req.http.upgrade ~ "(?i)websocket") {
                            return (pipe);
                        }
                    }
                    sub vcl_pipe {
                        set bereq.http.upgrade = req.http.upgrade;
                        set bereq.http.connection = req.http.connection;
                    }
                    """,
                ),
                snippet(
                    "CloudFront (shell; CachingDisabled, and the origin request policy AllViewer)",
                    """
                    aws cloudfront get-distribution-config --id "$DISTRIBUTION" \\
                      --query 'DistributionConfig.CacheBehaviors.Items[].[PathPattern,CachePolicyId]'
                    """,
                ),
            ),
        ),
        sources=(
            "RFC 9111, section 5.1 (Age)",
            "Cloudflare documentation: Default cache behavior, cf-cache-status",
            "Varnish documentation: Using Varnish with WebSockets",
            "Amazon CloudFront documentation: Using WebSockets with CloudFront distributions",
        ),
        browser="Console: “Unexpected response code: …”, or “Incorrect 'Sec-WebSocket-Accept' header value”.",
        explains=(
            *NO_UPGRADE_SEEN,
            "accept-wrong",
            "upgrade-headers-stripped",
            "connection-header-not-upgrade",
            "cdn-blocks-websocket",
            "proxy-route-missing",
            "proxy-access-denied",
            "proxy-path-mismatch",
            "wrong-server-on-port",
        ),
    ),
    Entry(
        code="middlebox-strips-upgrade",
        severity=Severity.ERROR,
        layer="http",
        title="The upgrade is lost over ws and passes over wss",
        explanation=(
            "In clear, every hop reads and rewrites the request: company proxies, virus scanners, mobile networks, "
            "and the server's own site on port 80 drop the Upgrade header as the hop-by-hop header it is. Under TLS "
            "nobody between browser and server can. Whether it fails depends on the network that the user is in."
        ),
        recognised=(
            "The ws URL gets exactly what the same host answers over wss to a request without Upgrade, and wss opens. "
            "Told apart from upgrade-headers-stripped, where wss of the same host fails as well, and from "
            "redirect-to-https."
        ),
        fix=Fix(
            "Open wss://{host}{path}; it is the only way through hops that are not yours.",
            (
                snippet(
                    "Browser code",
                    """
                    const socket = new WebSocket('wss://{host}{path}')
                    """,
                ),
                nginx_websocket(where="nginx (if the site on port 80 is yours)"),
            ),
        ),
        sources=("RFC 6455, section 1.8", "ehazlett/shipyard#610", "eclipse-che/che#17280"),
        browser="Console: “Unexpected response code: …” in some networks only, often 404, 400 or 426.",
        explains=(
            *NO_UPGRADE_SEEN,
            "upgrade-headers-stripped",
            "connection-header-not-upgrade",
            "location-shadowed",
            "proxy-path-mismatch",
            "proxy-route-missing",
        ),
    ),
    Entry(
        code="method-not-get",
        severity=Severity.INFO,
        layer="http",
        title="The path takes other methods than GET",
        explanation=(
            "The answer's Allow header has no GET in it, and a WebSocket handshake is always one. The path belongs to "
            "a REST route, such as one that takes POST, and the socket is elsewhere."
        ),
        recognised=(
            "405 to the upgrade, with an Allow header that lacks GET. Told apart from server-lacks-ws-support, which "
            "says that nothing takes upgrades, by that header."
        ),
        fix=Fix("Open the path that the server serves the socket at."),
        sources=("RFC 9110, section 15.5.6", "RFC 6455, section 4.1"),
        browser=browser.status(405),
        degrades=False,
    ),
)
