"""The reconnect policy in numbers: after a lost connection, when is each attempt made? Pure."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Reconnect

_DOUBLINGS = 60
"""After so many of them any interval is longer than any maximum; some hundreds more and a float overflows."""


def delays(policy: Reconnect) -> Iterator[float]:
    """Seconds to wait before each attempt, one for each of `policy.attempts`.

    `exponential` doubles from `interval_s`, `linear` adds it each time, `fixed` repeats it; none exceeds
    `max_interval_s`. The incident's policy (3 attempts, 10 s, exponential to 30 s) waits 10, 20 and 30 seconds.
    """
    for number in range(policy.attempts):
        match policy.backoff:
            case "exponential":
                wait = policy.interval_s * 2.0 ** min(number, _DOUBLINGS)
            case "linear":
                wait = policy.interval_s * (number + 1)
            case _:
                wait = policy.interval_s
        yield min(wait, policy.max_interval_s)


def window_s(policy: Reconnect) -> float:
    """How long the policy keeps trying, attempts themselves not counted, in seconds."""
    return sum(delays(policy))
