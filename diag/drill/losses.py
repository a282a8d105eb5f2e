"""From a client's events to what happened: each lost connection from its break to its recovery, in numbers. Pure.

All times are seconds on the events' clock, all durations seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from diag.client.events import ClientEvent
from diag.drill.notation import Step
from diag.drill.timeline import Timeline

CONNECTED, POLLING, GAVE_UP, TRYING, NEVER_OPENED = "connected", "polling", "gave up", "trying", "never opened"
"""How a run can end."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, so long after the loss. `failure` is empty when it opened."""

    after_s: float
    waited_s: float
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """One lost connection. `broke_s` is when the fault behind it began; None when it began in an earlier session.

    `lived_s` is how long the session had been open. `fallback_s`, `gave_up_s` and `back_s` count from the loss; None
    for what did not happen.
    """

    at_s: float
    lived_s: float
    code: int
    reason: str = ""
    clean: bool = False
    broke_s: float | None = None
    attempts: tuple[Attempt, ...] = ()
    fallback_s: float | None = None
    gave_up_s: float | None = None
    back_s: float | None = None

    @property
    def noticed_after_s(self) -> float | None:
        """From the break to the client's knowing."""
        return None if self.broke_s is None else self.at_s - self.broke_s


@dataclass(frozen=True, slots=True)
class Messages:
    """What was pushed. `missed` are gaps in the sequence numbers, `at_reconnects` those between two sessions.

    `caught_up` says that after each such gap the newest state came within CAUGHT_UP_S of the opening.
    """

    received: int = 0
    missed: int = 0
    at_reconnects: int = 0
    duplicated: int = 0
    numbered: bool = False
    caught_up: bool = True


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in numbers. `longest_silence_s` is the longest time in which the page got nothing new, pushed or polled."""

    losses: tuple[Loss, ...]
    ended: str
    ended_s: float
    connected_s: float
    polling_s: float
    polls: int
    polls_failed: int
    longest_silence_s: float
    messages: Messages


CAUGHT_UP_S = 1.0
_KEPT = 100_000


def summary(events: Sequence[ClientEvent], timeline: Timeline, ended_s: float) -> Summary:
    """What the events amount to; the timeline's times are on their clock."""
    spans = _spans(events, ended_s)
    polled = [event for event in events if event.kind == "polled"]
    failed = [event for event in polled if event.number is None or not 200 <= event.number < 400]
    return Summary(
        losses=losses(events, timeline),
        ended=spans[-1][0],
        ended_s=ended_s,
        connected_s=sum(end - start for state, start, end in spans if state == CONNECTED),
        polling_s=sum(end - start for state, start, end in spans if state == POLLING),
        polls=len(polled),
        polls_failed=len(failed),
        longest_silence_s=_longest_silence(events, ended_s),
        messages=messages(events),
    )


def losses(events: Sequence[ClientEvent], timeline: Timeline) -> tuple[Loss, ...]:
    """Every lost connection in order."""
    found: list[Loss] = []
    opened_s, waited_s = 0.0, 0.0
    for event in events:
        match event.kind:
            case "opened":
                if found:
                    tried = Attempt(event.at_s - found[-1].at_s, waited_s)
                    attempts = (*found[-1].attempts, tried)
                    found[-1] = replace(found[-1], attempts=attempts, back_s=event.at_s - found[-1].at_s)
                opened_s = event.at_s
            case "closed":
                broke = _broke(timeline, opened_s, event.at_s)
                lived = event.at_s - opened_s
                found.append(Loss(event.at_s, lived, event.number or 1006, event.text, event.clean, broke))
            case "waiting":
                waited_s = event.value or 0.0
            case "refused" | "fallback" | "gave-up" if found:
                found[-1] = _went_on(found[-1], event, waited_s)
    return tuple(found)


