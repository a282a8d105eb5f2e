"""Engine.IO, the transport under Socket.IO: its revisions, its transports, and the process that holds a session."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import SESSION_OVER
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

_WEBSOCKET_FIRST = snippet(
    "Browser code (Socket.IO client)",
    "const socket = io({ path: '{path}', transports: ['websocket'] })",
)

ENTRIES = (
    Entry(
        code="socketio-version-mismatch",
        severity=Severity.ERROR,
        layer="http",
        title="Socket.IO client and server are of different versions",
        explanation=(
            "Socket.IO 3 and 4 speak Engine.IO's revision 4, Socket.IO 1 and 2 speak revision 3. A new server refuses "
            "an old client. An old server accepts a new client, and then each waits for the other's ping: the "
            "connection ends after about half a minute and begins again."
        ),
        recognised=(
            '400 with “Unsupported protocol version” or {"code":5,…}, to polling if not to the upgrade; or 101 for '
            "EIO=4 while the answer to polling is encoded as in revision 3; or a session that ends at once and lives "
            "with the other EIO. Told apart from plain-client-to-socketio (no Engine.IO in the client) and from "
            "socketio-polling-only by the error's name."
        ),
        fix=Fix(
            "Use the same major version on both sides, or let the new server take old clients.",
            (
                snippet(
                    "Socket.IO (server, for old clients)",
                    "const io = new Server(server, { allowEIO3: true })",
                ),
                snippet("Shell (which version does the page load)", "npm ls socket.io-client engine.io-client"),
            ),
        ),
        sources=(
            "Socket.IO documentation: The Engine.IO protocol, “Difference between v3 and v4”",
            "Socket.IO documentation: Client Installation, version compatibility",
            "measured: engine.io 6, python-engineio 4",
        ),
        browser="The client's connect_error, or a disconnect (ping timeout) every half minute.",
        explains=(*SESSION_OVER, "plain-client-to-socketio", "rest-bad-request", "frame-invalid", "frame-bad-opcode"),
    ),
    Entry(
        code="socketio-polling-only",
        severity=Severity.WARNING,
        layer="http",
        title="The Socket.IO server offers polling only",
        explanation=(
            "The server's list of transports lacks websocket, or its library for WebSockets is not installed. Clients "
            "that begin with polling work and stay there, with a request for every few messages; those that want a "
            "WebSocket alone never connect."
        ),
        recognised=(
            "The upgrade with transport=websocket is refused, and polling opens a session: one that lists no upgrades, "
            "or the server names the transport unknown, to the upgrade or to a plain GET of it. Told apart from "
            "plain-client-to-socketio, whose URL names no transport, and from socketio-version-mismatch by the name."
        ),
        fix=Fix(
            "Allow the WebSocket transport on the server.",
            (
                snippet(
                    "Socket.IO (server)", "const io = new Server(server, { transports: ['polling', 'websocket'] })"
                ),
                snippet("Python (Flask-SocketIO under Werkzeug; shell)", "pip install simple-websocket"),
            ),
        ),
        sources=(
            "Socket.IO documentation: Server options, transports",
            "python-engineio documentation: The Engine.IO Server, Deployment Strategies",
            "measured: Socket.IO 4.8",
        ),
        browser=browser.status(400),
        explains=("plain-client-to-socketio", "auth-forbidden", "ws-path-not-found", "server-lacks-ws-support"),
    ),
    Entry(
        code="socketio-not-sticky",
        severity=Severity.ERROR,
        layer="http",
        title="Socket.IO sessions are spread over several processes",
        explanation=(
            "A Socket.IO client begins with polling: several requests of one session, each on a connection of its "
            "own. Several processes answer behind one address, and only the one that began the session knows it. The "
            "others refuse it, so clients connect by chance and after many attempts. A client that begins with "
            "WebSocket has one connection only and is not affected."
        ),
        recognised=(
            "A session was begun by polling; of several upgrades with its id some get 101 and some get 400 “Session "
            "ID unknown”. Told apart from one-upstream-bad, where handshakes without a session alternate as well."
        ),
        fix=Fix(
            "Send each client to the same process every time, or begin with WebSocket.",
            (
                snippet(
                    "nginx",
                    """
                    # in the http block
                    upstream socketio {
                        ip_hash;
                        server 127.0.0.1:3001;
                        server 127.0.0.1:3002;
                    }
                    """,
                ),
                snippet(
                    "HAProxy",
                    """
                    backend socketio
                        cookie io prefix indirect nocache
                        server app1 127.0.0.1:3001 check cookie app1
                        server app2 127.0.0.1:3002 check cookie app2
                    """,
                ),
                snippet(
                    "Node (@socket.io/sticky)",
                    "setupMaster(server, { loadBalancingMethod: 'least-connection' })",
                ),
                _WEBSOCKET_FIRST,
            ),
        ),
        sources=(
            "Socket.IO documentation: Using multiple nodes, “Sticky load balancing”",
            "socketio/socket.io#1739",
            "wasp-lang/wasp#2040",
            "measured: Socket.IO 4.8, two processes in turn",
        ),
        browser="400 on requests with transport=polling&sid=…; the client connects after many attempts, or never.",
    ),
)
