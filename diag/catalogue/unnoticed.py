"""What a page does not notice: a connection that died without a word, and one that got slow."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="app-heartbeat-missing",
        severity=Severity.WARNING,
        layer="heartbeat",
        title="Nobody would notice a dead connection",
        explanation=(
            "The client has no heartbeat, and the server sends neither pings nor data for a minute and more. A browser "
            "sends no pings of its own. A connection that dies without FIN or RST (a laptop that sleeps, a network "
            "that changes, a NAT that forgets) stays open for the page, which shows old values as new ones."
        ),
        recognised=(
            "A session that was watched for more than a minute, in a dialect without a heartbeat, in which the server "
            "said nothing by itself and sent no ping. Told apart from heartbeat-unanswered (there is a heartbeat) and "
            "from the idle timeouts: here the session lives."
        ),
        fix=Fix(
            "Send a small message at half the shortest idle timeout, and reconnect when its answer stays away.",
            (
                snippet(
                    "Browser code",
                    """
                    const heartbeat = setInterval(() => {
                      if (Date.now() - lastMessageAt > 60_000) return socket.close()
                      socket.send(JSON.stringify({ type: 'ping' }))
                    }, 25_000)
                    socket.addEventListener('close', () => clearInterval(heartbeat))
                    """,
                ),
                snippet("uvicorn (shell)", "uvicorn app:app --ws-ping-interval 20 --ws-ping-timeout 20"),
            ),
        ),
        sources=("websockets documentation: Keepalive and latency", "RFC 6455, section 5.5.2"),
        browser="Nothing: no event and no line on the console.",
        degrades=False,
    ),
    Entry(
        code="rtt-degraded",
        severity=Severity.WARNING,
        layer="heartbeat",
        title="Round trips are slow or uneven on one route",
        explanation=(
            "Heartbeats over the page's route take long in one case of twenty or vary from one to the next, and over "
            "another route, at the same time, they do not. The hop between is short of CPU or of bandwidth, or another "
            "client's traffic waits in front of them."
        ),
        recognised=(
            "At least 20 round trips on both routes, the slowest of each left out: the 95th percentile is 200 ms or "
            "the jitter 100 ms at least, and three times that of the other route. Told apart from proxy-delays-frames, "
            "where most of them are late, and from backend-event-loop-blocked, where every route is."
        ),
        fix=Fix(
            "Look at the hop's CPU and bandwidth, and measure again.",
            (snippet("Shell (round trips over time)", "wsdiag watch ws://{proxy}{path}"),),
        ),
        sources=("ITU-T Recommendation G.114", "RFC 3550, section 6.4.1 (interarrival jitter)"),
        browser="Updates come unevenly; nothing on the console.",
        explains=("heartbeat-late", "pong-late"),
    ),
)
