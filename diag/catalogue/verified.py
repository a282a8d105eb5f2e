"""What shows only when a page is used: it is reloaded, and it is looked at for longer than a moment."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="refresh-leaks-session",
        severity=Severity.WARNING,
        layer="session",
        title="The server keeps the sessions of pages that are gone",
        explanation=(
            "A reload closes the page's socket with 1001 and opens another one. The server's own count of sessions "
            "grows with each reload: the old session is never removed, or only after a long timeout. Every update is "
            "then sent to nobody as well, memory grows, and a limit of connections is reached by reloading."
        ),
        recognised=(
            "The number of sessions that the greeting or a REST answer tells is higher after each of several reloads, "
            "a second after the Close handshake. Told apart from other users by growing every time; a total of all "
            "sessions ever is not counted."
        ),
        fix=Fix(
            "Remove the session in a finally block, and let the server ping, so that silent ones end too.",
            (
                snippet(
                    "Starlette or FastAPI",
                    """
                    await manager.connect(websocket)
                    try:
                        while True:
                            await handle(await websocket.receive_json())
                    except WebSocketDisconnect:
                        pass
                    finally:
                        manager.disconnect(websocket)
                    """,
                ),
                snippet("uvicorn (shell)", "uvicorn app:app --ws-ping-interval 20 --ws-ping-timeout 20"),
            ),
        ),
        sources=("RFC 6455, section 7.4.1 (1001)", "uvicorn documentation: Settings, WebSocket ping interval"),
        browser="Nothing: the reloaded page works.",
    ),
    Entry(
        code="ui-stale-but-green",
        severity=Severity.ERROR,
        layer="updates",
        title="Updates keep coming, and tell nothing new",
        explanation=(
            "The socket is open, heartbeats are answered and messages arrive, but their sequence number or timestamp "
            "stands still. What feeds them has stopped: a dead worker, a cached answer, a snapshot that is sent again "
            "and again. The page shows a green light and old values."
        ),
        recognised=(
            "Several messages of one type, more than half a second apart, whose sequence or timestamp does not grow. "
            "Told apart from ws-connected-but-no-updates, where none arrive."
        ),
        fix=Fix(
            "Stamp the data where it is made, not where it is sent, and let the page show how old it is.",
            (
                snippet(
                    "Browser code",
                    """
                    function onUpdate(message) {
                      if (message.timestamp > newest) { newest = message.timestamp; show(message) }
                    }
                    setInterval(() => badge.classList.toggle('stale', Date.now() - newest > 15_000), 1_000)
                    """,
                ),
            ),
        ),
        sources=("louislam/uptime-kuma#1360",),
        browser="Nothing: the connection indicator is green.",
    ),
)
