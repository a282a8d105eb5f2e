"""Close frames of a server that means well, and the rules of closing."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import SESSION_OVER
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

_LEAST_HARM = tuple(code for code in SESSION_OVER if code != "closed-by-server")

ENTRIES = (
    Entry(
        code="close-restart",
        severity=Severity.WARNING,
        layer="session",
        title="The server goes away or restarts (1001, 1012)",
        explanation=(
            "The server announces that it is going away: a deployment, a restart, a reload of the proxy. This is good "
            "manners; a killed process gives 1006 instead. What matters is that the page reconnects, with jitter, for "
            "longer than the restart takes."
        ),
        recognised=(
            "Close 1001 or 1012 (1013: try again later). Told apart from closed-by-server by the code, and from "
            "idle-timeout-backend by the time, which a repetition confirms."
        ),
        fix=Fix(
            "Reconnect with jitter over several minutes, and drain connections on deployment.",
            (
                snippet(
                    "Browser code (full jitter)",
                    """
                    const ceiling = Math.min(30_000, 1_000 * 2 ** attempt)
                    setTimeout(connect, Math.random() * ceiling)
                    """,
                ),
                snippet("uvicorn (shell)", "uvicorn app:app --timeout-graceful-shutdown 30"),
                snippet(
                    "Caddy (do not close sockets on reload)",
                    """
                    reverse_proxy {path} {backend} {
                        stream_close_delay 5m
                    }
                    """,
                ),
            ),
        ),
        sources=(
            "RFC 6455, section 7.4.1",
            "IANA WebSocket Close Code Number Registry: 1012",
            "Caddy documentation: reverse_proxy, stream_close_delay",
            "measured: relayed by nginx 1.22.1 and Vite 8.3.8",
        ),
        browser="The page gets close 1001 or 1012 with wasClean true; nothing on the console.",
        explains=SESSION_OVER,
    ),
    Entry(
        code="closed-by-server",
        severity=Severity.WARNING,
        layer="session",
        title="The server closes the session while it is watched",
        explanation=(
            "The server ends the session in an orderly way, for instance with 1000, although the client did not ask. "
            "Clients that take 1000 for the user's wish do not reconnect and stay without updates."
        ),
        recognised=(
            "A Close frame of the server whose code has no entry of its own. Told apart from close-restart, "
            "close-policy-or-app-auth and the others by the code."
        ),
        fix=Fix(
            "Keep the session open on the server, and reconnect unless the user closed it.",
            (
                snippet(
                    "Starlette or FastAPI (a handler that returns closes with 1000)",
                    """
                    async for message in websocket.iter_json():
                        await handle(message)
                    """,
                ),
                snippet(
                    "Browser code",
                    """
                    socket.addEventListener('close', () => {
                      if (!closedByUser) scheduleReconnect()
                    })
                    """,
                ),
            ),
        ),
        sources=("RFC 6455, section 7.4.1",),
        browser=browser.closes(1000),
        explains=("heartbeat-unanswered", "heartbeat-late", "pong-missing", "pong-late", "ws-connected-but-no-updates"),
    ),
    Entry(
        code="max-lifetime",
        severity=Severity.WARNING,
        layer="session",
        title="The server ends each session after a fixed time",
        explanation=(
            "The session ends after the same time, orderly or not, however busy it is: the server or a hop gives a "
            "connection a lifetime. It is meant to be so; what matters is that the page reconnects at once and loses "
            "nothing."
        ),
        recognised=(
            "A second session with more messages ends after the same time. Told apart from dropped-after-n-messages, "
            "which depends on their count, and from idle-timeout-backend, which depends on silence."
        ),
        fix=Fix(
            "Reconnect at once when a lifetime ends, or raise it.",
            (
                snippet(
                    "Browser code",
                    """
                    socket.addEventListener('close', () => {
                      if (!closedByUser) scheduleReconnect()
                    })
                    """,
                ),
                snippet(
                    "Caddy (the longest time of a proxied stream)",
                    """
                    reverse_proxy {path} {backend} {
                        stream_timeout 24h
                    }
                    """,
                ),
            ),
        ),
        sources=(
            "RFC 6455, section 7.4.1",
            "Caddy documentation: reverse_proxy, stream_timeout",
            "uWebSockets documentation: maxLifetime",
        ),
        browser=browser.closes(1000),
        explains=(
            "closed-by-server",
            "close-policy-or-app-auth",
            "heartbeat-unanswered",
            "heartbeat-late",
            "pong-missing",
            "pong-late",
            "ws-connected-but-no-updates",
        ),
    ),
    Entry(
        code="close-not-echoed",
        severity=Severity.INFO,
        layer="session",
        title="The server does not answer a Close",
        explanation=(
            "After the client's Close no Close comes back and TCP stays open. The browser's close event arrives about "
            "two seconds late, and the server may hold dead sessions."
        ),
        recognised="Our Close stayed unanswered for 1 s. Told apart from close-abnormal-1006: the client began it.",
        fix=Fix(
            "Let the server's library answer Close frames, and keep reading until the end.",
            (
                snippet(
                    "Starlette or FastAPI",
                    """
                    try:
                        while True:
                            await handle(await websocket.receive_json())
                    except WebSocketDisconnect:
                        pass  # reading is what notices the client's Close
                    """,
                ),
            ),
        ),
        sources=("RFC 6455, section 5.5.1", "measured: Chromium 156"),
        browser="The close event comes about 2 s late.",
        degrades=False,
    ),
    Entry(
        code="close-reserved-code",
        severity=Severity.WARNING,
        layer="session",
        title="The server sends a reserved close code",
        explanation=(
            "1005, 1006 and 1015 exist for use inside a client and must not be sent. A browser treats such a Close as "
            "a broken frame and reports 1006 instead."
        ),
        recognised=(
            "One of these codes in a Close frame on the wire. Told apart from close-abnormal-1006: no frame there."
        ),
        fix=Fix(
            "Close with 1000, 1001, 1011 or a code from 4000 to 4999.",
            (
                snippet("Starlette or FastAPI", "await websocket.close(code=1011)"),
                snippet("Node (ws)", "client.close(1011, 'internal error')"),
            ),
        ),
        sources=("RFC 6455, section 7.4.1", "measured: Chromium 156"),
        browser=browser.invalid_frame("Received a broken close frame containing a reserved status code."),
        explains=_LEAST_HARM,
    ),
)
