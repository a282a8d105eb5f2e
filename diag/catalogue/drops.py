"""Sessions that end without a Close frame, or after a count of messages."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import SESSION_OVER
from diag.catalogue._server_snippets import SERVER_LOG
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="accept-then-drop",
        severity=Severity.ERROR,
        layer="session",
        title="The server accepts the socket and drops it at once",
        explanation=(
            "The handshake succeeds and the connection ends within a second, without a Close frame. As a rule the "
            "handler raises an exception right after the accept. onopen is not health: a reconnect counter that is "
            "reset there never grows."
        ),
        recognised=(
            "101 and then an end or reset within 1 s with no message of ours before it. Told apart from "
            "backend-handler-crash (after a message), close-abnormal-1006 (later) and close-policy-or-app-auth (a "
            "Close)."
        ),
        fix=Fix("Read the server's log for the exception after the accept.", SERVER_LOG),
        sources=("RFC 6455, section 7.1.5", "destinygg/chat-gui#872", "measured: Chromium 156"),
        browser=browser.DROPPED,
        explains=(
            "close-abnormal-1006",
            "heartbeat-unanswered",
            "heartbeat-late",
            "pong-missing",
            "pong-late",
            "ws-connected-but-no-updates",
        ),
    ),
    Entry(
        code="close-abnormal-1006",
        severity=Severity.ERROR,
        layer="session",
        title="The connection ends without a Close frame",
        explanation=(
            "TCP ended or was reset while the session was open. 1006 is never sent: it is the browser's word for a "
            "Close that did not come. The time at which it happens tells more than the code."
        ),
        recognised=(
            "An end of the connection with no Close frame. Told apart by its time and trigger: idle-timeout-proxy "
            "(after silence), backend-handler-crash (after a message), accept-then-drop (within 1 s)."
        ),
        fix=Fix(
            "Find out which side ended the connection, and let the page reconnect with jitter.",
            (
                snippet(
                    "Shell (who sends the first FIN or RST)",
                    "tcpdump -ni any 'port 3000 and tcp[tcpflags] & (tcp-fin|tcp-rst) != 0'",
                ),
                *SERVER_LOG,
            ),
        ),
        sources=("RFC 6455, sections 7.1.5 and 7.4.1", "websockets/ws#2277", "measured: Chromium 156"),
        browser=browser.DROPPED,
        explains=("heartbeat-unanswered", "heartbeat-late", "pong-missing", "pong-late", "ws-connected-but-no-updates"),
    ),
    Entry(
        code="backend-handler-crash",
        severity=Severity.ERROR,
        layer="session",
        title="The backend's handler crashes on a message",
        explanation=(
            "The session lives until a message of the client arrives and then ends without a Close frame, every time. "
            "The handler raised an exception: Python servers do not send 1011 for an unhandled one. Clients that only "
            "listen see nothing wrong."
        ),
        recognised=(
            "An end with no Close right after a message of ours, reproducibly, while silent sessions live. Told apart "
            "from idle-timeout-proxy by silence being harmless, and from dropped-after-n-messages by the first "
            "message."
        ),
        fix=Fix(
            "Read the server's log for the exception, and let the handler survive bad messages.",
            (
                snippet(
                    "Starlette or FastAPI",
                    """
                    async for message in websocket.iter_json():
                        try:
                            await handle(message)
                        except Exception:
                            logger.exception("message not handled: %r", message)
                    """,
                ),
                *SERVER_LOG,
            ),
        ),
        sources=("RFC 6455, section 7.4.1", "measured: uvicorn 0.54"),
        browser=browser.DROPPED,
        explains=SESSION_OVER,
    ),
    Entry(
        code="dropped-after-n-messages",
        severity=Severity.ERROR,
        layer="session",
        title="The session ends after a fixed number of messages",
        explanation=(
            "The connection ends after the same count of messages each time, however fast they go. A quota, a rate "
            "limit counted in messages, or a bug such as a bounded queue is behind it."
        ),
        recognised=(
            "Two sessions of different pace end at the same count. Told apart from idle-timeout-proxy and "
            "idle-timeout-backend, which depend on time, and from message-too-big-1009, which depends on size."
        ),
        fix=Fix(
            "Raise or remove the limit on messages per session.",
            (
                snippet(
                    "websockets (Python; the receive queue is not a limit)",
                    'server = await serve(handler, "127.0.0.1", 3000, max_queue=16)',
                ),
                *SERVER_LOG,
            ),
        ),
        sources=("RFC 6455, section 7.4.1 (1008, 1013)",),
        browser="close with the server's code, or 1006 when there is none.",
        explains=(*SESSION_OVER, "close-policy-or-app-auth", "close-internal-1011", "close-restart"),
    ),
)
