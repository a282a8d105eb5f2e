"""When to say something in a session that is to be kept alive while nobody knows its idle limit yet. Pure."""

from __future__ import annotations

_SHORTEST_S = 0.5
_PARTS = 8
_SHARE = 1 / 16


def pulses(watch_s: float, heartbeat_s: float) -> list[float]:
    """Seconds since the opening at which a session says something, in a watch of `watch_s` seconds.

    The pauses grow with the session's age: whatever its limit is, a session that is cut at the limit never paused for
    more than a small share of it, and a watch of an hour takes few frames. No pause is longer than the page's own,
    `heartbeat_s`, unless that is shorter than half a second.
    """
    shortest = min(_SHORTEST_S, watch_s / _PARTS)
    found, at = [], shortest
    while shortest and at < watch_s:
        found.append(at)
        at += max(shortest, min(at * _SHARE, heartbeat_s))
    return found
