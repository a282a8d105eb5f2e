"""When a page does something next. Pure: the dice are the caller's."""

from __future__ import annotations

from diag.model import Reconnect

SPAWN_STEP_S = 1.0
"""Locust spawns a whole second's users at once; a start spread over that second makes the ramp even."""


def reconnect_delay(policy: Reconnect, attempt: int, chance: float) -> float:
    """Seconds before the given attempt, 1 for the first after a loss, by the page's policy.

    `chance`, from 0 to 1, takes up to half of it off: users who lost their server together must not come back
    together. When the policy's attempts are used up, the user goes on at the longest interval.
    """
    growth = {"exponential": 2.0 ** min(attempt - 1, 30), "linear": float(attempt)}.get(policy.backoff, 1.0)
    longest = max(policy.interval_s, policy.max_interval_s)
    delay = longest if attempt > policy.attempts else min(policy.interval_s * growth, longest)
    return jittered(delay, chance)


def jittered(delay_s: float, chance: float) -> float:
    """With up to half of it taken off."""
    return delay_s * (1 - chance / 2)
