"""Cut for silence: by the proxy or by the backend, and how that relates to the heartbeat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from diag.model import Finding, Route
from diag.observations import Closed
from diag.rules._cuts import idle_cut, lasted_as_long
from diag.rules._searches import IDLE_LIMIT, MAX_LIFETIME, NO_PONGS, Search, search, survivor, whose
from diag.rules._words import finding
from diag.seen import BROWSER, IDLE, IDLE_DATA, Seen

CODES = (
    "idle-timeout-proxy",
    "idle-timeout-backend",
    "heartbeat-margin-thin",
    "control-frames-do-not-count",
    "max-lifetime",
    "server-keepalive-timeout",
)
_SAFE_SHARE = 0.8
"""A heartbeat must come well before the limit: one late packet is enough otherwise."""
_WHO = {
    "proxy": "The proxy ends",
    "backend": "The server ends",
    "unknown": "The server, or a hop in front of it, ends",
}
_ENDS = {"fin": "FIN, no Close frame", "rst": "RST, no Close frame"}


def judge(seen: Seen) -> Iterator[Finding]:
    """A cut of the page's own session; what the search found, as far as it matters to this page's heartbeat.

    Where both saw the limit, the search saw it better: nginx leaves a timer alone that was set less than 300 ms ago
    (ngx_event_timer.h), so a session that has just been busy is cut that much too soon.
    """
    page, session = seen.page, seen.session(seen.page)
    found = search(seen, page)
    cut = idle_cut(session) if session else None
    met = cut is not None and not (session and lasted_as_long(session, seen.session(page, "busy")))
    if found and (found.found == IDLE_LIMIT or not met):
        yield from _searched(seen, page, found, met=met)
    elif session and session.closed and cut and met:
        yield _attributed(seen, page, session.closed, cut.silence_ms, BROWSER)
        if _thin(seen, cut.silence_ms):
            yield _margin(seen, page, cut.silence_ms)
    if found and found.pings is False and found.client_data:
        yield _deaf_to_pings(seen, page, found)


def _searched(seen: Seen, page: Route, found: Search, *, met: bool) -> Iterator[Finding]:
    """`met`: the page's own session was cut for silence, too. Any other end of it is told where it is read."""
    closed, own = found.session.closed, seen.session(page)
    if closed is None:
        return
    if found.found == IDLE_LIMIT and found.silence_ms is not None:
        if met or _interval_ms(seen) >= found.silence_ms or _useless(seen, found):
            yield _attributed(seen, page, closed, found.silence_ms, IDLE, _traffic(found))
        if _thin(seen, found.silence_ms):
            yield _margin(seen, page, found.silence_ms)
        if found.max_lifetime_ms is not None:
            later = _lifetime(seen, page, found.max_lifetime_ms, IDLE_DATA, ())
            yield replace(later, degrades=not _thin(seen, found.silence_ms))  # the page meets the idle limit first
    elif own is not None and own.closed is not None:
        return
    elif found.found == MAX_LIFETIME:
        silent = ("a silent session", f"ends after {closed.after_ms / 1000:.1f} s ({_ending(closed)})")
        yield _lifetime(seen, page, closed.after_ms, IDLE, (silent, *_traffic(found)))
    elif found.found == NO_PONGS:
        yield _unheard(seen, page, closed)


def _interval_ms(seen: Seen) -> float:
    return seen.target.client.heartbeat_interval_s * 1000


def _thin(seen: Seen, limit_ms: float) -> bool:
    return _interval_ms(seen) >= _SAFE_SHARE * limit_ms


def _useless(seen: Seen, found: Search) -> bool:
    """Whether the page's own heartbeats are of a kind that does not keep a session alive."""
    return (found.client_data if seen.dialect(found.session).ping else found.pings) is False


def _attributed(
    seen: Seen, page: Route, closed: Closed, limit_ms: float, variant: str, more: tuple[tuple[str, str], ...] = ()
) -> Finding:
    """Whose limit it is: the proxy's, when another route outlives the same silence."""
    who = whose(seen, page, variant, closed.after_ms)
    interval, silence = f"{_interval_ms(seen) / 1000:g} s", f"{limit_ms / 1000:.1f} s"
    evidence = [("silent for", f"{silence}, then cut ({_ending(closed)})"), ("heartbeat interval", interval)]
    evidence += [*_survived(seen, page, variant, closed.after_ms), *more]
    detail = f"{_WHO[who]} a session after {silence} of silence; the client's heartbeat comes every {interval}."
    code = "idle-timeout-proxy" if who == "proxy" else "idle-timeout-backend"
    return finding(seen, code, detail, route=page, evidence=evidence)


def _survived(seen: Seen, page: Route, variant: str, after_ms: float) -> list[tuple[str, str]]:
    other = survivor(seen, page, variant, after_ms)
    session = seen.session(other, variant) if other else None
    return [(other.name, f"lives for {session.watched_ms / 1000:.1f} s at least")] if other and session else []


def _traffic(found: Search) -> tuple[tuple[str, str], ...]:
    told = (("protocol pings", found.pings), ("client data", found.client_data), ("server data", found.server_data))
    words = {True: "kept alive", False: f"cut after {(found.closed_after_ms or 0) / 1000:.1f} s as well"}
    return tuple((label, words[kept]) for label, kept in told if kept is not None)


def _margin(seen: Seen, page: Route, limit_ms: float) -> Finding:
    interval, limit = f"{_interval_ms(seen) / 1000:g} s", f"{limit_ms / 1000:.1f} s"
    detail = f"A heartbeat every {interval} leaves no margin below an idle limit of {limit}."
    evidence = [("heartbeat interval", interval), ("idle limit", limit)]
    return finding(seen, "heartbeat-margin-thin", detail, route=page, evidence=evidence)


def _deaf_to_pings(seen: Seen, page: Route, found: Search) -> Finding:
    detail = "Protocol pings do not keep the session alive; the application's own messages do."
    return finding(seen, "control-frames-do-not-count", detail, route=page, evidence=_traffic(found))


def _lifetime(seen: Seen, page: Route, age_ms: float, variant: str, evidence: tuple[tuple[str, str], ...]) -> Finding:
    seconds = f"{age_ms / 1000:.1f} s"
    detail = f"{_WHO[whose(seen, page, variant, age_ms)]} each session after {seconds}, however much is said in it."
    busy = () if evidence else (("sessions with pings and with data", f"end after {seconds}"),)
    told = (*evidence, *busy, *_survived(seen, page, variant, age_ms))
    return finding(seen, "max-lifetime", detail, route=page, evidence=told)


def _unheard(seen: Seen, page: Route, closed: Closed) -> Finding:
    evidence = [
        ("ended", _ending(closed)),
        ("after", f"{closed.after_ms:.0f} ms"),
        ("the client answers pings", "yes" if seen.target.client.answers_pings else "no"),
    ]
    detail = "The server pings, gets no pong, and ends the session."
    return finding(seen, "server-keepalive-timeout", detail, route=page, evidence=evidence)


def _ending(closed: Closed) -> str:
    """How a session ended on the wire: `Close 1000 bye`, `FIN, no Close frame`."""
    return _ENDS.get(closed.how, f"Close {closed.code} {closed.reason}".strip())
