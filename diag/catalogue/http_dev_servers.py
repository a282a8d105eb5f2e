"""Development servers other than Vite, and their hot-reload sockets."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import SESSION_OVER
from diag.catalogue._snippets import WEBPACK_PROXY, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="proxy-ws-disabled",
        severity=Severity.ERROR,
        layer="http",
        title="The development proxy does not forward upgrades",
        explanation=(
            "A Node development proxy (http-proxy-middleware, webpack-dev-server) forwards requests for the path, but "
            "is not subscribed to the server's upgrade event. Without ws: true it never is; with it, "
            "http-proxy-middleware subscribes at the first plain request, so the first upgrade after a start hangs "
            "and later ones work."
        ),
        recognised=(
            "The upgrade hangs and a plain GET is answered by the backend; or the first upgrade hangs and those after "
            "a GET open. Told apart from backend-hang by the GET, and from vite-proxy-ws-disabled by the software."
        ),
        fix=Fix(
            "Set ws: true, and subscribe the proxy to the server's upgrade event.",
            (
                WEBPACK_PROXY,
                snippet(
                    "http-proxy-middleware",
                    """
                    const proxy = createProxyMiddleware({
                      target: 'http://{backend}',
                      pathFilter: '{path}',
                      ws: true,
                    })
                    app.use(proxy)
                    const server = app.listen(5173)
                    server.on('upgrade', proxy.upgrade)
                    """,
                ),
            ),
        ),
        sources=(
            "http-proxy-middleware documentation: “External WebSocket upgrade”",
            "webpack documentation: devServer.proxy",
            "vitejs/vite#4124",
        ),
        browser=browser.HANGS,
        explains=("backend-hang",),
    ),
    Entry(
        code="dev-server-hmr-collision",
        severity=Severity.ERROR,
        layer="http",
        title="The dev server's own hot-reload socket answers",
        explanation=(
            "The application's WebSocket path is also that of the development server's hot-reload socket, so the "
            "wrong one of the two gets the connection. The page sees an open socket that carries messages it does not "
            "know, or a 400 for a missing token. webpack-dev-server uses /ws by default, Vite the base path."
        ),
        recognised=(
            "101, and the messages are hot-reload ones (“connected”, “hot”, “liveReload”) or the subprotocol is "
            "vite-hmr. Told apart from ws-connected-but-no-updates by the foreign messages."
        ),
        fix=Fix(
            "Give the development server's socket a path of its own.",
            (
                snippet(
                    "webpack-dev-server 5 (webpack.config.js)",
                    """
                    module.exports = {
                      devServer: {
                        client: { webSocketURL: { pathname: '/__hmr' } },
                        webSocketServer: { type: 'ws', options: { path: '/__hmr' } },
                      },
                    }
                    """,
                ),
                snippet(
                    "Vite 8 (vite.config.ts; before Vite 8 write hmr instead of ws)",
                    """
                    export default defineConfig({
                      server: { ws: { path: '/__hmr' } },
                    })
                    """,
                ),
            ),
        ),
        sources=(
            "Vite documentation: Server Options, server.hmr and server.ws",
            "webpack documentation: devServer.webSocketServer",
            "vitejs/vite#9847",
        ),
        browser=browser.TUNNEL_OPEN,
        explains=(
            *SESSION_OVER,
            "heartbeat-correlation-mismatch",
            "close-policy-or-app-auth",
            "subprotocol-not-echoed",
        ),
    ),
)
