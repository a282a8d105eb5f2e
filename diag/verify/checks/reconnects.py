"""`reconnects`: a connection that is cut for a moment is back within the policy, and so are the updates."""

from __future__ import annotations

from diag.client.policy import delays
from diag.drill.losses import messages
from diag.model import Finding
from diag.verify.checks.connects import usable
from diag.verify.checks.ruling import (
    NO_PAGE,
    Ruling,
    count,
    failed,
    gone,
    own,
    passed,
    refused_with,
    seconds,
    shortly,
    skipped,
)
from diag.verify.observed import Cut, Life, Observed

CODES = ("retry-window-too-short", "retry-gives-up-silently", "ws-connected-but-no-updates")
_WINDOW, _GAVE_UP, _MISSING = CODES
_REFUSED = "tcp-refused"


def check(seen: Observed) -> Ruling:
    """Back, in time, with everything that came before."""
    if not usable(seen):
        return skipped(NO_PAGE)
    cut = seen.cut
    if cut is None:
        return Ruling("broken", because="the connection was not cut")
    if cut.cut_s is None or cut.clear_s is None:
        refused = cut.life.of("refused")
        why = f" ({refused[-1].text})" if refused else ""
        return Ruling("broken", because=f"the socket does not open through wsdiag's own fault proxy{why}")
    did = _did(seen, cut.clear_s - cut.cut_s)
    back = next((event for event in cut.life.of("opened") if event.at_s >= cut.cut_s), None)
    if back is None:
        return _never_back(seen, did, cut, cut.clear_s)
    saw = f"back {seconds(back.at_s - cut.cut_s)} after the cut, with attempt {back.number}"
    if fell := next((event for event in cut.life.of("fallback") if event.at_s >= cut.cut_s), None):
        because = f"the page had fallen back to polling {seconds(fell.at_s - cut.cut_s)} after the cut"
        return failed(did, saw, because, _too_short(seen, cut.life))
    if missing := gone(seen, _types(cut, 0.0, cut.cut_s), _types(cut, back.at_s, float("inf"))):
        detail = f"After a reconnect {', '.join(missing)} does not come again."
        evidence = ("before the cut", ", ".join(missing))
        return failed(did, saw, f"no {', no '.join(missing)} after it", own(seen, _MISSING, detail, evidence))
    return passed(did, f"{saw}; {_resumed(cut, back.at_s)}")


def _did(seen: Observed, outage_s: float) -> str:
    did = f"reset the connection and refused new ones for {seconds(outage_s)}"
    if seen.plan.speed <= 1:
        return did
    own_s, ours = (
        ", ".join(f"{delay:.3g}" for delay in list(delays(client.reconnect))[:3])
        for client in (seen.target.client, seen.plan.cutting.client)
    )
    return f"{did}; attempts after {ours} s for this check, instead of {own_s} s"


def _never_back(seen: Observed, did: str, cut: Cut, clear_s: float) -> Ruling:
    after = [event for event in cut.life.of("refused") if event.at_s >= clear_s]
    tried = [event for event in cut.life.of("refused") if event.at_s >= (cut.cut_s or 0.0)]
    saw = f"{count(len(tried), 'attempt')}, {len(after) or 'none'} of them with the way clear again"
    saw += f"; the last one: {after[-1].text}" if after else ""
    if not seen.target.client.reconnect.attempts:
        detail = "The policy makes no attempt to reconnect."
        return failed(did, saw, "the page's policy makes no attempt", own(seen, _GAVE_UP, detail, ("attempts", "0")))
    ended = ", and polls" if cut.life.of("fallback") else ", and gave up" if cut.life.of("gave-up") else ""
    because = f"the page did not come back within {seconds(cut.life.ended_s - (cut.cut_s or 0.0))}{ended}"
    cause = refused_with(seen, after[-1].text, _WINDOW if ended else _REFUSED) if after else None
    return failed(did, saw, because, cause if cause and cause.code != _WINDOW else _too_short(seen, cut.life))


def _too_short(seen: Observed, life: Life) -> Finding:
    refused = life.of("refused")
    evidence = [("attempts", str(len(refused)))] + [("the last one", event.text) for event in refused[-1:]]
    return own(seen, _WINDOW, "The server is away for longer than the page's policy keeps trying.", *evidence)


def _types(cut: Cut, from_s: float, to_s: float) -> frozenset[str]:
    """The types that came in that time."""
    return frozenset(event.text for event in cut.life.of("message") if from_s <= event.at_s < to_s)


def _resumed(cut: Cut, back_s: float) -> str:
    first = next((event for event in cut.life.of("message") if event.at_s >= back_s), None)
    if first is None:
        return "nothing is pushed, before the cut or after it"
    resumed = f"messages {shortly((first.at_s - back_s) * 1000)} later"
    told = messages(cut.life.events)
    if not told.numbered:
        return f"{resumed}, without numbers: a gap would not show"
    if not told.at_reconnects:
        return f"{resumed}, without a gap"
    return f"{resumed}, {count(told.at_reconnects, 'message')} missed meanwhile (a gap in the numbers)"
