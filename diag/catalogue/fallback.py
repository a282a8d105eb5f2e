"""What an outage does to the page: noticed or not, polling for ever, messages that nobody sends again."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

_REPROBE = snippet(
    "Browser code",
    """
    function fallBack(reason) {
      banner.textContent = 'Live updates are lost; values are refreshed every 10 s.'
      const polling = setInterval(poll, 10_000)
      const probing = setInterval(() => {  // keep trying upwards
        const socket = new WebSocket(url)
        socket.addEventListener('open', () => {
          clearInterval(polling)
          clearInterval(probing)
          banner.textContent = ''
          use(socket)
        })
      }, 60_000)
      metrics.count('transport_fallback', { reason })
    }
    """,
)

ENTRIES = (
    Entry(
        code="half-open-undetected",
        severity=Severity.ERROR,
        layer="heartbeat",
        title="A dead connection goes unnoticed",
        explanation=(
            "The other side vanished without FIN or RST, as it does when a network changes, a NAT forgets or a machine "
            "loses power. TCP says nothing for minutes, and a browser sends no pings of its own. Without a heartbeat "
            "that has a deadline the page shows a green light and old values."
        ),
        recognised=(
            "Nothing passes for 30 s, or for longer than heartbeat and timeout together, and the client reports no "
            "event. Told apart from heartbeat-unanswered, where other messages arrive, and from close-abnormal-1006, "
            "where the end is seen."
        ),
        fix=Fix(
            "Beat every 15 s or so, and close the socket when an answer is 5 s late.",
            (
                snippet(
                    "Browser code",
                    """
                    let late
                    const beating = setInterval(() => {
                      socket.send(JSON.stringify({ type: 'connection:ping', messageId: crypto.randomUUID() }))
                      late ??= setTimeout(() => socket.close(4000, 'no answer'), 5_000)
                    }, 15_000)
                    socket.addEventListener('message', () => { clearTimeout(late); late = undefined })
                    socket.addEventListener('close', () => { clearInterval(beating); reconnectLater() })
                    """,
                ),
            ),
        ),
        sources=("websocat#237", "longhorn-ui#57", "websockets documentation: Keepalive and latency"),
        browser="Nothing at all: no event and no line on the console, for minutes.",
    ),
    Entry(
        code="fallback-permanent",
        severity=Severity.ERROR,
        layer="session",
        title="The page polls for ever once it has fallen back",
        explanation=(
            "The page has given up its WebSocket and polls. The server is back, and the page never tries a socket "
            "again: it polls until it is reloaded. After one longer outage every open page is in this state, and the "
            "server answers polls instead of pushing."
        ),
        recognised=(
            "The connection works again, REST polls go on, and no handshake comes. Told apart from fallback-silent, "
            "which is about the user not knowing, and from retry-window-too-short, which is how the page got there."
        ),
        fix=Fix("While polling, try a WebSocket every minute, and stop polling when one opens.", (_REPROBE,)),
        sources=("kuma PR#4216",),
        browser="REST requests at a fixed cadence in the network panel, and no WebSocket.",
    ),
    Entry(
        code="fallback-silent",
        severity=Severity.ERROR,
        layer="session",
        title="The page falls back to polling and nobody is told",
        explanation=(
            "The WebSocket is lost, and REST polling takes its place behind the scenes. Values still change, later "
            "and at the server's cost, so neither users nor operators notice. The incident stays open for weeks."
        ),
        recognised=(
            "REST polls at the fallback's cadence while no socket is open. Told apart from fallback-permanent, where "
            "the socket would work again. Whether the page itself says so cannot be seen from outside."
        ),
        fix=Fix("Show the transport in use, count fallbacks as a metric, and log the reason.", (_REPROBE,)),
        sources=("aspnetcore#36764", "focalboard#569"),
        browser="REST requests at a fixed cadence in the network panel; the page looks as always.",
    ),
    Entry(
        code="messages-lost-on-reconnect",
        severity=Severity.ERROR,
        layer="updates",
        title="Messages are lost between two sessions",
        explanation=(
            "The client is back, and what was pushed while it was away is never sent. A page that adds up what it "
            "receives is wrong from then on; one that shows states is wrong until the next change of each."
        ),
        recognised=(
            "The sequence numbers jump from the last message of one session to the first of the next. Told apart from "
            "ws-connected-but-no-updates, where nothing comes at all."
        ),
        fix=Fix(
            "Send the last number seen when reconnecting and let the server send the rest, or fetch the state anew.",
            (
                snippet(
                    "Browser code",
                    """
                    socket.addEventListener('open', async () => {
                      show(await (await fetch('/api/bots')).json())  // the state as it is now
                      socket.send(JSON.stringify({ type: 'resume', after: lastSequence }))
                    })
                    """,
                ),
                snippet(
                    "Socket.IO (Node)",
                    "const io = new Server(server, { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } })",
                ),
            ),
        ),
        sources=("Socket.IO documentation: Connection state recovery",),
        browser="Nothing on the console; what the page shows is incomplete.",
    ),
)
