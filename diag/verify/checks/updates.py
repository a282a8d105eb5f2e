"""`status-updates` and `health-updates`: what is expected is pushed, well-formed, and goes on.

An expected type (`--expect`) with `health` in its name is a health update, every other one a status update.
"""

from __future__ import annotations

from diag.verify.checks.connects import usable
from diag.verify.checks.ruling import (
    NO_PAGE,
    Ruling,
    count,
    failed,
    found,
    own,
    passed,
    refused_with,
    seconds,
    shortly,
    skipped,
)
from diag.verify.observed import Observed, Push, Visit

CODES = ("ui-stale-but-green",)
_MISSING, _SPELLED = "ws-connected-but-no-updates", "api-field-case-mismatch"
_FIELD = "WebSocket "
_STILL_MS = 500.0
"""Two messages sooner than that may well tell the same time."""


def is_health(name: str) -> bool:
    """Whether an expected type belongs to `health-updates`."""
    return "health" in name.casefold()


def check(seen: Observed, *, health: bool) -> Ruling:
    """Missing, then standing still, then spelled unlike the REST answers."""
    types = [name for name in seen.target.expect if is_health(name) is health]
    visit = seen.listened
    if not usable(seen):
        return skipped(NO_PAGE)
    if not types:
        return skipped(_nothing_expected(visit, health=health))
    if visit is None:
        return Ruling("broken", because="the socket was not listened to")
    did = f"listened for {seconds(max(0.1, visit.lasted_ms / 1000))} for {', '.join(types)}"
    if not visit.opened:
        cause = refused_with(seen, visit.refused, "connection-limit")
        return failed(did, visit.refused, "another socket of the page is refused", cause)
    pushes = {name: visit.pushes[name] for name in types if name in visit.pushes}
    if missing := [name for name in types if name not in pushes]:
        return _never_came(seen, did, visit, missing)
    saw = "; ".join(_told(name, push) for name, push in pushes.items())
    if still := next((name for name, push in pushes.items() if _stands_still(push)), None):
        because = f"{still} comes, and tells the same again and again"
        evidence = (("messages", str(pushes[still].count)), ("sequence and timestamps", _progress(pushes[still])))
        return failed(did, saw, because, own(seen, CODES[0], because[0].upper() + because[1:] + ".", *evidence))
    if spelled := _misspelled(seen, pushes):
        because = f"the REST answers spell {', '.join(spelled[:3])} differently: a page that reads both gets undefined"
        return failed(did, saw, because, _SPELLED)
    return passed(did, saw)


def _never_came(seen: Observed, did: str, visit: Visit, missing: list[str]) -> Ruling:
    came = ", ".join(sorted(visit.pushes)) or "nothing"
    saw = f"came: {came}" + (f", and {count(visit.shapeless, 'message')} without a type" if visit.shapeless else "")
    saw += f"; the server closed it: {visit.closed}" if visit.closed else ""
    because = f"no {', no '.join(missing)}"
    known = found(seen, codes=(_MISSING,))
    detail = f"The session is open, and {', '.join(missing)} never comes."
    return failed(did, saw, because, known.code if known else own(seen, _MISSING, detail, ("came", came)))


def _nothing_expected(visit: Visit | None, *, health: bool) -> str:
    kind = "health" if health else "status"
    came = sorted(name for name in visit.pushes if is_health(name) is health) if visit else []
    heard = f"; what came: {', '.join(came[:4])}" if came else ""
    return f"no {kind} update is expected (--expect TYPE){heard}"


def _told(name: str, push: Push) -> str:
    if push.count == 1:
        return f"{name} after {shortly(push.first_ms)}, once: whether it goes on was not seen"
    return f"{push.count} {name}, the first after {shortly(push.first_ms)}, {_progress(push)}"


def _progress(push: Push) -> str:
    numbered = push.sequences and f"sequence {push.sequences[0]} to {push.sequences[1]}"
    dated = push.stamps and f"timestamps {'stand still' if push.stamps[0] >= push.stamps[1] else 'advance'}"
    return ", ".join(filter(None, (numbered, dated))) or "neither numbered nor dated"


def _stands_still(push: Push) -> bool:
    """Several messages, and a number or a time that does not grow."""
    if push.count < 2 or push.last_ms - push.first_ms < _STILL_MS:
        return False
    return any(ends is not None and ends[1] <= ends[0] for ends in (push.sequences, push.stamps))


def _misspelled(seen: Observed, pushes: dict[str, Push]) -> list[str]:
    """The fields of these messages that the probe found under another spelling in a REST answer."""
    known = found(seen, codes=(_SPELLED,))
    named = [fact.label.removeprefix(_FIELD) for fact in known.evidence] if known else []
    ours = frozenset().union(*(push.fields for push in pushes.values()))
    return [name for name in named if name in ours]