def _went_on(loss: Loss, event: ClientEvent, waited_s: float) -> Loss:
    after = event.at_s - loss.at_s
    match event.kind:
        case "refused":
            return replace(loss, attempts=(*loss.attempts, Attempt(after, waited_s, event.text or "refused")))
        case "fallback":
            return replace(loss, fallback_s=after)
        case _:
            return replace(loss, gave_up_s=after)


def _broke(timeline: Timeline, opened_s: float, closed_s: float) -> float | None:
    """When the fault began that ended this session: the first of those that began while it was open."""
    began = [step.at_s for step in timeline.steps if opened_s <= step.at_s <= closed_s]
    return min(began, default=None)


def _spans(events: Sequence[ClientEvent], ended_s: float) -> list[tuple[str, float, float]]:
    """The states of the client with their beginnings and ends."""
    state, since = NEVER_OPENED, 0.0
    spans: list[tuple[str, float, float]] = []
    after = {"opened": CONNECTED, "closed": TRYING, "fallback": POLLING, "gave-up": GAVE_UP}
    for event in events:
        if event.kind not in after or (event.kind == "fallback" and state == CONNECTED):
            continue
        spans.append((state, since, event.at_s))
        state, since = after[event.kind], event.at_s
    return [*spans, (state, since, ended_s)]


def state(events: Sequence[ClientEvent]) -> tuple[str, float]:
    """The client's state after these events, and since when."""
    now, since, _ = _spans(events, 0.0)[-1]
    return now, since


def _longest_silence(events: Sequence[ClientEvent], ended_s: float) -> float:
    opened = next((event.at_s for event in events if event.kind == "opened"), None)
    if opened is None:
        return 0.0
    news = [event.at_s for event in events if event.kind == "message" or (event.kind == "polled" and event.number)]
    times = [opened, *(time for time in news if time >= opened), ended_s]
    return max(later - earlier for earlier, later in pairwise(times))


@dataclass(slots=True)
class _Type:
    """What is known of the numbers of one message type."""

    last: int
    seen: set[int] = field(default_factory=set)
    session: int = 0


def messages(events: Sequence[ClientEvent]) -> Messages:
    """Gaps and repetitions, counted for each message type by itself.

    A number lower than the last and never seen is a server that counts anew, and no gap.
    """
    known: dict[str, _Type] = {}
    total = Messages()
    session, opened_s = 0, 0.0
    for event in events:
        if event.kind == "opened":
            session, opened_s = session + 1, event.at_s
        if event.kind != "message":
            continue
        total = replace(total, received=total.received + 1, numbered=total.numbered or event.sequence is not None)
        if event.sequence is None:
            continue
        before = known.setdefault(event.text, _Type(event.sequence - 1, session=session))
        total = _counted(total, before, event, reconnected=before.session != session, opened_s=opened_s)
        before.last, before.session = event.sequence, session
        if len(before.seen) < _KEPT:
            before.seen.add(event.sequence)
    return total


def _counted(total: Messages, before: _Type, event: ClientEvent, *, reconnected: bool, opened_s: float) -> Messages:
    number = event.sequence or 0
    if number in before.seen:
        return replace(total, duplicated=total.duplicated + 1)
    gap = max(0, number - before.last - 1)
    if not gap or not reconnected:
        return replace(total, missed=total.missed + gap)
    in_time = event.at_s - opened_s <= CAUGHT_UP_S
    return replace(
        total,
        missed=total.missed + gap,
        at_reconnects=total.at_reconnects + gap,
        caught_up=total.caught_up and in_time,
    )


def healed_s(timeline: Timeline) -> float:
    """When nothing is broken any more; a fault that strikes once is over at once."""
    return max((step.ends_s for step in timeline.steps), default=0.0)


def outage(timeline: Timeline, at_s: float) -> Step | None:
    """The step in force at a moment, the longest of several."""
    running = [step for step in timeline.steps if step.at_s <= at_s < step.ends_s]
    return max(running, key=lambda step: step.ends_s, default=None)
