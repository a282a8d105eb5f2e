"""The socket works and the page still shows nothing new."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="ws-connected-but-no-updates",
        severity=Severity.ERROR,
        layer="updates",
        title="Connected, but the expected updates never come",
        explanation=(
            "The socket is open and its heartbeat is fine, but messages of an expected type do not arrive. The client "
            "never subscribed, the session is not authorised for the topic, or the server broadcasts in another "
            "process than the one that holds the socket."
        ),
        recognised=(
            "101, a living heartbeat, and none of the expected types within the watch. Told apart from tunnel-stalled "
            "(no data at all) and from dev-server-hmr-collision (messages of another protocol)."
        ),
        fix=Fix(
            "Subscribe after every open, and broadcast through something that all server processes share.",
            (
                snippet(
                    "Browser code",
                    """
                    socket.addEventListener('open', () => {
                      socket.send(JSON.stringify({ type: 'subscribe', topics: ['bot_status', 'health'] }))
                    })
                    """,
                ),
                snippet("uvicorn (is it the number of processes; shell)", "uvicorn app:app --workers 1"),
                snippet(
                    "Redis (Python: broadcast across processes)",
                    """
                    await redis.publish("updates", json.dumps(update))
                    """,
                ),
            ),
        ),
        sources=("0x0ade/CelesteNet#87", "uvicorn documentation: Deployment, running multiple workers"),
        browser=browser.TUNNEL_OPEN,
    ),
    Entry(
        code="api-field-case-mismatch",
        severity=Severity.ERROR,
        layer="updates",
        title="Field names differ in case between server and page",
        explanation=(
            "The server sends bot_status where the page reads botStatus, or the other way round. JavaScript raises no "
            "error: the value is undefined and the display stays empty or old."
        ),
        recognised=(
            "One field under two spellings, in a live message and in a REST answer or the page. Told apart from "
            "ws-connected-but-no-updates: the data does arrive."
        ),
        fix=Fix(
            "Convert the names at one boundary, on the server or in the client's API layer.",
            (
                snippet(
                    "Pydantic (send camelCase)",
                    """
                    class Update(BaseModel):
                        model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
                        bot_status: str

                    await websocket.send_text(update.model_dump_json(by_alias=True))
                    """,
                ),
                snippet(
                    "Browser code (accept snake_case)",
                    r"""
                    const camel = (key) => key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())
                    const camelKeys = (object) =>
                      Object.fromEntries(Object.entries(object).map(([key, value]) => [camel(key), value]))
                    """,
                ),
            ),
        ),
        sources=(
            "Pydantic documentation: Alias, alias generators",
            "KanishJebaMathewM/Truxify#1784",
            "mowglinext/mowglinext#84",
            "brewmarsh/meraki-homeassistant#2271",
        ),
        browser=browser.TUNNEL_OPEN,
        explains=("ws-connected-but-no-updates",),
    ),
    Entry(
        code="ws-rest-value-divergence",
        severity=Severity.WARNING,
        layer="updates",
        title="The WebSocket and REST disagree about a value",
        explanation=(
            "For one and the same thing the pushed messages carry one value and the REST answers another, and both "
            "keep to it: one of the two reads a cache, a replica or another process's memory. What the page shows "
            "depends on which way it got its data, so it changes with a reload or with the fallback to polling."
        ),
        recognised=(
            "A field of a thing with an id: every push gives it one value, and REST gives another one before the "
            "pushes and after them. Numbers, times and texts are not compared, nor answers that may be cached. Told "
            "apart from api-field-case-mismatch, where the names differ."
        ),
        fix=Fix(
            "Let both read from one place, and put a version into both.",
            (
                snippet(
                    "Starlette or FastAPI (one source for both)",
                    """
                    @app.get("/api/bots")
                    async def bots() -> list[dict[str, str]]:
                        return await store.read_all()  # the same that broadcast() reads
                    """,
                ),
            ),
        ),
        sources=("RFC 9111, section 4.2 (freshness)",),
        browser=browser.TUNNEL_OPEN,
    ),
)
