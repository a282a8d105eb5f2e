"""A page that is reloaded again and again: each time its socket closes with 1001 and a new one opens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

from diag.model import Target
from diag.observations import Answer
from diag.probes.rest import call
from diag.verify.ages import session_counts
from diag.verify.observed import Visit
from diag.verify.visit import LEFT, RELOADED, visit
from diag.wire.dial import Dialer

RELOADS = 3
_FIRST_WORD_S = 0.5
_SETTLE_S = 1.0
"""So long may a server take to notice that the last page has gone."""
_ASK_AGAIN_S = 0.2
_REST_S = 2.0


def reloads(target: Target, types: frozenset[str], wait_s: float, halt: Callable[[], bool]) -> tuple[Visit, ...]:
    """The page as it was, and the page after each reload, until one does not open.

    The first two are watched until all these types have come, for `wait_s` seconds at most; with none to wait for,
    until anything came. The others only matter where the server tells how many sessions it has.
    """
    visits: list[Visit] = []
    fewest: dict[str, int] = {}
    while len(visits) <= RELOADS and not halt() and not (visits and visits[-1].refused):
        if len(visits) > 1 and not fewest:
            break
        code = RELOADED if len(visits) < RELOADS else LEFT
        seconds = wait_s if len(visits) < 2 else _FIRST_WORD_S
        told: dict[str, int] = {}

        def ask(into: dict[str, int] = told, before: dict[str, int] = fewest) -> None:
            into |= settled(target, before, halt)

        def done(seen: Visit, wanted: frozenset[str] = types) -> bool:
            return bool(seen.pushes or seen.shapeless) and wanted <= seen.pushes.keys()

        found = visit(target, time.monotonic() + seconds, done, code=code, then=ask)
        visits.append(replace(found, counts={**found.counts, **told}))
        fewest = dict(visits[-1].counts)
    return tuple(visits)


def settled(target: Target, before: dict[str, int], halt: Callable[[], bool]) -> dict[str, int]:
    """The counts in the REST answers, asked for until they are back where they were, or for a second."""
    until = time.monotonic() + _SETTLE_S
    while True:
        told = _told(target)
        grown = any(value > before.get(place, value) for place, value in told.items())
        if not grown or halt() or time.monotonic() >= until:
            return told
        time.sleep(_ASK_AGAIN_S)


def _told(target: Target) -> dict[str, int]:
    found: dict[str, int] = {}
    dialer = Dialer.of(target)
    for index, request in enumerate(target.api):
        if request.method.upper() != "GET":
            continue
        done = call(target, index, request, dialer, deadline=time.monotonic() + _REST_S)
        if isinstance(done.final, Answer) and done.final.status < 400:
            counts = session_counts(_parsed(done.final.body))
            found |= {f"GET {request.url}: {path}": count for path, count in counts.items()}
    return found


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
