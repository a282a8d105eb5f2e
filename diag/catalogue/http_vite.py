"""Vite's development proxy."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import GATEWAY_DOWN, OTHER_PATH
from diag.catalogue._snippets import LISTENERS, VITE_PROXY, snippet, vite_proxy
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="vite-proxy-rule-missing",
        severity=Severity.ERROR,
        layer="http",
        title="Vite has no proxy rule for the WebSocket path",
        explanation=(
            "No rule in server.proxy matches the path. Vite's own upgrade listener ignores foreign upgrades and "
            "nobody else answers, so the socket hangs until the client gives up. It does not return the page's HTML "
            "to the socket: only a plain GET to the same path gets that."
        ),
        recognised=(
            "The upgrade hangs on an open connection, and a plain GET gets Vite's page (“/@vite/client”). Told apart "
            "from vite-proxy-ws-disabled, where the GET is answered by the backend, and from backend-hang, where the "
            "GET hangs too."
        ),
        fix=Fix("Add a rule for {path} with ws: true to server.proxy.", (VITE_PROXY,)),
        sources=(
            "Vite documentation: Server Options, server.proxy",
            "Vite source: packages/vite/src/node/server/ws.ts",
            "vitejs/vite#864",
            "vitejs/vite#6522",
            "measured: Vite 8.3.8",
        ),
        browser=browser.HANGS,
        explains=("backend-hang", "proxy-ws-disabled", "proxy-route-missing"),
    ),
    Entry(
        code="vite-proxy-ws-disabled",
        severity=Severity.ERROR,
        layer="http",
        title="Vite's proxy rule does not forward WebSockets",
        explanation=(
            "A rule matches the path, but it has neither ws: true nor a ws:// target, so Vite forwards REST and "
            "leaves upgrades unanswered. The string shorthand '/ws': 'http://…' is such a rule; '/ws': 'ws://…' is "
            "not."
        ),
        recognised=(
            "The upgrade hangs, and a plain GET to the same path is answered by the backend (its 404, 426 or JSON). "
            "Told apart from vite-proxy-rule-missing by that answer."
        ),
        fix=Fix("Set ws: true in the rule for {path}.", (VITE_PROXY,)),
        sources=(
            "Vite documentation: Server Options, server.proxy",
            "Vite source: packages/vite/src/node/server/middlewares/proxy.ts",
            "vitejs/vite#20223",
            "measured: Vite 8.3.8",
        ),
        browser=browser.HANGS,
        explains=("proxy-ws-disabled", "backend-hang"),
    ),
    Entry(
        code="vite-proxy-target-down",
        severity=Severity.ERROR,
        layer="http",
        title="Vite's proxy cannot reach its target",
        explanation=(
            "The rule matches and forwards upgrades, but nothing accepts connections at its target: the backend is "
            "down, its port differs, or localhost means something else where Vite runs, such as inside a container. "
            "Vite closes the socket without an HTTP answer and logs “ws proxy error”."
        ),
        recognised=(
            "The connection ends with no byte within about 100 ms, and a plain GET gets 502 as text/plain. Told apart "
            "from socketio-wrong-path (an end after about 1000 ms) and from vite-proxy-rule-missing (a hang)."
        ),
        fix=Fix(
            "Start the backend, or correct the rule's target as seen from the machine that runs Vite.",
            (
                VITE_PROXY,
                vite_proxy(
                    "target: 'ws://backend:3000', ws: true",
                    where="Vite (vite.config.ts, in a container: the service's name)",
                ),
                LISTENERS,
            ),
        ),
        sources=(
            "Vite documentation: Server Options, server.proxy",
            "mikesvoboda/nemotron-v3-home-security-intelligence#796",
            "jingw2/ontexus#8",
            "measured: Vite 8.3.8",
        ),
        browser=browser.NO_ANSWER,
        explains=(*GATEWAY_DOWN, "gateway-upstream-refused", "tcp-reset-in-handshake"),
    ),
    Entry(
        code="vite-rewrite-breaks-path",
        severity=Severity.ERROR,
        layer="http",
        title="Vite's rewrite changes the WebSocket path",
        explanation=(
            "The proxy rule has a rewrite, usually copied from the REST rule, that strips or changes the prefix. The "
            "backend then sees a path that it does not serve: the ws library answers 400, an ASGI server an empty "
            "403."
        ),
        recognised=(
            "Through Vite the backend answers as it does for another path, and the direct route opens. Asked directly "
            "for the rewritten path it gives the same answer. Told apart from ws-path-not-found by the direct route."
        ),
        fix=Fix("Remove rewrite from the rule for {path}.", (VITE_PROXY,)),
        sources=(
            "Vite documentation: Server Options, server.proxy",
            "http-party/node-http-proxy#1665",
            "measured: Vite 8.3.8, ws 8.23",
        ),
        browser=browser.status(400),
        explains=("proxy-path-mismatch", *OTHER_PATH, "proxy-access-denied", "tcp-reset-in-handshake"),
    ),
    Entry(
        code="vite-allowed-hosts",
        severity=Severity.ERROR,
        layer="http",
        title="Vite refuses the Host name of the page",
        explanation=(
            "Vite answers 403 to requests whose Host is not in server.allowedHosts, as a guard against DNS rebinding. "
            "Proxied upgrades are not checked, so the socket may open while the page and its REST requests are "
            "refused."
        ),
        recognised=(
            "A plain GET gets 403 “Blocked request. This host (…) is not allowed”; with Host: localhost it passes. "
            "Told apart from auth-forbidden and origin-rejected by that sentence."
        ),
        fix=Fix(
            "Add {host} to server.allowedHosts.",
            (
                snippet(
                    "Vite (vite.config.ts)",
                    """
                    export default defineConfig({
                      server: { allowedHosts: ['{host}'] },
                    })
                    """,
                ),
            ),
        ),
        sources=("Vite documentation: Server Options, server.allowedHosts", "measured: Vite 8.3.8"),
        browser="The page itself, or its REST requests, get 403; a proxied socket may open all the same.",
        explains=(
            "host-not-allowed",
            "auth-forbidden",
            "proxy-access-denied",
            "rest-auth-required",
            "rest-unhealthy",
            "cors-missing-on-errors",
            "cors-origin-not-allowed",
        ),
    ),
)
