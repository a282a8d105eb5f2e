"""From what a client lived through to findings. Pure: events in, findings out.

It judges the client that the target describes, and the server behind it; what a page shows its user cannot be seen
from here, and is not guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from diag.catalogue import finding
from diag.client.events import ClientEvent
from diag.client.policy import delays, window_s
from diag.drill.losses import GAVE_UP, POLLING, Loss, Summary, healed_s, outage, summary
from diag.drill.timeline import Timeline
from diag.faultproxy.fault import BlackHole
from diag.model import Client, Finding, Severity

CODES = (
    "fallback-permanent",
    "retry-gives-up-silently",
    "retry-not-on-clean-close",
    "half-open-undetected",
    "retry-resets-on-open",
    "retry-window-too-short",
    "messages-lost-on-reconnect",
    "fallback-silent",
    "retry-on-terminal",
    "retry-no-backoff",
    "retry-no-jitter",
)
"""What can be found, the one that hurts the page longest first: the first of the worst is the primary cause."""

HALF_OPEN_S = 30.0
"""A silence that no page should overlook."""
STABLE_S = 5.0
"""A session that ends sooner has not been healthy."""
PATIENCE_S = 300.0
"""A policy that keeps trying for so long has done its part."""
PROBE_S = 10.0
"""With the server back for so long, a page that polls will go on polling; three polls if that is longer."""
_SAME = 0.01
_CLEAN = (1000, 1001, 1005, 1012)
_REFUSED = ("401", "403", "auth-")


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything a rule may look at."""

    events: Sequence[ClientEvent]
    client: Client
    timeline: Timeline
    found: Summary
    route: str | None

    def finding(self, code: str, detail: str, *evidence: tuple[str, str], severity: Severity | None = None) -> Finding:
        return finding(code, detail, route=self.route, evidence=evidence, severity=severity)


def judge(
    events: Sequence[ClientEvent], client: Client, timeline: Timeline, ended_s: float, route: str | None = None
) -> tuple[Finding, ...]:
    """Every finding, in the order of CODES. The timeline's times are on the events' clock, in seconds."""
    case = _Case(events, client, timeline, summary(events, timeline, ended_s), route)
    found = [item for rule in _RULES for item in rule(case)]
    return tuple(sorted(found, key=lambda item: CODES.index(item.code)))


def _fallback(case: _Case) -> Iterator[Finding]:
    fell = [loss for loss in case.found.losses if loss.fallback_s is not None]
    if not fell:
        return
    every_s = case.client.fallback.every_s if case.client.fallback else 0.0
    began = fell[0].fallback_s or 0.0
    detail = f"The client falls back to polling {began:.0f} s after the loss; make sure that the page says so."
    polls = ("polls", f"{case.found.polls}, every {every_s:g} s")
    yield case.finding("fallback-silent", detail, polls, severity=Severity.WARNING)
    last, healed = fell[-1], healed_s(case.timeline)
    after_s = case.found.ended_s - max(healed, last.at_s + (last.fallback_s or 0.0))
    if case.found.ended == POLLING and after_s >= max(PROBE_S, 3 * every_s):
        detail = "The server is back and the client goes on polling: it never tries a WebSocket again."
        evidence = ("the server has been back for", f"{case.found.ended_s - healed:.0f} s"), _attempts(last)
        yield case.finding("fallback-permanent", detail, *evidence, polls)


def _gave_up(case: _Case) -> Iterator[Finding]:
    last = next(reversed(case.found.losses), None)
    if last is None or last.gave_up_s is None or case.found.ended != GAVE_UP:
        return
    if case.found.ended_s >= healed_s(case.timeline):
        detail = "The last attempt has failed and nothing is tried any more, although the server is back."
        yield case.finding("retry-gives-up-silently", detail, _attempts(last))


def _window(case: _Case) -> Iterator[Finding]:
    """The first loss whose attempts ended within the outage that they were for."""
    window = window_s(case.client.reconnect)
    for loss in case.found.losses:
        ended_s = loss.fallback_s if loss.fallback_s is not None else loss.gave_up_s
        away = outage(case.timeline, loss.at_s + ended_s) if ended_s is not None else None
        if away is None or ended_s is None or window >= PATIENCE_S or _tried_later(loss, ended_s):
            continue
        detail = f"The last attempt comes {ended_s:.0f} s after the loss, and the server is away for longer."
        evidence = ("away for", f"{away.ends_s - away.at_s:.0f} s"), ("the policy's window", f"{window:.0f} s")
        yield case.finding("retry-window-too-short", detail, *evidence, _attempts(loss))
        return


def _half_open(case: _Case) -> Iterator[Finding]:
    """A black hole in which the client stayed connected and heard of nothing."""
    promised_s = case.client.heartbeat_interval_s + case.client.heartbeat_timeout_s
    for step in case.timeline.steps:
        if not isinstance(step.fault, BlackHole) or step.fault.direction == "to-server":
            continue
        until_s = min(step.ends_s, case.found.ended_s)
        noticed = [e for e in case.events if e.kind in ("closed", "missed") and step.at_s <= e.at_s <= until_s]
        opened = [e.kind for e in case.events if e.kind in ("opened", "closed") and e.at_s < step.at_s]
        if noticed or opened[-1:] != ["opened"] or until_s - step.at_s < min(HALF_OPEN_S, promised_s + 1):
            continue
        detail = f"Nothing passed for {until_s - step.at_s:.0f} s, and the client took the connection for healthy."
        evidence = (
            ("heartbeat", f"every {case.client.heartbeat_interval_s:g} s"),
            (
                "given up after",
                f"{case.client.heartbeat_timeout_s:g} s without an answer, so {promised_s:.0f} s at worst",
            ),
        )
        yield case.finding("half-open-undetected", detail, *evidence)
        return


