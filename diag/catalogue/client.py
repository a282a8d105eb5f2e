"""The page's URL, and the machine's forward proxy."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import NO_SERVER, OTHER_SERVER
from diag.catalogue._snippets import ENV_DEVELOPMENT, SAME_ORIGIN_URL, VITE_PROXY, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="url-bypasses-dev-proxy",
        severity=Severity.ERROR,
        layer="client",
        title="The page's WebSocket URL bypasses the dev proxy",
        explanation=(
            "The page opens the backend's own address although the development server has a proxy rule for that path. "
            "The handshake then carries an Origin that is foreign to the backend, and the rule is never used. The "
            "popular explanation is CORS, but CORS never blocks a WebSocket: the browser sends Origin and the server "
            "decides."
        ),
        recognised=(
            "The URL's host and port differ from the page's origin, and the same path on the page's origin reaches "
            "the backend. Told apart from client-url-wrong by the proxy rule that exists for the path, and from "
            "origin-rejected by the URL: through the proxy, page and socket have one origin."
        ),
        fix=Fix(
            "Let the page open {path} on its own origin, so that the development proxy carries it.",
            (ENV_DEVELOPMENT, SAME_ORIGIN_URL, VITE_PROXY),
        ),
        sources=(
            "Vite documentation: Env Variables and Modes; Server Options, server.proxy",
            "RFC 6455, section 10.2",
            "BradGroux/veritas-kanban#79",
            "pingdotgg/t3code#740",
        ),
        browser=(
            "Depends on what the backend makes of the foreign Origin: “Unexpected response code: 403”, a refused "
            "connection, or nothing at all while REST requests fail with CORS errors."
        ),
        explains=(
            "client-url-wrong",
            "origin-rejected",
            "origin-allowlist-typo",
            "mixed-content-blocked",
            "csp-connect-src-blocked",
            "local-network-access-blocked",
            "cors-origin-not-allowed",
            "cors-preflight-rejected",
            "dns-name-not-resolved",
            "tcp-refused",
            "tcp-timeout",
        ),
    ),
    Entry(
        code="client-url-wrong",
        severity=Severity.ERROR,
        layer="client",
        title="The page opens a WebSocket URL where nothing serves it",
        explanation=(
            "The URL that the page opens fails, while another known address of the same service works. Usual sources "
            "are a hard-coded default, a variable that is unset in this mode, or a doubled path such as /ws/ws. A "
            "relative URL does not throw in current browsers: new WebSocket('undefined/ws') goes to the page's own "
            "host."
        ),
        recognised=(
            "The page's URL does not open and another route of the target does. Told apart from tcp-refused, "
            "ws-path-not-found and the like by that working route: the service is up, the address is wrong."
        ),
        fix=Fix(
            "Correct the variable or default that the page's WebSocket URL is built from.",
            (
                SAME_ORIGIN_URL,
                ENV_DEVELOPMENT,
                snippet(
                    "Browser code (fail early when the variable is unset)",
                    """
                    const base = import.meta.env.VITE_WS_BASE_URL
                    if (!base) throw new Error('VITE_WS_BASE_URL is not set for this build')
                    """,
                ),
            ),
        ),
        sources=(
            "WebSockets Standard, “WebSocket(url, protocols)” constructor",
            "Vite documentation: Env Variables and Modes",
            "firedancer-io/firedancer-frontend#26",
            "guy-hartstein/company-research-agent#8",
        ),
        browser=(
            "Whatever the wrong address answers: a refused connection, an unexpected status, or endless CONNECTING."
        ),
        explains=(
            *NO_SERVER,
            *OTHER_SERVER,
            "dns-name-not-resolved",
            "tcp-refused",
            "tcp-loopback-family-mismatch",
            "tcp-timeout",
            "tcp-reset-in-handshake",
            "port-wrong-protocol",
            "wrong-server-on-port",
            "tls-on-plain-port",
            "plain-on-tls-port",
            "vite-proxy-rule-missing",
            "vite-proxy-ws-disabled",
            "proxy-ws-disabled",
            "dev-server-hmr-collision",
            "plain-client-to-socketio",
            "socketio-wrong-path",
            "backend-hang",
        ),
    ),
    Entry(
        code="forward-proxy-in-path",
        severity=Severity.INFO,
        layer="client",
        title="A forward proxy is configured on this machine",
        explanation=(
            "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is set. Tools that honour these variables measure the way through "
            "that proxy, and some forward proxies drop the Upgrade of plain ws:// requests. wsdiag ignores them "
            "unless --forward-proxy asks for them; it then asks for a tunnel (CONNECT) as browsers do."
        ),
        recognised=(
            "The variables are set in the environment, or --forward-proxy was given and its tunnels work; nothing else "
            "is concluded from it. Told apart from forward-proxy-blocks-upgrade, where there is no tunnel, and from a "
            "reverse proxy, which is simply another route of the target."
        ),
        fix=Fix(
            "Exclude the service's hosts from the forward proxy.",
            (snippet("Shell", "export NO_PROXY=localhost,127.0.0.1,::1,{host}"),),
        ),
        sources=("microsoft/FluidFramework#7964", "eclipse-che/che#17280"),
        degrades=False,
    ),
    Entry(
        code="forward-proxy-blocks-upgrade",
        severity=Severity.ERROR,
        layer="tcp",
        title="The forward proxy lets no tunnel through",
        explanation=(
            "For ws and wss alike a browser asks its forward proxy for a tunnel to host and port (CONNECT), and this "
            "one refuses: it wants credentials (407), does not allow the host or port (403; many allow 443 only), "
            "does not know CONNECT (405), or cannot reach the host itself. REST requests to http: URLs need no "
            "tunnel, so the page loads all the same."
        ),
        recognised=(
            "CONNECT through the proxy that --forward-proxy names is answered with something other than 2xx, or with "
            "nothing. Told apart from forward-proxy-in-path, where the tunnel comes about, and from tcp-refused, "
            "which is the target's own answer."
        ),
        fix=Fix(
            "Let the proxy's administrator allow CONNECT to {host}, use wss on port 443, or go around the proxy.",
            (
                snippet("Shell (go around it)", "export NO_PROXY=localhost,127.0.0.1,::1,{host}"),
                snippet("Shell (what does the proxy say)", 'curl -v -p -x "$HTTPS_PROXY" https://{host}/'),
                snippet(
                    "Squid (squid.conf; allow the tunnel)",
                    """
                    acl service dstdomain {host}
                    http_access allow CONNECT service
                    """,
                ),
            ),
        ),
        sources=(
            "RFC 9110, section 9.3.6 (CONNECT)",
            "RFC 6455, section 4.1",
            "microsoft/FluidFramework#7964",
            "eclipse-che/che#17280",
        ),
        browser=browser.console("Error in connection establishment: net::ERR_TUNNEL_CONNECTION_FAILED"),
        explains=(*NO_SERVER, "rest-auth-required"),
    ),
)
