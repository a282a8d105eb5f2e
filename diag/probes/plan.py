"""Which further requests would tell the causes apart: a pure function from what was seen to what to ask next.

A healthy target is asked nothing more. Every step is there because a rule reads its answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from diag.model import Route
from diag.observations import Answer, NoAnswer
from diag.probes.requests import FOREIGN_HOST
from diag.seen import IDLE, Seen, message_count, same_answer
from diag.urls import host_and_port, host_header, is_loopback, path_of

COMMON_ORIGINS = tuple(f"http://localhost:{port}" for port in (3000, 3001, 4200, 5173, 8000, 8080))
"""Where development servers live by default; an allow list that lacks the page often holds one of these."""
COMMON_PATHS = ("/ws", "/websocket", "/socket", "/api/ws", "/ws/", "/socket.io/?EIO=4&transport=websocket")
ON_FAILED = ("get", "get-root", "get-sibling", "no-origin", "own-origin", "sibling", "version-99", "repeat")
ON_COMPARED = ("no-upgrade", "connection-close", "http-1.0", "http-1.0-no-upgrade", "no-key", "own-origin", "sibling")
SHORT_WATCH_S = 1.0
_EARLY_CLOSE_MS = 2000.0
_ENOUGH_MESSAGES = 3
_SAID_WHY = (1001, 1002, 1007, 1009, 1012, 1013)


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
        return _safety_steps(seen)
    outcome = exchange.outcome
    if isinstance(outcome, NoAnswer) and outcome.stage in ("dns", "tcp"):
        return _other_family(page)
    steps = [Step(page, variant) for variant in ON_FAILED]
    if isinstance(outcome, NoAnswer):
        steps.append(Step(page, "other-scheme"))
    for route in seen.others:
        if seen.opens(route):
            hosts = (f"host={host_header(page.url)}", f"host={FOREIGN_HOST}")
            steps += [Step(route, variant) for variant in (*ON_COMPARED, *hosts, *_rewritten_paths(page, route))]
        elif seen.exchange(route):
            host = f"host={host_header(page.url)}"
            steps += [Step(route, variant) for variant in ("get", "no-origin", "own-origin", "sibling", host)]
    return steps


def _safety_steps(seen: Seen) -> list[Step]:
    """Where a session rides in cookies: would a foreign page's handshake pass as well?"""
    answer = seen.answer(seen.page)
    cookies = seen.target.cookies or (answer and answer.header("set-cookie"))
    return [Step(route, "foreign-origin") for route in seen.target.routes if seen.opens(route)] if cookies else []


def second_steps(seen: Seen) -> list[Step]:
    """After the first steps: allow lists and paths worth a try, and the backend's other address."""
    page = seen.page
    answer = seen.answer(page)
    if seen.exchange(page) is None or seen.opens(page):
        return []
    steps = []
    if answer and 400 <= answer.status < 500 and not seen.open_route:
        known = {page.origin, seen.target.page}
        if not (seen.opens(page, "no-origin") or seen.opens(page, "own-origin")):
            steps += [Step(page, f"origin={origin}") for origin in _origins(seen) if origin not in known]
            steps.append(Step(page, f"origin={seen.target.page}/"))
        if same_answer(answer, seen.answer(page, "sibling")):
            steps += [Step(page, f"path={path}") for path in _paths(page)]
    if seen.open_route and _upstream_failed(seen):
        steps += _other_family(seen.open_route)
    return steps


def silences(seen: Seen) -> list[Step]:
    """With an idle limit to look for: one silent session on each open route, side by side."""
    limit = seen.target.idle_limit_s
    return [Step(route, IDLE, limit) for route in seen.target.routes if limit and seen.opens(route)]


def session_steps(seen: Seen) -> list[Step]:
    """After the sessions: the same once more, with the suspect left out."""
    page = seen.page
    session = seen.session(page)
    if session is None or session.closed is None:
        return []
    closed = session.closed
    if closed.how == "violation":
        return [Step(page, "no-deflate", SHORT_WATCH_S)]
    if (
        closed.how == "close-frame"
        and closed.after_ms < _EARLY_CLOSE_MS
        and (closed.code == 1008 or closed.code >= 3000)
    ):
        origins = ("no-origin", "own-origin", *(f"origin={origin}" for origin in _origins(seen)))
        return [Step(page, variant, SHORT_WATCH_S) for variant in origins]
    steps = []
    if closed.how in ("fin", "rst") and session.sent_total:
        steps.append(Step(page, "silent", closed.after_ms / 1000 + SHORT_WATCH_S))
    if message_count(session) >= _ENOUGH_MESSAGES and closed.code not in _SAID_WHY:
        steps.append(Step(page, "busy", closed.after_ms / 1000 + SHORT_WATCH_S))
    return steps


def _origins(seen: Seen) -> list[str]:
    """Origins that the server may know: those its own CORS headers name, those of the routes, and the usual ones."""
    named = [
        value
        for call in seen.calls
        for hop in call.hops
        for answer in (hop.preflight, hop.answer)
        if isinstance(answer, Answer)
        for value in answer.all("access-control-allow-origin")
        if value.startswith("http")
    ]
    return list(dict.fromkeys([*named, *(route.origin for route in seen.target.routes), *COMMON_ORIGINS]))


def _paths(page: Route) -> list[str]:
    path = path_of(page.url)
    slashed = path.rstrip("/") if path.endswith("/") else f"{path}/"
    return [other for other in dict.fromkeys((slashed or "/", *COMMON_PATHS)) if other != path]


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
