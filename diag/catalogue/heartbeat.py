"""The application's own heartbeat."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="heartbeat-unanswered",
        severity=Severity.ERROR,
        layer="heartbeat",
        title="The application's heartbeat gets no answer",
        explanation=(
            "The client sends its heartbeat message and no answer comes, although the session lives. The client takes "
            "the connection for dead and reconnects, over and over. Protocol pongs do not help: page code cannot see "
            "them. Where the server beats by itself (Socket.IO, Action Cable), its beats or its greeting are missing."
        ),
        recognised=(
            "No answer within the client's timeout, while pushes or protocol pongs arrive. Told apart from "
            "heartbeat-late (it comes later), tunnel-stalled (nothing comes) and backend-handler-crash (the session "
            "ends)."
        ),
        fix=Fix(
            "Let the server answer the heartbeat message.",
            (
                snippet(
                    "Starlette or FastAPI",
                    """
                    if message["type"] == "connection:ping":
                        await websocket.send_json({
                            "type": "connection:pong",
                            "correlationId": message["messageId"],
                        })
                    """,
                ),
                snippet(
                    "Node (ws)",
                    """
                    if (message.type === 'connection:ping') {
                      client.send(JSON.stringify({ type: 'connection:pong', correlationId: message.messageId }))
                    }
                    """,
                ),
            ),
        ),
        sources=("websockets documentation: Keepalive and latency", "RFC 6455, section 5.5.2"),
        browser="The page's own timer fires and closes the socket; nothing on the console.",
    ),
    Entry(
        code="heartbeat-late",
        severity=Severity.WARNING,
        layer="heartbeat",
        title="Heartbeat answers come late",
        explanation=(
            "The answers arrive after the client's timeout, or after half its interval: the client is about to give "
            "up a connection that works. The server is loaded, or answers heartbeats behind other work."
        ),
        recognised=(
            "Round trips of the heartbeat against the client's timeout and interval. Told apart from "
            "heartbeat-unanswered by the answer, and from proxy-delays-frames by the direct route."
        ),
        fix=Fix(
            "Answer heartbeats before other work, and take blocking calls out of the event loop.",
            (snippet("Python asyncio", "result = await asyncio.to_thread(blocking_call)"),),
        ),
        sources=("websockets documentation: Keepalive and latency",),
        browser="The page's own timer may fire; nothing on the console.",
    ),
    Entry(
        code="heartbeat-correlation-mismatch",
        severity=Severity.WARNING,
        layer="heartbeat",
        title="Heartbeat answers carry another correlation id",
        explanation=(
            "The server answers, but with an id that belongs to no heartbeat of this client: a new one, or that of "
            "another session. Clients that match by id count every heartbeat as lost."
        ),
        recognised=(
            "The answer's correlation id against those that were sent. Told apart from heartbeat-unanswered by the "
            "answer."
        ),
        fix=Fix(
            "Copy the id of the heartbeat into its answer.",
            (
                snippet(
                    "Starlette or FastAPI",
                    """
                    await websocket.send_json({
                        "type": "connection:pong",
                        "correlationId": message["messageId"],
                    })
                    """,
                ),
            ),
        ),
        sources=("Enterprise Integration Patterns: Correlation Identifier",),
        browser="The page's own timer may fire; nothing on the console.",
    ),
    Entry(
        code="heartbeat-margin-thin",
        severity=Severity.ERROR,
        layer="heartbeat",
        title="The heartbeat is too slow for the idle timeout",
        explanation=(
            "The heartbeat's interval is close to the shortest idle timeout on the way, or above it. A little delay "
            "then lets the timeout win. With 60 s against 60 s the connection lives or dies by chance."
        ),
        recognised=(
            "The configured interval is 0.8 of the idle timeout or more. Told apart from idle-timeout-proxy and "
            "idle-timeout-backend, which report the timeout itself."
        ),
        fix=Fix(
            "Send the heartbeat at half the shortest idle timeout, less the round trip.",
            (
                snippet(
                    "Browser code",
                    """
                    const heartbeat = setInterval(() => {
                      socket.send(JSON.stringify({ type: 'connection:ping', messageId: crypto.randomUUID() }))
                    }, 25_000)  // for a timeout of 60 s
                    socket.addEventListener('close', () => clearInterval(heartbeat))
                    """,
                ),
            ),
        ),
        sources=("mattermost/docs#8929", "Lurkars/ghs-server#40"),
        browser=browser.DROPPED,
    ),
    Entry(
        code="control-frames-do-not-count",
        severity=Severity.INFO,
        layer="heartbeat",
        title="Protocol pings do not reset the idle timeout",
        explanation=(
            "An idle timeout on the way ends the session although ping frames are sent and answered; it counts the "
            "application's messages only. Servers that wait for the next message with a timeout behave so. A client "
            "that relies on its library's pings is cut all the same."
        ),
        recognised=(
            "In the search for idle limits, the session that only pings is cut with the silent one, and the one that "
            "sends the application's heartbeats lives on. Told apart from max-lifetime, where those do not help "
            "either."
        ),
        fix=Fix(
            "Send the application's own heartbeat, not the protocol's pings only.",
            (
                snippet(
                    "Browser code",
                    """
                    const heartbeat = setInterval(() => {
                      socket.send(JSON.stringify({ type: 'connection:ping', messageId: crypto.randomUUID() }))
                    }, 25_000)
                    socket.addEventListener('close', () => clearInterval(heartbeat))
                    """,
                ),
            ),
        ),
        sources=("RFC 6455, section 5.5.2", "measured: Starlette 1.10, a receive with a timeout"),
        browser="Nothing: a browser sends no pings.",
        degrades=False,
    ),
)
