"""Everything works, and slowly: the handshake, the frames through the proxy, the backend's whole event loop."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Session
from diag.rules._words import finding
from diag.seen import Seen

CODES = ("handshake-slow", "proxy-delays-frames", "backend-event-loop-blocked")
_SLOW_HANDSHAKE_MS = 1000.0
_STALL_MS = 300.0
_FACTOR = 5


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
        yield from _frames(seen, page, session)


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


def _median(session: Session, kind: str) -> float | None:
    trips = [
        beat.answered_ms - beat.at_ms for beat in session.beats if beat.kind == kind and beat.answered_ms is not None
    ]
    return statistics.median(trips) if trips else None


def _upgrade_time(seen: Seen, route: Route) -> str:
    exchange = seen.exchange(route)
    took = exchange.phases.upgrade if exchange else None
    return "not reached" if took is None else f"{took:.0f} ms"
