"""The browser's own rules: it sends no packet, so nothing is seen from outside."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import SAME_ORIGIN_URL, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="mixed-content-blocked",
        severity=Severity.ERROR,
        layer="client",
        title="An https page may not open a ws:// URL",
        explanation=(
            "The page is served over https and opens an unencrypted ws:// URL on another machine: mixed content. The "
            "constructor throws a SecurityError and no packet leaves the browser, so server logs show nothing. "
            "ws://localhost is exempt, which is why it works on the developer's own machine."
        ),
        recognised=(
            "The page's scheme is https, the URL's is ws, and its host is not a loopback one. Told apart from "
            "plain-on-tls-port and redirect-to-https by the page: those also fail from an http page."
        ),
        fix=Fix(
            "Use wss:// and derive the scheme from the page's own.",
            (
                SAME_ORIGIN_URL,
                snippet(".env.production", "VITE_WS_BASE_URL=wss://{page_host}"),
            ),
        ),
        sources=(
            "W3C Mixed Content, “Should fetching request be blocked as mixed content?”",
            "virtool/virtool#1849",
            "measured: Chromium 156",
        ),
        browser=(
            "Console: “Mixed Content: … blocked”. new WebSocket throws SecurityError synchronously: the page gets no "
            "error and no close event."
        ),
        explains=("redirect-to-https", "plain-on-tls-port"),
    ),
    Entry(
        code="csp-connect-src-blocked",
        severity=Severity.ERROR,
        layer="client",
        title="The page's Content-Security-Policy forbids the URL",
        explanation=(
            "The page's Content-Security-Policy has a connect-src (or default-src) that does not list the socket's "
            "origin, so the browser blocks it before sending a packet. The page gets error but no close event: "
            "reconnect logic that waits for onclose never runs."
        ),
        recognised=(
            "The policy in the page's headers or markup, applied to the socket's URL, does not match. Told apart from "
            "origin-rejected by the missing packet: the server is never asked."
        ),
        fix=Fix(
            "Add the socket's origin, with scheme and port, to connect-src of the page's policy.",
            (
                snippet(
                    "nginx (where the page is served)",
                    """
                    # in the server block
                    add_header Content-Security-Policy "connect-src 'self' ws://{proxy} wss://{proxy}" always;
                    """,
                ),
                snippet(
                    "HTML",
                    """
                    <meta http-equiv="Content-Security-Policy"
                          content="connect-src 'self' ws://{proxy} wss://{proxy}">
                    """,
                ),
            ),
        ),
        sources=("Content Security Policy Level 3, “connect-src”", "measured: Chromium 156"),
        browser=(
            "Console: “… violates the following Content Security Policy directive: connect-src …”; error, no close."
        ),
    ),
    Entry(
        code="local-network-access-blocked",
        severity=Severity.ERROR,
        layer="client",
        title="A public page may not reach a local address",
        explanation=(
            "The page comes from a public address and the socket goes to a private or loopback one. Chromium asks for "
            "the local-network permission (Local Network Access, for WebSockets since Chrome 147) and sends nothing "
            "until it is granted. Access-Control-Allow-Private-Network is of no use: those preflights are gone."
        ),
        recognised=(
            "The page's address is public and the target's is private or loopback. Told apart from "
            "mixed-content-blocked by the scheme: wss is blocked as well."
        ),
        fix=Fix(
            "Reach the service through a path on the page's own origin instead of a local address.",
            (
                SAME_ORIGIN_URL,
                snippet("HTML (the page runs in an iframe)", '<iframe src="{page}" allow="loopback-network"></iframe>'),
            ),
        ),
        sources=(
            "developer.chrome.com: Local Network Access guide",
            "webflow/mcp-server#124",
            "measured: Chromium 156",
        ),
        browser=browser.console("net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"),
    ),
    Entry(
        code="port-blocked-by-browser",
        severity=Severity.ERROR,
        layer="client",
        title="Browsers refuse to connect to this port",
        explanation=(
            "The port is on the Fetch Standard's list of bad ports, so every browser refuses it before sending a "
            "packet. Command-line tools know no such list and connect happily, which makes the server look fine."
        ),
        recognised=(
            "The port is on the list (6000 and 6665-6669 are frequent victims) and the handshake succeeds from "
            "outside a browser. Told apart from a firewall (tcp-timeout) by that success."
        ),
        fix=Fix(
            "Move the service to a port that is not on the Fetch Standard's list.",
            (
                snippet("uvicorn (shell)", "uvicorn app:app --host 127.0.0.1 --port 3000"),
                snippet(
                    "compose.yaml (publish another port)",
                    """
                    services:
                      backend:
                        ports:
                          - "3000:6000"
                    """,
                ),
            ),
        ),
        sources=("Fetch Standard, “Port blocking”", "measured: Chromium 156"),
        browser=browser.console("net::ERR_UNSAFE_PORT"),
    ),
)
