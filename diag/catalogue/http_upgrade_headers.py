"""What a reverse proxy does to the handshake's headers and version."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import NO_UPGRADE_SEEN
from diag.catalogue._proxy_snippets import INGRESS_UPGRADE
from diag.catalogue._snippets import APACHE_WEBSOCKET, ENVOY_WEBSOCKET, HAPROXY_ROUTE, NGINX_WEBSOCKET, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="upgrade-headers-stripped",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy drops the Upgrade header",
        explanation=(
            "Upgrade and Connection are hop-by-hop headers: a proxy consumes them unless it is told to pass them on. "
            "The backend then sees a plain GET and answers it as such: 404, 400, 426, or a page. The proxy_set_header "
            "lines are needed on every version of nginx, and a location with any of its own inherits none from above."
        ),
        recognised=(
            "The answer through the proxy equals the backend's direct answer to the same GET without Upgrade, and the "
            "direct upgrade gets 101. Told apart from connection-header-not-upgrade by the direct answer to Upgrade "
            "with “Connection: close”, and from ws-path-not-found by the direct 101."
        ),
        fix=Fix(
            "Pass Upgrade and Connection to the backend in the proxy's rule for {path}.",
            (NGINX_WEBSOCKET, APACHE_WEBSOCKET, ENVOY_WEBSOCKET, INGRESS_UPGRADE),
        ),
        sources=(
            "RFC 9110, sections 7.6.1 and 7.8",
            "nginx: WebSocket proxying",
            "Apache httpd: mod_proxy, “Protocol Upgrade”",
            "Envoy documentation: HTTP upgrades",
            "F5 NGINX Ingress Controller documentation: nginx.org/websocket-services",
            "m1k1o/neko#116",
            "kubermatic/kubelb#328",
            "istio/istio#18045",
        ),
        browser=(
            "Console: “Unexpected response code: …” with the backend's answer to a plain GET, often 404, 400 or 426."
        ),
        explains=NO_UPGRADE_SEEN,
    ),
    Entry(
        code="location-shadowed",
        severity=Severity.ERROR,
        layer="http",
        title="The path falls into a location without the headers",
        explanation=(
            "The proxy passes upgrades on for one path and not for this one: a more general rule, such as nginx's "
            "“location /”, takes it, and the Upgrade and Connection lines stand elsewhere. In nginx a location with "
            "any proxy_set_header of its own inherits none from the server block."
        ),
        recognised=(
            "Through the same proxy another path opens, and this one gets the backend's answer to a request without "
            "Upgrade. Told apart from upgrade-headers-stripped by that other path."
        ),
        fix=Fix(
            "Give the rule that takes {path} the lines that the other one has, or set them for the whole server.",
            (NGINX_WEBSOCKET, APACHE_WEBSOCKET, HAPROXY_ROUTE),
        ),
        sources=(
            "nginx: Module ngx_http_proxy_module, proxy_set_header (inheritance)",
            "nginx: Module ngx_http_core_module, location",
            "xbzbing/dsh-auth-gateway#14",
            "websockets/ws#780",
        ),
        browser=(
            "Console: “Unexpected response code: …” with the backend's answer to a plain GET, often 404, 400 or 426."
        ),
        explains=(*NO_UPGRADE_SEEN, "upgrade-headers-stripped", "connection-header-not-upgrade"),
    ),
    Entry(
        code="connection-header-not-upgrade",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy sends Upgrade without Connection: Upgrade",
        explanation=(
            "The proxy passes Upgrade on, but sends “Connection: close” or “keep-alive” with it, so the backend must "
            "ignore it. In nginx the Connection line is missing, or its map returns the wrong value."
        ),
        recognised=(
            "The proxied answer equals the direct answer to Upgrade with “Connection: close” and differs from that "
            "without Upgrade; aiohttp, Tornado and websockets name the header. Told apart from "
            "upgrade-headers-stripped by exactly this comparison."
        ),
        fix=Fix(
            "Send Connection: upgrade to the backend whenever the client sent Upgrade.",
            (NGINX_WEBSOCKET, APACHE_WEBSOCKET),
        ),
        sources=(
            "RFC 6455, section 4.2.1",
            "nginx: WebSocket proxying",
            "coreruleset/modsecurity-crs-docker#42",
            "measured: nginx 1.22.1 with aiohttp 3.14, Tornado 6.6 and websockets 17.4",
        ),
        browser="Console: “Unexpected response code: …”, often 400 or 426.",
        explains=NO_UPGRADE_SEEN,
    ),
    Entry(
        code="upstream-http-1-0",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy speaks HTTP/1.0 to the backend",
        explanation=(
            "The proxy forwards the handshake as HTTP/1.0, and this backend refuses it: the handshake needs HTTP/1.1. "
            "Not every backend minds, so proxy_http_version is not always the missing line; the Upgrade and "
            "Connection lines are."
        ),
        recognised=(
            "505, or a body that names HTTP/1.0, through the proxy only. Told apart from upgrade-headers-stripped by "
            "that status."
        ),
        fix=Fix("Make the proxy speak HTTP/1.1 to the backend.", (NGINX_WEBSOCKET,)),
        sources=(
            "RFC 6455, section 4.1",
            "nginx: Module ngx_http_proxy_module, proxy_http_version",
            "measured: nginx 1.22.1 with websockets 17.4, ws 8.23 and Tornado 6.6",
        ),
        browser=browser.status(505),
        explains=(*NO_UPGRADE_SEEN, "http-1-0-101"),
    ),
    Entry(
        code="proxy-drops-handshake-headers",
        severity=Severity.ERROR,
        layer="http",
        title="The proxy drops the Sec-WebSocket headers",
        explanation=(
            "The upgrade reaches the backend, but Sec-WebSocket-Key or Sec-WebSocket-Version is missing or fixed to a "
            "constant on the way. Such a proxy has a list of headers to pass, or sets these by hand."
        ),
        recognised=(
            "The backend complains of a missing or wrong key or version through the proxy only. Told apart from "
            "ws-version-unsupported and accept-wrong by the direct route, which opens."
        ),
        fix=Fix(
            "Let the proxy pass all request headers unchanged, and set no Sec-WebSocket header in it.",
            (
                NGINX_WEBSOCKET,
                snippet(
                    "nginx (if a location switches the request headers off)",
                    """
                    # in the server block
                    proxy_pass_request_headers on;
                    """,
                ),
            ),
        ),
        sources=("RFC 6455, sections 4.1 and 4.2.1", "nginx: Module ngx_http_proxy_module, proxy_pass_request_headers"),
        browser=browser.status(400),
        explains=("ws-version-unsupported", "upgrade-required-426", "accept-wrong", "accept-missing"),
    ),
)
