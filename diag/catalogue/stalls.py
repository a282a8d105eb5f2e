"""Everything comes late: the backend or the proxy holds it up."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._consequences import SILENT_SESSION
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="backend-event-loop-blocked",
        severity=Severity.ERROR,
        layer="heartbeat",
        title="The backend's event loop is blocked",
        explanation=(
            "Heartbeats, pushes and REST answers of the backend stall together and come back together: one blocking "
            "call in the event loop holds all clients up. Longer timeouts hide it and cure nothing."
        ),
        recognised=(
            "Stalls at the same moments on the socket and on REST, on both routes. Told apart from "
            "proxy-delays-frames (the proxied route only) and from heartbeat-late (the heartbeat only)."
        ),
        fix=Fix(
            "Move blocking calls to a thread or a worker process.",
            (
                snippet("Python asyncio", "result = await asyncio.to_thread(blocking_call)"),
                snippet("Python (find the call; shell)", "PYTHONASYNCIODEBUG=1 uvicorn app:app"),
                snippet("Node (find the call; shell)", "node --cpu-prof server.js"),
            ),
        ),
        sources=(
            "Python documentation: Developing with asyncio, “Running Blocking Code”",
            "Node.js documentation: Don't Block the Event Loop",
        ),
        browser="Everything stands still for moments; nothing on the console.",
        explains=(*SILENT_SESSION, "proxy-delays-frames", "handshake-slow", "rest-timeout", "rest-unhealthy"),
    ),
    Entry(
        code="proxy-delays-frames",
        severity=Severity.WARNING,
        layer="heartbeat",
        title="The proxy holds frames back",
        explanation=(
            "Heartbeats and pushes come late or in bursts through the proxy, and promptly on the direct route. A "
            "bandwidth limit or an inspecting filter buffers the tunnel. nginx's proxy_buffering is not the cause: it "
            "does not apply to an upgraded connection."
        ),
        recognised=(
            "The delay shows on the proxied route only. Told apart from backend-event-loop-blocked, which shows on "
            "both, and from tunnel-stalled, where nothing arrives."
        ),
        fix=Fix(
            "Exempt the path from rate limits and content inspection in the proxy.",
            (
                snippet(
                    "HAProxy (no bwlim filter on this backend)",
                    """
                    backend app
                        timeout tunnel 1h
                        server app1 {backend}
                    """,
                ),
                snippet(
                    "ModSecurity (exempt the path)",
                    """
                    SecRule REQUEST_URI "@beginsWith {path}" "id:10001,phase:1,pass,nolog,ctl:ruleEngine=Off"
                    """,
                ),
            ),
        ),
        sources=("HAProxy configuration manual: bandwidth limitation filters", "RFC 6455, section 1.3"),
        browser="Updates come in bursts; nothing on the console.",
        explains=("heartbeat-late", "heartbeat-unanswered", "pong-late", "pong-missing", "handshake-slow"),
    ),
)
