"""A real browser was asked too (`--browser`): does it agree?"""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.observations import BrowserTry
from diag.rules._verdicts import fetch_verdict
from diag.rules._words import finding
from diag.seen import Seen

CODES = ("browser-disagrees",)


def judge(seen: Seen) -> Iterator[Finding]:
    """One finding for each route and REST request on which Chromium and wsdiag came to different verdicts."""
    tries = [item for item in seen.observations if isinstance(item, BrowserTry)]
    for item in sorted(tries, key=lambda item: (item.kind, item.url)):
        ours = _our_verdict(seen, item)
        if ours is None or ours == item.opened:
            continue
        route = seen.target.route(item.route or "")
        evidence = [("wsdiag", _word(ours)), ("Chromium", f"{_word(item.opened)}: {item.message or 'no message'}")]
        detail = f"wsdiag and the installed Chromium disagree about {item.url}."
        yield finding(seen, "browser-disagrees", detail, route=route, evidence=evidence)


def _our_verdict(seen: Seen, item: BrowserTry) -> bool | None:
    """What wsdiag concluded about the same thing; None where it did not get to it."""
    if item.kind == "websocket":
        route = seen.target.route(item.route or "")
        if route is None or seen.exchange(route) is None:
            return None
        return seen.opens(route) and (route != seen.page or seen.context.allowed)
    call = next((call for call in seen.calls if call.url == item.url), None)
    verdict = fetch_verdict(seen, call) if call else None
    return verdict.allowed if verdict else None


def _word(opened: bool) -> str:
    return "works" if opened else "fails"
