"""Which further requests would tell the causes apart: a pure function from what was seen to what to ask next.

A healthy target is asked little more. Every step is there because a rule reads its answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from diag.dialects import AUTO, load
from diag.model import Route, http_origin
from diag.observations import Answer, NoAnswer
from diag.probes import follow_ups, suspicions
from diag.probes.requests import FOREIGN_HOST
from diag.seen import IDLE, IDLE_DATA, IDLE_PINGS, IDLE_PONGS, PONGS, Seen, message_count, same_answer
from diag.urls import host_and_port, host_header, is_loopback, path_of

COMMON_ORIGINS = tuple(f"http://localhost:{port}" for port in (3000, 3001, 4173, 4200, 5000, 5173, 5174, 8000, 8080))
"""Where development servers live by default; an allow list that lacks the page often holds one of these."""
COMMON_PATHS = (
    "/ws",
    "/websocket",
    "/socket",
    "/api/ws",
    "/ws/",
    "/",
    "/stream",
    "/live",
    "/socket/websocket",
    "/cable",
    "/socket.io/?EIO=4&transport=websocket",
)
ON_FAILED = ("get", "get-root", "get-sibling", "no-origin", "own-origin", "sibling", "version-99", "repeat")
ON_COMPARED = (
    "no-upgrade", "connection-close", "http-1.0", "http-1.0-no-upgrade", "no-key", "no-version", "version-99",
    "no-origin", "own-origin", "foreign-origin", "sibling",
)  # fmt: skip
LOOPBACK_NAMES = ("localhost", "127.0.0.1")
SHORT_WATCH_S = 1.0
_EARLY_CLOSE_MS = 2000.0
_ENOUGH_MESSAGES = 3
INTERNAL_ERROR = 1011
POLICY = 1008
_SAID_WHY = (1002, 1007, 1009, 1012)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a handshake variant (watched for `watch_s` seconds when it opens), or a connect to `port=…`."""

    route: Route
    variant: str
    watch_s: float = 0.0


def first_steps(seen: Seen) -> list[Step]:
    """After the handshakes: what to ask when the page's route did not open."""
    page = seen.page
    exchange = seen.exchange(page)
    if exchange is None:
        return []
    if seen.opens(page):
        asks = (*suspicions.opened(seen), *follow_ups.engine_first(seen))
        return [*_safety_steps(seen), *_balanced(page), *(Step(*ask) for ask in asks)]
    outcome = exchange.outcome
    if isinstance(outcome, NoAnswer) and outcome.stage in ("dns", "tcp", "proxy"):
        return [*_other_family(page), *(Step(*ask) for ask in suspicions.first(seen))]
    steps = [Step(page, variant) for variant in ON_FAILED]
    if isinstance(outcome, NoAnswer):
        steps.append(Step(page, "other-scheme"))
    for route in seen.others:
        host = f"host={host_header(page.url)}"
        if seen.answer(route):
            # A backend that refuses the page's Origin under its own Host may still be what a proxy leads to.
            compared = (*ON_COMPARED, host, f"host={FOREIGN_HOST}", *_rewritten_paths(page, route))
            steps += [Step(route, variant) for variant in (compared if seen.opens(route) else ("get", *compared))]
        elif seen.exchange(route):
            steps += [Step(route, variant) for variant in ("get", "no-origin", "own-origin", "sibling", host)]
    return [*steps, *(Step(*ask) for ask in (*suspicions.first(seen), *follow_ups.engine_first(seen)))]


def _balanced(page: Route) -> list[Step]:
    """A proxy may have several upstreams, and the first handshake met one of them."""
    return [Step(page, variant) for variant in ("repeat", "repeat=2")] if page.name == "proxy" else []


def _safety_steps(seen: Seen) -> list[Step]:
    """Where a session rides in cookies: would a foreign page's handshake pass as well?"""
    answer = seen.answer(seen.page)
    cookies = seen.target.cookies or (answer and answer.header("set-cookie"))
    return [Step(route, "foreign-origin") for route in seen.target.routes if seen.opens(route)] if cookies else []


