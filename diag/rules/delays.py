"""Everything works, and slowly: the handshake, the frames through the proxy, the backend's whole event loop."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Session
from diag.report import Distribution
from diag.rules._routes import distribution
from diag.rules._words import finding
from diag.seen import Seen

CODES = ("handshake-slow", "proxy-delays-frames", "backend-event-loop-blocked", "rtt-degraded")
_SLOW_HANDSHAKE_MS = 1000.0
_STALL_MS = 300.0
_FACTOR = 5
_ENOUGH_TRIPS = 20
"""Fewer round trips say nothing about their ninety-fifth percentile."""
_DEGRADED_MS, _JITTER_MS, _WORSE = 200.0, 100.0, 3
"""Beyond 200 ms people notice a delay (ITU-T G.114 bounds one way of a conversation at 150 ms)."""


def judge(seen: Seen) -> Iterator[Finding]:
    """The page's route only; the other routes are what it is compared with."""
    page = seen.page
    exchange, session = seen.exchange(page), seen.session(page)
    took = exchange.phases.upgrade if exchange else None
    if seen.opens(page) and took is not None and took >= _SLOW_HANDSHAKE_MS:
        detail = f"The 101 took {took / 1000:.1f} s after the connection stood."
        evidence = [(f"{route.name}, upgrade", _upgrade_time(seen, route)) for route in seen.target.routes]
        yield finding(seen, "handshake-slow", detail, route=page, evidence=evidence)
    if session is not None and session.closed is None:
        stalled = list(_frames(seen, page, session))
        yield from stalled or _degraded(seen, page, session)


def _frames(seen: Seen, page: Route, session: Session) -> Iterator[Finding]:
    ours, pongs = _median(session, "application"), _median(session, "protocol")
    slow = max(ours or 0.0, pongs or 0.0)
    if slow < _STALL_MS:
        return
    for route in seen.others:
        other = seen.session(route)
        theirs = _median(other, "application") if other else None
        if ours is not None and theirs is not None and ours > _FACTOR * max(theirs, 1.0):
            evidence = [(page.name, f"median {ours:.0f} ms"), (route.name, f"median {theirs:.0f} ms")]
            detail = f"Heartbeats take {ours:.0f} ms through {page.name} and {theirs:.0f} ms over {route.name}."
            yield finding(seen, "proxy-delays-frames", detail, route=page, evidence=evidence)
            return
    if ours is None or pongs is None or min(ours, pongs) < _STALL_MS:
        return
    stalled = [call for call in seen.calls if call.took_ms >= _STALL_MS]
    if stalled:
        evidence = [("heartbeats", f"median {ours:.0f} ms"), ("protocol pings", f"median {pongs:.0f} ms")]
        evidence += [(f"{call.method} {call.url}", f"{call.took_ms:.0f} ms") for call in stalled[:3]]
        detail = "Heartbeats, protocol pings and REST answers of this backend all stall together."
        yield finding(seen, "backend-event-loop-blocked", detail, route=page, evidence=evidence)


def _degraded(seen: Seen, page: Route, session: Session) -> Iterator[Finding]:
    """Most round trips are well, the slow ones are not, and another route at the same time has none of them."""
    ours = _spread(session)
    if ours is None or (ours.p95 < _DEGRADED_MS and ours.jitter < _JITTER_MS):
        return
    for route in seen.others:
        other = seen.session(route)
        theirs = _spread(other) if other and other.closed is None else None
        if theirs is None:
            continue
        late = ours.p95 >= max(_DEGRADED_MS, _WORSE * theirs.p95)
        uneven = ours.jitter >= max(_JITTER_MS, _WORSE * theirs.jitter)
        if late or uneven:
            evidence = [
                (name, f"p95 {one.p95:.0f} ms, jitter {one.jitter:.0f} ms, median {one.p50:.0f} ms")
                for name, one in ((page.name, ours), (route.name, theirs))
            ]
            evidence.append(("between them", f"p95 {ours.p95 - theirs.p95:+.0f} ms"))
            detail = f"Round trips over {page.name} are slow or uneven, and those over {route.name} are not."
            yield finding(seen, "rtt-degraded", detail, route=page, evidence=evidence)
            return


def _spread(session: Session) -> Distribution | None:
    """The round trips of the heartbeats, the slowest one left out: one slow packet is nobody's fault."""
    kind = "application" if any(beat.kind == "application" for beat in session.beats) else "protocol"
    trips = _trips(session, kind)
    if len(trips) < _ENOUGH_TRIPS:
        return None
    trips.remove(max(trips))
    return distribution(trips)


def _trips(session: Session, kind: str) -> list[float]:
    return [trip for beat in session.beats if beat.kind == kind and (trip := beat.trip_ms) is not None]


def _median(session: Session, kind: str) -> float | None:
    trips = _trips(session, kind)
    return statistics.median(trips) if trips else None


def _upgrade_time(seen: Seen, route: Route) -> str:
    exchange = seen.exchange(route)
    took = exchange.phases.upgrade if exchange else None
    return "not reached" if took is None else f"{took:.0f} ms"