def _resets(case: _Case) -> Iterator[Finding]:
    """Three sessions in a row, none of which lasted, each followed by the same delay."""
    losses = case.found.losses
    for first, second, third in zip(losses, losses[1:], losses[2:], strict=False):
        waits = [loss.attempts[0].waited_s for loss in (first, second, third) if loss.attempts]
        short = second.lived_s < STABLE_S and third.lived_s < STABLE_S
        if short and len(waits) == 3 and max(waits) <= min(waits) * (1 + _SAME):
            lived = max(loss.lived_s for loss in losses[1:])
            evidence = ("sessions that did not last", str(sum(loss.lived_s < STABLE_S for loss in losses)))
            detail = f"Sockets open and live {lived:.1f} s at most, and each time the shortest delay comes again."
            yield case.finding("retry-resets-on-open", detail, evidence, ("delay each time", f"{waits[0]:g} s"))
            return


def _spacing(case: _Case) -> Iterator[Finding]:
    waits = [[attempt.waited_s for attempt in loss.attempts] for loss in case.found.losses]
    for row in waits:
        if len(row) >= 3 and row[0] < HALF_OPEN_S and max(row[:3]) <= min(row[:3]) * (1 + _SAME):
            detail = f"Attempt after attempt comes after {row[0]:g} s."
            yield case.finding("retry-no-backoff", detail, ("delays", _listed(row)))
            break
    planned = list(delays(case.client.reconnect))
    exact = [
        wait
        for row in waits
        for wait, plan in zip(row, planned, strict=False)
        if plan > 0 and abs(wait - plan) <= _SAME * plan
    ]
    if len(exact) >= 2 and len(exact) == sum(len(row) for row in waits):
        detail = "The delays are the same for every client, so all of them come back at once."
        yield case.finding("retry-no-jitter", detail, ("delays", _listed(exact)))


def _clean_close(case: _Case) -> Iterator[Finding]:
    last = next(reversed(case.found.losses), None)
    if last is None or not last.clean or last.code not in _CLEAN:
        return
    after = [event.kind for event in case.events if event.at_s >= last.at_s and event.kind not in ("closed", "ended")]
    idle_s = case.found.ended_s - last.at_s
    if not set(after) - {"missed"} and idle_s >= STABLE_S:
        detail = f"The server closes with {last.code}, and for {idle_s:.0f} s the client does nothing."
        yield case.finding("retry-not-on-clean-close", detail, ("close", f"{last.code} {last.reason}".strip()))


def _terminal(case: _Case) -> Iterator[Finding]:
    repeated = Counter(_repeated_refusals(case.events)).most_common(1)
    if repeated and repeated[0][1] >= 2:
        refusal, count = repeated[0]
        detail = f"The server refuses with {refusal}, and the client asks again in the same way."
        yield case.finding("retry-on-terminal", detail, ("refused", f"{refusal}, {count} times"))


def _repeated_refusals(events: Sequence[ClientEvent]) -> Iterator[str]:
    """The refusals that an attempt followed, each in a word."""
    pending = ""
    for event in events:
        match event.kind:
            case "attempt":
                if pending:
                    yield pending
                pending = ""
            case "closed":
                pending = f"Close {event.number}" if _is_terminal(event.number or 0) else ""
            case "refused":
                pending = event.text if event.text.startswith(_REFUSED) else ""


def _is_terminal(code: int) -> bool:
    return code == 1008 or 4400 <= code <= 4499


def _lost(case: _Case) -> Iterator[Finding]:
    messages = case.found.messages
    if not messages.at_reconnects:
        return
    detail = f"{messages.at_reconnects} messages that were pushed while the client was away are never sent."
    evidence = [("missed", str(messages.at_reconnects)), ("received", str(messages.received))]
    severity = None
    if messages.caught_up:
        severity = Severity.WARNING
        evidence.append(("after the reconnect", "the newest state comes at once; what was between is lost"))
    yield case.finding("messages-lost-on-reconnect", detail, *evidence, severity=severity)


def _tried_later(loss: Loss, ended_s: float) -> bool:
    return any(attempt.after_s > ended_s for attempt in loss.attempts)


def _attempts(loss: Loss) -> tuple[str, str]:
    times = [attempt.after_s for attempt in loss.attempts]
    return "attempts", f"{len(times)}, at {_listed(times)} after the loss" if times else "none"


def _listed(seconds: Sequence[float], most: int = 6) -> str:
    shown = ", ".join(f"{value:.1f}".removesuffix(".0") for value in seconds[:most])
    return f"{shown}{', …' if len(seconds) > most else ''} s"


_RULES: tuple[Callable[[_Case], Iterator[Finding]], ...] = (
    _fallback,
    _gave_up,
    _clean_close,
    _half_open,
    _resets,
    _window,
    _lost,
    _terminal,
    _spacing,
)
