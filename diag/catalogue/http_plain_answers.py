"""The server took the handshake for an ordinary GET."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import (
    APACHE_WEBSOCKET,
    SAME_ORIGIN_URL,
    nginx_websocket,
    snippet,
)
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="spa-fallback-200",
        severity=Severity.ERROR,
        layer="http",
        title="The page's own HTML answers the WebSocket path",
        explanation=(
            "The static file server has no rule for the path and falls back to index.html with 200, as it does for "
            "every unknown path of a single-page application. The socket never reaches the backend."
        ),
        recognised=(
            "200 text/html with an application shell, identical to the answer for a random sibling path; direct is "
            "101. Told apart from http-200-not-websocket by that body. Vite's development server does not do this to "
            "an upgrade: it hangs (vite-proxy-rule-missing)."
        ),
        fix=Fix(
            "Add a route for {path} to the backend in front of the fallback to index.html.",
            (
                nginx_websocket(after="location / { try_files $uri /index.html; }"),
                snippet(
                    "Caddy",
                    """
                    handle {path} {
                        reverse_proxy {backend}
                    }
                    handle {
                        try_files {http.request.uri.path} /index.html
                        file_server
                    }
                    """,
                ),
                APACHE_WEBSOCKET,
            ),
        ),
        sources=(
            "nginx: Module ngx_http_core_module, try_files",
            "Caddy documentation: Common Caddyfile Patterns, single-page apps",
            "measured: nginx 1.22.1, Caddy 2.6.2",
        ),
        browser=browser.status(200),
        explains=("http-200-not-websocket", "server-lacks-ws-support"),
    ),
    Entry(
        code="http-200-not-websocket",
        severity=Severity.ERROR,
        layer="http",
        title="The path answers as ordinary HTTP",
        explanation=(
            "The server treats the handshake as a plain GET and answers 200. A Node server without an upgrade "
            "listener does so, and so does a REST route that owns the same path."
        ),
        recognised=(
            "200 with a body that is not the page's application shell. Told apart from spa-fallback-200 by the body "
            "and from upgrade-headers-stripped by the direct route, which gives 200 as well."
        ),
        fix=Fix(
            "Attach a WebSocket server to the path.",
            (
                snippet(
                    "Node (ws)",
                    """
                    const server = http.createServer(app)
                    const sockets = new WebSocketServer({ server, path: '{path}' })
                    server.listen(3000)  // not app.listen: that is another server
                    """,
                ),
                snippet(
                    "Starlette or FastAPI",
                    """
                    @app.websocket("{path}")
                    async def socket(websocket: WebSocket) -> None:
                        await websocket.accept()
                    """,
                ),
            ),
        ),
        sources=("RFC 9110, section 7.8", "ws documentation: External HTTP/S server", "ratchetphp/Ratchet#858"),
        browser=browser.status(200),
        explains=("server-lacks-ws-support",),
    ),
    Entry(
        code="ws-path-not-found",
        severity=Severity.ERROR,
        layer="http",
        title="The server has no WebSocket at this path",
        explanation=(
            "The application is the right one and does not know the path, or has it as an HTTP route only. FastAPI "
            "and Starlette answer unknown WebSocket paths with an empty 403, which looks like an origin or "
            "authentication problem and is neither."
        ),
        recognised=(
            "404 for the upgrade, or an empty 403 from an ASGI server that is the same for every Origin, and in both "
            "cases the same answer at a random sibling path, on every route. Told apart from upgrade-headers-stripped "
            "and proxy-path-mismatch by the direct route, and from origin-rejected by Origin."
        ),
        fix=Fix(
            "Use the path that the server serves, or register {path} there.",
            (
                SAME_ORIGIN_URL,
                snippet(
                    "Starlette or FastAPI",
                    """
                    @app.websocket("{path}")
                    async def socket(websocket: WebSocket) -> None:
                        await websocket.accept()
                    """,
                ),
                snippet("Node (ws)", "const sockets = new WebSocketServer({ server, path: '{path}' })"),
                snippet(
                    "Django Channels (routing.py)",
                    """
                    websocket_urlpatterns = [re_path(r"^ws$", Consumer.as_asgi())]  # no leading slash
                    """,
                ),
            ),
        ),
        sources=(
            "RFC 9110, section 15.5.5",
            "fastapi/fastapi#572",
            "measured: uvicorn 0.54, aiohttp 3.14, Express 5.3",
        ),
        browser="Console: “Unexpected response code: 404” (FastAPI, Starlette: 403).",
    ),
    Entry(
        code="server-lacks-ws-support",
        severity=Severity.ERROR,
        layer="http",
        title="The server runs without WebSocket support",
        explanation=(
            "The application has a WebSocket route and the server that runs it cannot speak the protocol: uvicorn "
            "without websockets or wsproto, uvicorn --ws none, or a WSGI server. Upgrades are answered as plain GETs."
        ),
        recognised=(
            "404 or 200 on the direct route where the service is known to have a WebSocket, and the log says “No "
            "supported WebSocket library detected”. Told apart from upgrade-headers-stripped, whose direct route "
            "opens."
        ),
        fix=Fix(
            "Install the WebSocket library, or run the application with an ASGI server.",
            (
                snippet("uvicorn (shell)", "pip install 'uvicorn[standard]'"),
                snippet("Gunicorn (ASGI worker; shell)", "gunicorn app:app -k uvicorn_worker.UvicornWorker"),
                snippet("Django (ASGI server; shell)", "daphne -b 0.0.0.0 -p 3000 project.asgi:application"),
            ),
        ),
        sources=("uvicorn documentation: Settings, --ws", "measured: uvicorn 0.54"),
        browser=browser.status(404),
        explains=("ws-path-not-found",),
    ),
)
