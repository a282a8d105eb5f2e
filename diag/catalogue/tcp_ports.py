"""Development servers that are not where the page expects them."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import NO_SERVER, OTHER_SERVER
from diag.catalogue._snippets import LISTENERS, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="dev-server-port-drift",
        severity=Severity.ERROR,
        layer="tcp",
        title="The development server runs on another port",
        explanation=(
            "Vite and others take the next free port when theirs is taken, and say so in one line of their output. "
            "A bookmark, an environment variable or an allow-list still has the old port, where nothing listens any "
            "more or another program does. Often an earlier instance held the port and has ended since."
        ),
        recognised=(
            "The page's own port refuses, or serves something else, and one of the next three ports serves an "
            "application's shell and opens the socket. Told apart from tcp-refused, where nothing answers beside it, "
            "and from wrong-server-on-port."
        ),
        fix=Fix(
            "Open the page on the port that the server names, or let it fail instead of moving on.",
            (
                snippet(
                    "Vite (vite.config.ts)",
                    """
                    export default defineConfig({
                      server: { port: 5173, strictPort: true },
                    })
                    """,
                ),
                LISTENERS,
            ),
        ),
        sources=("Vite documentation: Server Options, server.port and server.strictPort",),
        browser=browser.console("net::ERR_CONNECTION_REFUSED"),
        explains=(*NO_SERVER, *OTHER_SERVER, "tcp-refused", "wrong-server-on-port", "origin-rejected"),
    ),
)
