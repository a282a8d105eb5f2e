"""The Host header and virtual hosts."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._consequences import OTHER_SERVER, REFUSED_BY_POLICY
from diag.catalogue._snippets import NGINX_WEBSOCKET, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="host-not-allowed",
        severity=Severity.ERROR,
        layer="http",
        title="The server does not accept this Host name",
        explanation=(
            "The answer depends on the Host header: the application or a proxy has a list of host names and this one "
            "is not on it. Typical are Django's ALLOWED_HOSTS, Starlette's TrustedHostMiddleware, and a proxy that "
            "sends its upstream's name instead of the page's."
        ),
        recognised=(
            "400, 403 or 421 that changes with the Host header at the same address. Told apart from origin-rejected, "
            "which changes with Origin, and from vite-allowed-hosts by its sentence."
        ),
        fix=Fix(
            "Add the host to the server's list, and let the proxy pass the Host header on.",
            (
                snippet("Django (settings.py)", 'ALLOWED_HOSTS = ["{host}", "localhost", "127.0.0.1"]'),
                snippet(
                    "Starlette or FastAPI",
                    """
                    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["{host}", "localhost", "127.0.0.1"])
                    """,
                ),
                NGINX_WEBSOCKET,
            ),
        ),
        sources=(
            "RFC 9110, sections 7.2 and 15.5.20",
            "Django documentation: Settings, ALLOWED_HOSTS",
            "Starlette documentation: Middleware, TrustedHostMiddleware",
        ),
        browser="Console: “Unexpected response code: 400” (or 403, 421).",
        explains=(
            *REFUSED_BY_POLICY,
            "proxy-access-denied",
            "rest-unhealthy",
            "rest-bad-request",
            "cors-preflight-rejected",
            "origin-rejected",
        ),
    ),
    Entry(
        code="wrong-vhost",
        severity=Severity.ERROR,
        layer="http",
        title="Another virtual host answers for this name",
        explanation=(
            "The server has several sites on one address and none is named like the URL's host, so its default site "
            "answers. The service is there, under another name."
        ),
        recognised=(
            "The body or Server header is a default site's, and another Host at the same address gives the service. "
            "Told apart from host-not-allowed, which refuses, and from wrong-server-on-port, where no Host helps."
        ),
        fix=Fix(
            "Add the host to the server_name of the site that holds the WebSocket location.",
            (
                snippet(
                    "nginx",
                    """
                    # in the http block
                    server {
                        listen 80;
                        server_name {host};
                    }
                    """,
                ),
                snippet(
                    "Apache httpd",
                    """
                    <VirtualHost *:80>
                        ServerName {host}
                    </VirtualHost>
                    """,
                ),
            ),
        ),
        sources=("nginx: How nginx processes a request", "RFC 9110, section 7.2", "websockets/ws#780"),
        browser="Console: “Unexpected response code: …” with the default site's answer, often 404 or 200.",
        explains=(*OTHER_SERVER, "wrong-server-on-port", "host-not-allowed"),
    ),
)
