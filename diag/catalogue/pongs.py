"""The protocol's ping and pong frames."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import SILENT_SESSION
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="pong-missing",
        severity=Severity.ERROR,
        layer="heartbeat",
        title="The server does not answer protocol pings",
        explanation=(
            "A ping frame must be answered with a pong, and none came while other data flowed. Libraries do this by "
            "themselves unless it is switched off, or unless nobody reads from the connection. Browsers never send "
            "pings; proxies, monitors and other clients do."
        ),
        recognised=(
            "Pings unanswered, data still flows. Told apart from tunnel-stalled and backend-event-loop-blocked, where "
            "nothing flows, and from heartbeat-unanswered, which concerns the application's own messages."
        ),
        fix=Fix(
            "Let the server's library answer pings, and keep reading from the connection.",
            (
                snippet("Node (ws)", "const sockets = new WebSocketServer({ server, autoPong: true })"),
                snippet(
                    "aiohttp",
                    """
                    websocket = web.WebSocketResponse(autoping=True)
                    """,
                ),
            ),
        ),
        sources=("RFC 6455, sections 5.5.2 and 5.5.3", "measured: ws 8.23 with autoPong: false"),
        browser="Nothing: a browser sends no pings.",
        explains=("pong-late",),
    ),
    Entry(
        code="pong-late",
        severity=Severity.WARNING,
        layer="heartbeat",
        title="Pongs come late",
        explanation=(
            "The server answers pings, but so late that a stricter peer would have given the connection up. The "
            "process is busy, or a hop holds frames back."
        ),
        recognised=(
            "The time from ping to pong against the client's timeout. Told apart from backend-event-loop-blocked, "
            "where REST stalls too, and from proxy-delays-frames, where the direct route is prompt."
        ),
        fix=Fix(
            "Take blocking work out of the server's event loop.",
            (snippet("Python asyncio", "result = await asyncio.to_thread(blocking_call)"),),
        ),
        sources=("RFC 6455, section 5.5.3",),
        browser="Nothing: a browser sends no pings.",
    ),
    Entry(
        code="pong-wrong-payload",
        severity=Severity.WARNING,
        layer="heartbeat",
        title="Pongs do not repeat the ping's payload",
        explanation=(
            "A pong must carry the payload of the ping that it answers; these carry another. Clients that match pongs "
            "to pings by payload count them as lost."
        ),
        recognised=(
            "The pong's payload differs from that of every open ping. Told apart from an unsolicited pong by its time."
        ),
        fix=Fix(
            "Echo the ping's payload in the pong.",
            (snippet("Node (ws, with autoPong: false)", "client.on('ping', (payload) => client.pong(payload))"),),
        ),
        sources=("RFC 6455, section 5.5.3",),
        browser="Nothing: a browser sends no pings.",
    ),
    Entry(
        code="server-keepalive-timeout",
        severity=Severity.ERROR,
        layer="heartbeat",
        title="The server misses the client's pongs and closes",
        explanation=(
            "The server sends pings, gets no pong in time and closes with 1011 “keepalive ping timeout”. The client "
            "library does not answer pings, a hop swallows control frames, or the client is too busy to read. A "
            "browser answers by itself."
        ),
        recognised=(
            "Close 1011 with that reason, at the server's ping interval plus timeout; or any end that does not come "
            "when the server's pings are answered. Told apart from close-internal-1011 by the reason and from "
            "idle-timeout-backend by the pings that precede it."
        ),
        fix=Fix(
            "Let pings and pongs pass, and give the server a longer ping timeout.",
            (
                snippet("uvicorn (shell)", "uvicorn app:app --ws-ping-interval 20 --ws-ping-timeout 60"),
                snippet(
                    "websockets (Python)",
                    'server = await serve(handler, "127.0.0.1", 3000, ping_interval=20, ping_timeout=60)',
                ),
            ),
        ),
        sources=(
            "RFC 6455, sections 5.5.2 and 5.5.3",
            "uvicorn documentation: Settings, --ws-ping-timeout",
            "measured: uvicorn 0.54",
        ),
        browser=browser.closes(1011),
        explains=(*SILENT_SESSION, "close-internal-1011", "closed-by-server", "close-abnormal-1006"),
    ),
)
