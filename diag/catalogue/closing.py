"""Close frames for errors, as the server sends them."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import SESSION_OVER
from diag.catalogue._server_snippets import SERVER_LOG
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="close-protocol-error-1002",
        severity=Severity.ERROR,
        layer="session",
        title="The server closes for a protocol error (1002)",
        explanation=(
            "The server says that the client broke the protocol. Either a hop altered the frames on their way, or the "
            "server uses 1002 for an error of the application's own, such as a subprotocol that it does not know."
        ),
        recognised=(
            "A Close frame with 1002; its reason and the direct route tell where it comes from. Told apart from the "
            "frame codes, where the server is the one who breaks the protocol."
        ),
        fix=Fix(
            "Read the reason and the server's log; offer the subprotocol that it expects.",
            (snippet("Browser code", "const socket = new WebSocket(url, ['app.v1'])"), *SERVER_LOG),
        ),
        sources=("RFC 6455, section 7.4.1",),
        browser=browser.closes(1002),
        explains=SESSION_OVER,
    ),
    Entry(
        code="message-too-big-1009",
        severity=Severity.ERROR,
        layer="session",
        title="A message is larger than the receiver allows (1009)",
        explanation=(
            "A message exceeds the receiver's limit and the connection is closed with 1009. The defaults differ: 1 "
            "MiB with Python's websockets, 100 MiB with ws, 1 MB with Socket.IO, so it may work with one server only."
        ),
        recognised=(
            "Close 1009 upon a message of ours; single messages of other sizes then show the limit. Or a message of "
            "the server's that is larger than a browser, or wsdiag, takes. Told apart "
            "from dropped-after-n-messages, which counts messages, and from frame-invalid."
        ),
        fix=Fix(
            "Raise the receiver's limit, or send the data in smaller messages.",
            (
                snippet("uvicorn (shell)", "uvicorn app:app --ws-max-size 16777216"),
                snippet("websockets (Python)", 'server = await serve(handler, "127.0.0.1", 3000, max_size=16 * 2**20)'),
                snippet("Node (ws)", "const sockets = new WebSocketServer({ server, maxPayload: 16 * 2 ** 20 })"),
                snippet("Socket.IO (server)", "const io = new Server(server, { maxHttpBufferSize: 16e6 })"),
            ),
        ),
        sources=("RFC 6455, section 7.4.1", "uvicorn documentation: Settings, --ws-max-size"),
        browser=browser.closes(1009),
        explains=SESSION_OVER,
    ),
    Entry(
        code="close-policy-or-app-auth",
        severity=Severity.ERROR,
        layer="session",
        title="The server closes at once for lack of rights",
        explanation=(
            "The server accepts the handshake, checks the session, and closes with 1008, 3000 or a 4xxx code of its "
            "own. Unlike a refused handshake, a page can read this code and reason. A client that retries at once "
            "hammers the server, and a counter that is reset on open never grows."
        ),
        recognised=(
            "101 and then a Close with 1008, 3000 or 4000-4999 within moments. Told apart from auth-required and "
            "auth-forbidden (refused before the opening), and from dropped-after-n-messages by the time."
        ),
        fix=Fix(
            "Send a valid token first, and treat these codes as final in the client.",
            (
                snippet(
                    "Browser code",
                    """
                    socket.addEventListener('close', ({ code, reason }) => {
                      const final = code === 1008 || code === 3000 || (code >= 4000 && code < 5000)
                      if (final) return signInAgain(reason)
                      scheduleReconnect()
                    })
                    """,
                ),
            ),
        ),
        sources=(
            "RFC 6455, sections 7.4.1 and 7.4.2",
            "IANA WebSocket Close Code Number Registry: 3000",
            "destinygg/chat-gui#872",
            "measured: Close 4401, Chromium 156",
        ),
        browser="The page gets close with 1008, 3000 or 4xxx and the server's reason; nothing on the console.",
        explains=SESSION_OVER,
    ),
    Entry(
        code="close-internal-1011",
        severity=Severity.ERROR,
        layer="session",
        title="The server closes for an internal error (1011)",
        explanation=(
            "The server met an unexpected condition and closes with 1011. The cause is in its log; the reason in the "
            "Close frame seldom says more."
        ),
        recognised=(
            "Close 1011 whose reason is not “keepalive ping timeout”; that one is server-keepalive-timeout. Told "
            "apart from backend-handler-crash by the Close frame."
        ),
        fix=Fix("Read the server's log for the exception.", SERVER_LOG),
        sources=("RFC 6455, section 7.4.1",),
        browser=browser.closes(1011),
        explains=SESSION_OVER,
    ),
)
