"""A cache in front answers the handshake: every handshake has its own key, so no stored answer fits it."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Answer
from diag.rules._words import finding, quoted
from diag.seen import Seen

CODES = ("cdn-cached-handshake",)
_FROM_CACHE = ("hit", "stale", "updating", "revalidated")
_CACHE_HEADERS = ("Age", "X-Cache", "CF-Cache-Status", "X-Cache-Status", "X-Varnish")


def judge(seen: Seen) -> Iterator[Finding]:
    """A stored answer to the upgrade while the backend opens, or the same Accept for different keys from a cache."""
    page, answer = seen.page, seen.answer(seen.page)
    if answer is None or seen.opens(page):
        return
    shown = tuple((name, value) for name in _CACHE_HEADERS if (value := answer.header(name)) is not None)
    if answer.status == 101 and shown and _same_accept(seen, page, answer):
        detail = "Handshakes with different keys get the same Sec-WebSocket-Accept, and a cache has signed the answer."
    elif answer.status != 101 and seen.reference is not None and _is_stored(answer):
        detail = f"A cache answers the handshake with a stored {answer.status}; the backend itself opens."
    else:
        return
    evidence = [quoted(seen, page), *shown, *(quoted(seen, route) for route in seen.others)]
    yield finding(seen, "cdn-cached-handshake", detail, route=page, evidence=evidence)


def _is_stored(answer: Answer) -> bool:
    """Varnish sends `Age: 0` with what it has just fetched, and a list of caches names each one's own answer."""
    age = (answer.header("age") or "").strip()
    if age.isascii() and age.isdigit() and len(age) < 12 and int(age) > 0:
        return True
    states = [answer.header(name) or "" for name in ("x-cache", "cf-cache-status", "x-cache-status")]
    return any(word in state.lower().split() for state in states for word in _FROM_CACHE)


def _same_accept(seen: Seen, page: Route, answer: Answer) -> bool:
    again = seen.answer(page, "repeat")
    first, second = seen.exchange(page), seen.exchange(page, "repeat")
    accept = answer.header("sec-websocket-accept")
    different_keys = first is not None and second is not None and first.key != second.key
    return bool(accept) and different_keys and again is not None and again.header("sec-websocket-accept") == accept