def second_steps(seen: Seen) -> list[Step]:
    """After the first steps: allow lists and paths worth a try, and the backend's other address."""
    page = seen.page
    answer = seen.answer(page)
    if seen.exchange(page) is None:
        return []
    if seen.opens(page):
        return [Step(*ask) for ask in (*suspicions.allow_list(seen), *follow_ups.engine_second(seen))]
    steps = [Step(*ask) for ask in suspicions.second(seen)]
    if answer and 400 <= answer.status < 500 and not seen.open_route:
        known = {page.origin, seen.target.page}
        if not (seen.opens(page, "no-origin") or seen.opens(page, "own-origin")):
            steps += [Step(page, f"origin={origin}") for origin in _origins(seen) if origin not in known]
            steps.append(Step(page, f"origin={seen.target.page}/"))
        if same_answer(answer, seen.answer(page, "get-root")):
            steps += [Step(page, f"host={host}") for host in _hosts(seen)]
    if not seen.open_route and _as_any_path(seen, page):
        steps += [Step(page, f"path={path}") for path in _paths(seen)]
    direct = seen.open_route
    if direct and same_answer(answer, seen.answer(direct, "sibling")):
        steps.append(Step(page, f"path={path_of(page.url).rstrip('/')}{path_of(direct.url)}"))
    if seen.open_route and _upstream_failed(seen):
        steps += _other_family(seen.open_route)
    return list(dict.fromkeys(steps))


def silences(seen: Seen) -> list[Step]:
    """With an idle limit to look for: on each open route a silent session, and beside it one for each kind of traffic
    that may keep a session alive. The server's own words need no session: they come in the silent one, or not."""
    limit, client = seen.target.idle_limit_s, seen.target.client
    variants = [IDLE, IDLE_PINGS]
    if load(client.dialect).ping or client.dialect == AUTO:
        variants.append(IDLE_DATA)
    if not client.answers_pings:
        variants.append(IDLE_PONGS)
    routes = [route for route in seen.target.routes if limit and seen.opens(route)]
    return [Step(route, variant, limit) for route in routes for variant in variants]


def session_steps(seen: Seen) -> list[Step]:
    """After the sessions: the same once more, with the suspect left out."""
    page = seen.page
    session = seen.session(page)
    if session is None or session.closed is None:
        return []
    closed = session.closed
    if closed.how == "violation":
        return [Step(page, "no-deflate", SHORT_WATCH_S)]
    if not seen.target.client.answers_pings and any(row.kind == "ping" for row in session.received):
        return [Step(page, PONGS, closed.after_ms / 1000 + SHORT_WATCH_S)]
    steps = []
    steps += [Step(*ask, SHORT_WATCH_S) for ask in follow_ups.engine_session(seen)]
    own_code = closed.how == "close-frame" and (closed.code == POLICY or closed.code >= 3000)
    early = closed.after_ms < _EARLY_CLOSE_MS
    if own_code and early:
        origins = ("no-origin", "own-origin", *(f"origin={origin}" for origin in _origins(seen)))
        steps += [Step(page, variant, SHORT_WATCH_S) for variant in origins]
    if (closed.how in ("fin", "rst") or closed.code == INTERNAL_ERROR) and session.sent_total:
        steps.append(Step(page, "silent", closed.after_ms / 1000 + SHORT_WATCH_S))
    lasted = (closed.code in (1000, 1005) or (own_code and closed.code != POLICY)) and not early
    if (message_count(session) >= _ENOUGH_MESSAGES or lasted) and closed.code not in _SAID_WHY:
        steps.append(Step(page, "busy", closed.after_ms / 1000 + SHORT_WATCH_S))
    return steps


def size_steps(seen: Seen) -> list[Step]:
    """After a Close 1009: the next message of a search for the limit, at most `SIZE_SESSIONS` in all."""
    return [Step(*ask, SHORT_WATCH_S) for ask in follow_ups.sizes(seen)]


def _as_any_path(seen: Seen, page: Route) -> bool:
    """Whether the page's path gets what a path gets that nobody serves: an answer, or the end of the connection."""
    answer, silence, other = seen.answer(page), seen.silence(page), seen.silence(page, "sibling")
    if answer is not None:
        return same_answer(answer, seen.answer(page, "sibling"))
    ended = silence is not None and silence.stage == "http" and silence.reason in ("eof", "reset")
    return ended and other is not None and other.reason in ("eof", "reset")


