"""Socket.IO and Engine.IO: a protocol on top of WebSocket, with a path and a query of its own."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import SESSION_OVER
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="plain-client-to-socketio",
        severity=Severity.ERROR,
        layer="http",
        title="A plain WebSocket client meets a Socket.IO server",
        explanation=(
            "The server speaks Socket.IO, which is not plain WebSocket: it expects Engine.IO's query in the URL and "
            "its own packets inside the frames. new WebSocket(…) without them is answered with 400."
        ),
        recognised=(
            '400 with “Transport unknown” or {"code":0,…} as the body; or 101, and the server speaks first in '
            "Engine.IO's packets. Told apart from socketio-wrong-path, whose connection ends after about a second with "
            "no byte."
        ),
        fix=Fix(
            "Use the Socket.IO client.",
            (
                snippet(
                    "Browser code (Socket.IO client)",
                    """
                    import { io } from 'socket.io-client'

                    const socket = io({ path: '/socket.io/', transports: ['websocket'] })
                    """,
                ),
                snippet(
                    "Shell (probe the Engine.IO endpoint)",
                    "wsdiag probe 'ws://{proxy}/socket.io/?EIO=4&transport=websocket'",
                ),
            ),
        ),
        sources=(
            "Socket.IO documentation: Introduction, “What Socket.IO is not”",
            "Socket.IO documentation: The Engine.IO protocol",
            "measured: Socket.IO 4.8.4",
        ),
        browser=browser.status(400),
        explains=(*SESSION_OVER, "ws-path-not-found", "server-error-in-handshake"),
    ),
    Entry(
        code="socketio-wrong-path",
        severity=Severity.ERROR,
        layer="http",
        title="The Socket.IO path differs between client and server",
        explanation=(
            "An Engine.IO server destroys upgrades for paths that are not its own, after a second "
            "(destroyUpgradeTimeout). The option path has to be the same on both sides; it is not the namespace."
        ),
        recognised=(
            "The connection ends with no byte after about 1000 ms, and /socket.io/?EIO=4&transport=polling answers. "
            "Told apart from vite-proxy-target-down, which ends within about 100 ms, and from backend-hang."
        ),
        fix=Fix(
            "Give client and server the same path.",
            (
                snippet("Socket.IO (server)", "const io = new Server(server, { path: '{path}' })"),
                snippet("Browser code (Socket.IO client)", "const socket = io({ path: '{path}' })"),
            ),
        ),
        sources=(
            "Socket.IO documentation: Server options, path and destroyUpgradeTimeout",
            "measured: Socket.IO 4.8.4",
        ),
        browser=browser.NO_ANSWER,
        explains=("tcp-reset-in-handshake", "ws-path-not-found"),
    ),
)
