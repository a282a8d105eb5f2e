"""TCP connected, and what came was a reset, no HTTP, or another application's."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import NO_SERVER, OTHER_SERVER
from diag.catalogue._snippets import LISTENERS, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="tcp-reset-in-handshake",
        severity=Severity.ERROR,
        layer="tcp",
        title="The connection is reset before any HTTP answer",
        explanation=(
            "TCP connected, the request was sent, and the peer tore the connection down without a status line. The "
            "process crashed on the request, or a firewall or intrusion filter cut it. A browser shows the same text "
            "for a reset and for an orderly end; only a prober separates them."
        ),
        recognised=(
            "A reset, or an end of the connection with no byte that no more specific code explains. An end within "
            "about 100 ms through Vite is vite-proxy-target-down; one at about 1000 ms is socketio-wrong-path."
        ),
        fix=Fix(
            "Read the server's log for the moment of the request, then exempt the path in any filter in between.",
            (
                snippet("systemd (shell)", "journalctl -u my-backend --since -5min"),
                snippet("compose (shell)", "docker compose logs --since 5m backend"),
            ),
        ),
        sources=("RFC 9293, section 3.5.3 (reset processing)", "measured: Chromium 156"),
        browser=browser.NO_ANSWER,
        explains=NO_SERVER,
    ),
    Entry(
        code="port-wrong-protocol",
        severity=Severity.ERROR,
        layer="tcp",
        title="The port speaks another protocol than HTTP",
        explanation=(
            "The first bytes of the answer are no HTTP status line: a mail, SSH, database or other server listens "
            "there. The port in the URL is wrong."
        ),
        recognised=(
            "The answer does not begin with “HTTP/” (for example “SSH-”). Told apart from http2-only-port, whose "
            "first bytes are an HTTP/2 SETTINGS frame, and from tls-on-plain-port."
        ),
        fix=Fix(
            "Correct the port in the URL or in the proxy's target.",
            (LISTENERS, snippet(".env.development", "VITE_WS_BASE_URL=ws://{page_host}")),
        ),
        sources=("RFC 9112, section 4 (status line)", "measured: Chromium 156"),
        browser=browser.console("net::ERR_INVALID_HTTP_RESPONSE"),
        explains=(*NO_SERVER, "tls-handshake-failed", "tcp-reset-in-handshake"),
    ),
    Entry(
        code="wrong-server-on-port",
        severity=Severity.ERROR,
        layer="tcp",
        title="Another application answers on this port",
        explanation=(
            "The port speaks HTTP, but what answers is not the service: a directory listing, another project's "
            "development server, or a system page. A development server that found its port taken moves to the next "
            "one silently, and whatever took the port answers instead."
        ),
        recognised=(
            "Server header and bodies belong to another kind of application, for the socket's path and for REST "
            "alike. Told apart from ws-path-not-found, where the right application answers for the wrong path."
        ),
        fix=Fix(
            "Stop the other application or correct the port, and make the development server insist on its own.",
            (
                LISTENERS,
                snippet(
                    "Vite (vite.config.ts)",
                    """
                    export default defineConfig({
                      server: { port: 5173, strictPort: true },
                    })
                    """,
                ),
            ),
        ),
        sources=("Vite documentation: Server Options, server.strictPort",),
        browser="Console: “Unexpected response code: …” with the other application's status, often 404 or 200.",
        explains=(*OTHER_SERVER, "auth-required", "host-not-allowed", "server-error-in-handshake"),
    ),
)