def _origins(seen: Seen) -> list[str]:
    """Origins that the server may know: those its own CORS headers name, those of the routes, near misses of the
    page's own, and the usual ones."""
    named = [
        value
        for call in seen.calls
        for hop in call.hops
        for answer in (hop.preflight, hop.answer)
        if isinstance(answer, Answer)
        for value in answer.all("access-control-allow-origin")
        if value.startswith("http")
    ]
    return list(
        dict.fromkeys([*named, *(route.origin for route in seen.target.routes), *_misses(seen), *COMMON_ORIGINS])
    )


def _misses(seen: Seen) -> list[str]:
    """The page's origin with one slip: the other scheme, no port, the other name of this machine."""
    parts = urlsplit(seen.target.page)
    if not parts.hostname:
        return []
    other = {"http": "https", "https": "http"}.get(parts.scheme, parts.scheme)
    misses = [f"{other}://{parts.netloc}", f"{parts.scheme}://{parts.hostname}"]
    if is_loopback(parts.hostname):
        port = f":{parts.port}" if parts.port else ""
        misses += [f"{parts.scheme}://{name}{port}" for name in LOOPBACK_NAMES]
    return [origin for origin in misses if origin != seen.target.page]


def _hosts(seen: Seen) -> list[str]:
    """Hosts that the server may serve: those of the routes and of the page, and this machine's, each with the port
    and without."""
    urls = (seen.target.page, *(route.url for route in seen.target.routes))
    port = host_and_port(seen.page.url)[1]
    names = dict.fromkeys((*(urlsplit(url).hostname or "" for url in urls), *LOOPBACK_NAMES))
    hosts = [host for name in names if name and ":" not in name for host in (f"{name}:{port}", name)]
    return [host for host in hosts if host != host_header(seen.page.url)]


def _paths(seen: Seen) -> list[str]:
    """Paths at which the socket may be: one slip away, beside the REST API, and the usual ones."""
    path = path_of(seen.page.url)
    slashed = path.rstrip("/") if path.endswith("/") else f"{path}/"
    first, _, rest = path.lstrip("/").partition("/")
    last = path.rstrip("/").rpartition("/")[2]
    beside = [f"{folder}/{name}" for folder in _api_folders(seen) for name in (last, "ws")]
    slips = (slashed or "/", f"/{rest}", f"/{first}", f"/{last}", f"/api{path}", f"/ws{path}")
    return [other for other in dict.fromkeys((*slips, *beside, *COMMON_PATHS)) if other != path]


def _api_folders(seen: Seen) -> list[str]:
    """The folders above the page's REST requests on the same host, the root left out."""
    paths = [path_of(api.url) for api in seen.target.api if http_origin(api.url) == seen.page.origin]
    parts = [path.split("/")[1:-1] for path in paths]
    return list(dict.fromkeys("/" + "/".join(names[:n]) for names in parts for n in range(1, min(len(names), 3) + 1)))


def _rewritten_paths(page: Route, route: Route) -> list[str]:
    """What a proxy's rewriting may have made of the page's path, as variants for the compared route."""
    asked, served = path_of(page.url), path_of(route.url)
    first, _, rest = asked.lstrip("/").partition("/")
    prefix = "/" + served.lstrip("/").partition("/")[0]
    candidates = (asked, f"/{rest}", f"{prefix}{asked}", f"/{first}{asked}")
    return [f"path={path}" for path in dict.fromkeys(candidates) if path != served]


def _upstream_failed(seen: Seen) -> bool:
    answer, silence = seen.answer(seen.page), seen.silence(seen.page)
    return (answer is not None and answer.status in (502, 503, 504)) or (
        silence is not None and silence.stage == "http"
    )


def _other_family(route: Route) -> list[Step]:
    """For a loopback URL: both loopback addresses, since a server often listens on one only."""
    host, _, _ = host_and_port(route.url)
    return [Step(route, f"port={address}") for address in ("127.0.0.1", "::1")] if is_loopback(host) else []
