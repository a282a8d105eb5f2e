"""Five equal steps up to the peak: at which number of users does it change?"""

from __future__ import annotations

from diag.loading.stages import Stage, steep

_STEPS = 5


def stages(users: int, rate: float, run_time_s: float) -> tuple[Stage, ...]:
    """Steps of equal length, each with at least half of it for its level to last."""
    count = min(_STEPS, users)
    length = run_time_s / count
    step = -(-users // count)
    return tuple(
        Stage(length * number, round(users * number / count), steep(rate, step, length / 2))
        for number in range(1, count + 1)
    )
