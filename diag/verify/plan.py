"""What a verification does, and for how long. Pure.

Everything is done at the page's own pace, as far as that fits into the time; where it does not, the pace is quickened
and the report says so. The watch always keeps the page's own times: what it sees must be what the page lives through.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate

from diag.client.policy import delays
from diag.model import Client, Reconnect, Target

BEATS = 3
"""So few heartbeats say nothing yet, unless all of them are answered."""
_MOST_BEATS = 5
_QUICKENED_BEAT_S = 1.0
_OUTAGE_S = 2.0
_SHORTEST_OUTAGE_S = 0.2
_OUTAGE_SHARE = 0.5
"""Of the policy's window: the page must be able to come back."""
_BACK_SHARE = 2 / 3
"""Of the time in which it is to be back: the quickened attempt must come after the outage."""
_AFTERWARDS_S = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """The times of one way of running it, in seconds; `limit_s` is for everything together."""

    limit_s: float
    watch_s: float
    patience_s: float
    handshake_s: float
    answer_s: float
    observe_s: float
    back_s: float
    resume_s: float


FULL = Pace(
    limit_s=88.0,
    watch_s=20.0,
    patience_s=40.0,
    handshake_s=10.0,
    answer_s=10.0,
    observe_s=20.0,
    back_s=35.0,
    resume_s=10.0,
)
QUICK = Pace(
    limit_s=12.8,
    watch_s=5.0,
    patience_s=8.5,
    handshake_s=2.5,
    answer_s=2.5,
    observe_s=5.0,
    back_s=3.0,
    resume_s=2.5,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One verification. Each target is the user's own, with the times that this part of it gets.

    `patience_s`: so long after a loss a client has polled for the second time; 0 where that is too far off. `speed`:
    how many times as fast the reconnect policy runs while the connection is cut for `outage_s`.
    """

    probed: Target
    watched: Target
    beating: Target
    cutting: Target
    pace: Pace
    limit_s: float
    watch_s: float
    patience_s: float
    beats: int
    outage_s: float
    speed: float = 1.0


def plan(target: Target, pace: Pace) -> Plan:
    """How this target is verified; a deadline of the user's own takes the place of the pace's limit."""
    client = replace(target.client, connect_timeout_s=min(target.client.connect_timeout_s, pace.handshake_s))
    page = replace(target, client=client, count=None, deadline_s=None)
    limit_s = target.deadline_s or pace.limit_s + target.idle_limit_s
    watch_s = min(max(pace.watch_s, min(target.observe_s, pace.observe_s)), limit_s)
    patience_s = _to_the_fallback_s(client)
    beating, beats = _beating(page, target.count, pace, watch_s)
    outage_s, speed = _outage(client, pace)
    return Plan(
        probed=_probed(target, client if pace is QUICK else target.client, pace, limit_s),
        watched=page,
        beating=beating,
        cutting=replace(page, client=replace(client, reconnect=quickened(client.reconnect, speed))),
        pace=pace,
        limit_s=limit_s,
        watch_s=watch_s,
        patience_s=patience_s if patience_s <= pace.patience_s else 0.0,
        beats=beats,
        outage_s=outage_s,
        speed=speed,
    )


def attempts(client: Client) -> tuple[float, ...]:
    """When the attempts that come before the fallback are made, in seconds after the loss."""
    times = tuple(accumulate(delays(client.reconnect)))
    return times[: client.fallback.after_attempts] if client.fallback else times


def quickened(policy: Reconnect, speed: float) -> Reconnect:
    """The same policy, so many times as fast."""
    return replace(policy, interval_s=policy.interval_s / speed, max_interval_s=policy.max_interval_s / speed)


def _probed(target: Target, client: Client, pace: Pace, limit_s: float) -> Target:
    """The probe ends before the limit, so that what was seen can still be told in time."""
    observe_s = min(target.observe_s, pace.observe_s)
    return replace(target, client=client, observe_s=observe_s, deadline_s=max(limit_s - 1.0, limit_s / 2))


def _beating(page: Target, count: int | None, pace: Pace, watch_s: float) -> tuple[Target, int]:
    """The page's own interval, if enough beats fit into the watch. A lost session is opened again at once."""
    interval_s = page.client.heartbeat_interval_s
    if interval_s * BEATS > watch_s:
        interval_s = _QUICKENED_BEAT_S
    fitting = int(watch_s / interval_s)
    client = replace(
        page.client,
        heartbeat_interval_s=interval_s,
        heartbeat_timeout_s=min(page.client.heartbeat_timeout_s, pace.answer_s),
        reconnect=Reconnect(attempts=BEATS, interval_s=0.5, backoff="fixed"),
        fallback=None,
    )
    return replace(page, client=client), max(BEATS, min(count or _MOST_BEATS, fitting))


def _outage(client: Client, pace: Pace) -> tuple[float, float]:
    """How long the connection is cut so that the policy can mend it, and how much faster the policy must run for
    that."""
    times = attempts(client) or (0.0,)
    outage_s = max(_SHORTEST_OUTAGE_S, min(_OUTAGE_S, times[-1] * _OUTAGE_SHARE, pace.back_s * _BACK_SHARE))
    back_s = next((time for time in times if time >= outage_s), times[-1])
    return outage_s, max(1.0, back_s / pace.back_s)


def _to_the_fallback_s(client: Client) -> float:
    """From a loss at once to the second poll of the fallback."""
    every_s = client.fallback.every_s if client.fallback else 0.0
    return (attempts(client) or (0.0,))[-1] + every_s + _AFTERWARDS_S
