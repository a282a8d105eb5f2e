"""The reconnect policy without a network: what it makes of outages of every length, beside a better one. Pure.

The simulated client does what `diag.client.reference` does, on a clock that costs nothing.
"""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from diag.client.events import ClientEvent
from diag.client.policy import delays
from diag.drill import judgement
from diag.drill.losses import CONNECTED, GAVE_UP, POLLING, losses
from diag.drill.notation import Step
from diag.drill.timeline import Timeline
from diag.faultproxy.fault import Refuse, Reset
from diag.model import Client, Finding

OUTAGES_S = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)
RUNS = 200
"""So many clients of the proposal are simulated for each outage; its delays are random."""
HERD_OUTAGE_S = 5.0
_LOST_S = 5.0

Waits = Callable[[], Iterator[float]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A better policy: full jitter, minutes of patience, and never the last attempt."""

    base_s: float
    cap_s: float
    window_s: float = 600.0
    stable_s: float = 5.0
    reprobe_s: float = 60.0
    heartbeat_s: float = 15.0
    heartbeat_timeout_s: float = 5.0

    def applied(self, client: Client) -> Client:
        """The client with the proposal's heartbeat, unless its own is faster; the delays come from `waits`."""
        return replace(
            client,
            heartbeat_interval_s=min(client.heartbeat_interval_s, self.heartbeat_s),
            heartbeat_timeout_s=min(client.heartbeat_timeout_s, self.heartbeat_timeout_s),
        )

    def waits(self, source: random.Random) -> Iterator[float]:
        """Random delays up to `base_s`, `2 base_s`, … `cap_s`, until `window_s` is used up."""
        total, ceiling = 0.0, self.base_s
        while total < self.window_s:
            wait = source.uniform(0, ceiling)
            total, ceiling = total + wait, min(self.cap_s, 2 * ceiling)
            yield wait


@dataclass(frozen=True, slots=True)
class Row:
    """One outage. `back_s` counts from the loss, None when the client never comes back; `gave_up_s` is when it fell
    back or gave up. `ends` is a state of `losses`. The proposal's figures are the median and the worst."""

    outage_s: float
    attempts: int
    back_s: float | None
    gave_up_s: float | None
    ends: str
    proposal_s: float
    proposal_worst_s: float


@dataclass(frozen=True, slots=True)
class Herd:
    """Reconnections in each second after the loss, with the policy as it is and with the proposal's jitter."""

    clients: int
    outage_s: float
    configured: tuple[int, ...]
    proposed: tuple[int, ...]


def proposal(client: Client) -> Proposal:
    """A better policy, with the client's own numbers where they are sound."""
    policy = client.reconnect
    return Proposal(min(max(policy.interval_s, 5.0), 10.0), min(max(policy.max_interval_s, 30.0), 60.0))


def table(client: Client, seed: int = 1) -> tuple[Row, ...]:
    """The policy and the proposal, for outages from a second to ten minutes."""
    better, source = proposal(client), random.Random(seed)
    return tuple(_row(client, better, outage_s, source) for outage_s in OUTAGES_S)


def findings(client: Client) -> tuple[Finding, ...]:
    """What the drill would find in these outages, each code once, at the shortest outage that shows it."""
    found: dict[str, Finding] = {}
    for outage_s in OUTAGES_S:
        events, ended_s = simulated(client, outage_s)
        for item in judgement.judge(events, client, refused(outage_s), ended_s):
            found.setdefault(item.code, item)
    return tuple(sorted(found.values(), key=lambda item: judgement.CODES.index(item.code)))


def herd(client: Client, clients: int, seed: int = 1) -> Herd:
    """So many clients lose a server at the same moment, which is back after HERD_OUTAGE_S seconds."""
    better, source = proposal(client), random.Random(seed)
    alone = _comes_back(delays(client.reconnect), HERD_OUTAGE_S)
    spread = [_comes_back(better.waits(source), HERD_OUTAGE_S) for _ in range(clients)]
    return Herd(
        clients,
        HERD_OUTAGE_S,
        _per_second({} if alone is None else {int(alone): clients}),
        _per_second(Counter(int(back_s) for back_s in spread if back_s is not None)),
    )


def refused(outage_s: float) -> Timeline:
    """The timeline of a simulated outage: everything reset, and refused for so long."""
    return Timeline("outage", (Step(_LOST_S, Reset()), Step(_LOST_S, Refuse(), outage_s)))


def simulated(
    client: Client, outage_s: float, waits: Waits | None = None, reprobe_s: float | None = None
) -> tuple[tuple[ClientEvent, ...], float]:
    """One client that loses its connection for so long, and when there is nothing more to see; as the reference client
    has it, with attempts that take no time."""
    events = [ClientEvent(0.0, "attempt", 0), ClientEvent(0.0, "opened", 0, 1.0)]
    events.append(ClientEvent(_LOST_S, "closed", 1006, text="the connection was reset (RST)"))
    now, failed, state = _LOST_S, 0, ""
    following = waits() if waits else delays(client.reconnect)
    while True:
        wait = next(following, None)
        if client.fallback and state != POLLING and (wait is None or failed >= client.fallback.after_attempts):
            state = POLLING
            events.append(ClientEvent(now, "fallback", failed, client.fallback.every_s))
        if wait is None and not state:
            state = GAVE_UP
            events.append(ClientEvent(now, "gave-up", failed))
        wait = reprobe_s if wait is None else wait
        if wait is None:
            break
        now, failed = now + wait, failed + 1
        events += [ClientEvent(now - wait, "waiting", failed, wait), ClientEvent(now, "attempt", failed)]
        if now >= _LOST_S + outage_s:
            events.append(ClientEvent(now, "opened", failed, 1.0))
            break
        events.append(ClientEvent(now, "refused", failed, text="tcp-refused"))
    every_s = client.fallback.every_s if client.fallback else 0.0
    ended_s = max(now, _LOST_S + outage_s) + max(judgement.PROBE_S, 3 * every_s)
    return _with_polls(events, every_s, ended_s), ended_s


def _with_polls(events: list[ClientEvent], every_s: float, ended_s: float) -> tuple[ClientEvent, ...]:
    began = next((event.at_s for event in events if event.kind == "fallback"), None)
    if began is None:
        return tuple(events)
    last = events[-1]
    until_s = last.at_s if last.kind == "opened" else ended_s
    polls = [ClientEvent(began + n * every_s, "polled", 200) for n in range(int((until_s - began) / every_s) + 1)]
    return tuple(sorted([*events, *polls], key=lambda event: event.at_s))


def _row(client: Client, better: Proposal, outage_s: float, source: random.Random) -> Row:
    events, _ = simulated(client, outage_s)
    loss = losses(events, refused(outage_s))[0]
    gave_up_s = loss.fallback_s if loss.fallback_s is not None else loss.gave_up_s
    backs = []
    for _ in range(RUNS):
        run, _ = simulated(client, outage_s, lambda: better.waits(source), better.reprobe_s)
        backs.append(losses(run, refused(outage_s))[0].back_s or 0.0)
    state = POLLING if loss.fallback_s is not None else GAVE_UP
    ends = CONNECTED if loss.back_s is not None else state
    return Row(outage_s, len(loss.attempts), loss.back_s, gave_up_s, ends, statistics.median(backs), max(backs))


def _comes_back(waits: Iterator[float], outage_s: float) -> float | None:
    now = 0.0
    for wait in waits:
        now += wait
        if now >= outage_s:
            return now
    return None


def _per_second(counts: dict[int, int]) -> tuple[int, ...]:
    return tuple(counts.get(second, 0) for second in range(max(counts, default=-1) + 1))
