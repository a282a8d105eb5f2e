"""The eight checks, in the order of the incident's checklist. Pure: what was observed goes in, a ruling comes out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from diag.verify import observed
from diag.verify.checks import connects, cors, fallback, heartbeat, reconnects, refresh, updates
from diag.verify.checks.ruling import Ruling
from diag.verify.observed import Observed

CODES = (*updates.CODES, *fallback.CODES, *refresh.CODES, *reconnects.CODES)
"""What the checks themselves can find; everything else they name was found by the probe."""

_CHECKS: dict[str, tuple[Callable[[Observed], Ruling], str]] = {
    "connects": (connects.check, observed.PROBE),
    "no-cors-errors": (cors.check, observed.PROBE),
    "status-updates": (partial(updates.check, health=False), observed.LISTEN),
    "health-updates": (partial(updates.check, health=True), observed.LISTEN),
    "no-fallback": (fallback.check, observed.WATCH),
    "heartbeat": (heartbeat.check, observed.BEATS),
    "survives-refresh": (refresh.check, observed.RELOADS),
    "reconnects": (reconnects.check, observed.CUT),
}
IDS = tuple(_CHECKS)


def rulings(seen: Observed) -> dict[str, Ruling]:
    """Every check's ruling by its id.

    A prerequisite that failed makes it a skip, what wsdiag could not do to its end makes it broken.
    """
    return {name: _ruled(seen, check, activity) for name, (check, activity) in _CHECKS.items()}


def took_ms(seen: Observed, name: str) -> float:
    """How long what a check looks at took, in milliseconds."""
    return seen.took_ms.get(_CHECKS[name][1], 0.0)


def _ruled(seen: Observed, check: Callable[[Observed], Ruling], activity: str) -> Ruling:
    if activity in seen.broken and connects.usable(seen):
        return Ruling("broken", because=seen.broken[activity])
    return check(seen)
