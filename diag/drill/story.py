"""What happened and what the user saw of it, line by line, in plain words. Pure.

The user's side is that of a page which shows nothing but its values, as the incident's did: what a page adds to that,
a banner or a spinner, cannot be seen from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from diag.client.events import ClientEvent
from diag.drill.losses import CONNECTED, GAVE_UP, NEVER_OPENED, POLLING, TRYING, state
from diag.drill.timeline import Timeline
from diag.faultproxy.fault import described, lasts
from diag.urls import request_path

Mark = Literal["broken", "healed", "good", "bad", "partly", "end"]

_TURNS = ("opened", "closed", "refused", "fallback", "polled", "gave-up")
_AT_ONCE_S = 0.5
_SILENT = ("half-open", "heartbeat")
"""How the reference client begins its reason for a socket that it gave up itself."""
FROZEN = "values freeze, and nothing says so"
_SEEN = {
    CONNECTED: "live values",
    POLLING: "polled values until the page is reloaded",
    GAVE_UP: "frozen until the page is reloaded",
    TRYING: "still frozen",
    NEVER_OPENED: "no live values",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line, `at_s` on the events' clock; `user` is empty when the user sees no change."""

    at_s: float
    mark: Mark
    what: str
    user: str = ""


def story(events: Sequence[ClientEvent], timeline: Timeline, ended_s: float) -> tuple[Line, ...]:
    """Every turn of a run in the order of time; heartbeats and messages that are as they should be have no line."""
    lines = [*_faults(events, timeline, ended_s), *_turns(events)]
    lines.sort(key=lambda line: line.at_s)
    final = state(events)[0]
    return (*lines, Line(ended_s, "end", f"the end of the drill: {final}", _SEEN[final]))


def _faults(events: Sequence[ClientEvent], timeline: Timeline, ended_s: float) -> Iterator[Line]:
    for step in timeline.steps:
        if step.at_s > ended_s:
            continue
        span = f" ({step.for_s:g} s)" if step.for_s is not None else ""
        connected = state([event for event in events if event.at_s < step.at_s])[0] == CONNECTED
        holds = connected and type(step.fault).__name__ == "BlackHole"
        yield Line(step.at_s, "broken", f"{described(step.fault)}{span}", FROZEN if holds else "")
        if lasts(step.fault) and step.ends_s <= ended_s:
            yield Line(step.ends_s, "healed", f"over: {_over(timeline, step.ends_s)}")


def _over(timeline: Timeline, at_s: float) -> str:
    others = [step for step in timeline.steps if step.at_s <= at_s < step.ends_s]
    return "other faults go on" if others else "the way is clear"


def _turns(events: Sequence[ClientEvent]) -> Iterator[Line]:
    lost_s, every_s, polling = 0.0, 0.0, False
    polls_work: bool | None = None
    opened: Line | None = None
    for event in events:
        if opened and event.kind == "closed" and event.at_s - opened.at_s < _AT_ONCE_S:
            yield Line(opened.at_s, "bad", f"{opened.what}, and dropped at once", _SEEN[TRYING])
            lost_s, opened = event.at_s, None
            continue
        if opened and event.kind in _TURNS:
            yield opened
            opened = None
        match event.kind:
            case "opened":
                opened = _opened(event, lost_s, polling=polling)
                polling = False
            case "closed":
                lost_s = event.at_s
                yield Line(event.at_s, "bad", _closed(event), FROZEN)
            case "refused":
                yield Line(event.at_s, "bad", f"{_attempt(event, lost_s)}: {event.text}")
            case "fallback":
                polling, polls_work = True, None
                every_s = event.value or 0.0
                yield Line(event.at_s, "partly", _falls_back(event))
            case "polled" if polls_work != _answered(event):
                polls_work = _answered(event)
                yield _polls(event, every_s, works=polls_work)
            case "gave-up":
                yield Line(event.at_s, "bad", "gives up: no attempt is left", _SEEN[GAVE_UP])
    if opened:
        yield opened


def _opened(event: ClientEvent, lost_s: float, *, polling: bool) -> Line:
    if not event.number and not lost_s:
        return Line(event.at_s, "good", f"connected in {event.value or 0:.0f} ms", "live values")
    back = ", back from polling" if polling else ""
    return Line(event.at_s, "good", f"{_attempt(event, lost_s)}: connected{back}", "live values again")


def _attempt(event: ClientEvent, lost_s: float) -> str:
    if not lost_s:
        return "the first attempt"
    return f"attempt {event.number} after {event.at_s - lost_s:.1f} s"


def _closed(event: ClientEvent) -> str:
    if event.clean:
        return f"closed by the server: {event.number} {event.text}".rstrip()
    if event.text.startswith(_SILENT):
        return "noticed: a heartbeat got no answer, the client gives the socket up"
    return event.text or f"closed, {event.number}"


def _falls_back(event: ClientEvent) -> str:
    what = f": polls {request_path(event.text)}" if event.text else ", and has nothing to poll"
    return f"falls back{what} every {event.value:g} s"


def _answered(event: ClientEvent) -> bool:
    return event.number is not None and 200 <= event.number < 400


def _polls(event: ClientEvent, every_s: float, *, works: bool) -> Line:
    if works:
        return Line(event.at_s, "partly", "polls are answered", f"new values every {every_s:g} s")
    return Line(event.at_s, "bad", f"polls fail: {event.number or 'no answer'}", "still frozen")
