"""`no-fallback`: the page's client, left alone, stays on its WebSocket for the whole watch."""

from __future__ import annotations

from diag.model import Finding
from diag.verify.checks.connects import usable
from diag.verify.checks.ruling import Ruling, count, failed, own, passed, seconds
from diag.verify.observed import Life, Observed
from diag.verify.plan import attempts

CODES = ("retry-window-too-short", "close-abnormal-1006", "heartbeat-unanswered")
_WINDOW = CODES[0]


def check(seen: Observed) -> Ruling:
    """Nobody breaks anything here: a session that is lost, mended or not, is one that did not last."""
    life = seen.watch
    if life is None:
        return Ruling("broken", because="the page's client was not watched")
    opened, closed, fell = life.of("opened"), life.of("closed"), life.of("fallback", "gave-up")
    did = f"let the page's client live for {seconds(life.ended_s)}, by its own heartbeat and reconnect policy"
    if not opened and not life.of("refused"):
        return Ruling("broken", did, because="its first handshake did not come to an end")
    if opened and not closed and life.connected:
        return passed(did, f"one session all the time, {_polls(life) or 'no poll'}")
    saw = "; ".join(filter(None, (_sessions(life), _attempts(life), _polls(life) or _will_poll(seen, life))))
    if not usable(seen):
        because = "it never got a socket that it can use" if not fell else _fell(life, "it never got a socket")
        return failed(did, saw, because, seen.report.primary_cause)
    if fell and not life.connected:
        return failed(did, saw, _fell(life, "the socket was lost"), _too_short(seen, life))
    because = "the socket was lost, and came back" if life.connected else "the socket was lost"
    return failed(did, saw, because, _lost(seen, life))


def _fell(life: Life, why: str) -> str:
    polls = bool(life.of("fallback"))
    return f"{why}, and the page {'polls' if polls else 'gives up'} after {count(_tried(life), 'attempt')}"


def _sessions(life: Life) -> str:
    closed = life.of("closed")
    if not life.of("opened"):
        return "no session"
    if not closed:
        return "one session"
    first = closed[0]
    reason = f" {first.text}" if first.text else ""
    lost = "lost" if len(closed) == 1 else f"lost {len(closed)} times, first"
    return f"{lost} after {seconds(first.at_s - life.of('opened')[0].at_s)} with {first.number}{reason}"


def _attempts(life: Life) -> str:
    refused = life.of("refused")
    return f"{count(len(refused), 'attempt')} refused ({refused[-1].text})" if refused else ""


def _polls(life: Life) -> str:
    polled, fell = life.of("polled"), life.of("fallback")
    if not fell:
        return ""
    every = f"one every {seconds(fell[0].value or 0.0)}" if polled else "of no request that was named"
    return f"polling from {seconds(fell[0].at_s)} on, {count(len(polled), 'poll')}, {every}"


def _will_poll(seen: Observed, life: Life) -> str:
    """The policy was still at it when the watch ended."""
    client = seen.target.client
    if life.connected or life.of("gave-up") or not client.fallback:
        return ""
    return f"its policy polls {seconds((attempts(client) or (0.0,))[-1])} after the loss"


def _tried(life: Life) -> int:
    """The attempts since the last loss, without the very first one."""
    return sum(bool(event.number) for event in life.of("refused"))


def _too_short(seen: Observed, life: Life) -> Finding:
    refused = life.of("refused")
    last = refused[-1].text if refused else "nothing"
    evidence = (("attempts", str(_tried(life))), ("the last one", last), ("polls", str(len(life.of("polled")))))
    return own(seen, _WINDOW, "The server is away for longer than the page's policy keeps trying.", *evidence)


def _lost(seen: Observed, life: Life) -> str | Finding:
    """What the probe says about it, or what the close event does."""
    if seen.report.primary_cause:
        return seen.report.primary_cause
    first = life.of("closed")[0]
    unanswered = "unanswered" in first.text or "half-open" in first.text
    detail = f"The page's session ended after {seconds(first.at_s)} while nobody broke anything."
    return own(seen, CODES[2 if unanswered else 1], detail, ("close", f"{first.number} {first.text}".strip()))
