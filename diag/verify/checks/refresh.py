"""`survives-refresh`: after a reload the page's socket opens again, its state is back, and the old session is gone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from diag.verify.checks.connects import usable
from diag.verify.checks.ruling import (
    NO_PAGE,
    Ruling,
    count,
    failed,
    found,
    gone,
    own,
    passed,
    refused_with,
    shortly,
    skipped,
)
from diag.verify.observed import Observed, Visit

CODES = ("refresh-leaks-session",)
_MISSING, _LIMIT = "ws-connected-but-no-updates", "connection-limit"
_READINGS = 3
"""So many counts in a row that each are higher than the one before are no coincidence."""


def check(seen: Observed) -> Ruling:
    """Refused, without its state, or beside a session that nobody holds any more."""
    if not usable(seen):
        return skipped(NO_PAGE)
    visits = seen.reloads
    if not visits or (len(visits) < 2 and visits[0].opened):
        return Ruling("broken", because="the page was not reloaded")
    did = _did(visits)
    if refused := next((visit.refused for visit in visits if visit.refused), None):
        return failed(did, refused, "the reloaded page gets no socket", refused_with(seen, refused, _LIMIT))
    before, after = visits[0], visits[1]
    if missing := gone(seen, before.pushes, after.pushes):
        return _lost(seen, did, after, missing)
    saw = f"{_first_word(after)}; {_told(visits)}"
    if leak := _leak(visits):
        place, values = leak
        growth = ", ".join(map(str, values))
        because = f"the server keeps the session of a page that is gone: {place} goes {growth}"
        detail = f"With every reload the server counts one session more: {growth}."
        return failed(did, saw, because, own(seen, CODES[0], detail, (place, growth)))
    return passed(did, saw)


def _did(visits: Sequence[Visit]) -> str:
    reloads = len(visits) - 1
    if not reloads:
        return "opened the page once more"
    return f"closed with 1001 and opened again, as a reload does{f', {reloads} times' if reloads > 1 else ''}"


def _lost(seen: Observed, did: str, after: Visit, missing: Sequence[str]) -> Ruling:
    came = ", ".join(sorted(after.pushes)) or "nothing"
    closed = f"; the server closed it: {after.closed}" if after.closed else ""
    detail = f"After a reload {', '.join(missing)} does not come again."
    known = found(seen, codes=(_MISSING,))
    evidence = (("before the reload", ", ".join(missing)), ("after it", came))
    cause = known.code if known else own(seen, _MISSING, detail, *evidence)
    return failed(did, f"after the reload came {came}{closed}", f"no {', no '.join(missing)} after the reload", cause)


def _first_word(after: Visit) -> str:
    if not after.pushes:
        what = "only messages without a type are" if after.shapeless else "nothing is"
        return f"open again; {what} pushed, before the reload or after it"
    first_ms = min(push.first_ms for push in after.pushes.values())
    return f"open again, the first message after {shortly(first_ms)}, {count(len(after.pushes), 'type')} as before"


def _told(visits: Sequence[Visit]) -> str:
    counts = _series(visits)
    if not counts:
        return "the server tells no number of sessions, so old ones could not be counted"
    place, values = next(iter(counts.items()))
    return f"{place} goes {', '.join(map(str, values))}"


def _leak(visits: Sequence[Visit]) -> tuple[str, tuple[int, ...]] | None:
    growing = (
        (place, values)
        for place, values in _series(visits).items()
        if len(values) >= _READINGS and all(later > earlier for earlier, later in pairwise(values))
    )
    return next(growing, None)


def _series(visits: Sequence[Visit]) -> dict[str, tuple[int, ...]]:
    """The counts that every visit was told, by their place."""
    places = [place for place in visits[0].counts if all(place in visit.counts for visit in visits)]
    return {place: tuple(visit.counts[place] for visit in visits) for place in places}
