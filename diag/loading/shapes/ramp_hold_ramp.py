"""Up, a plateau, and down again: does the target let go of what it took?"""

from __future__ import annotations

from diag.loading.stages import Stage


def stages(users: int, _rate: float, run_time_s: float) -> tuple[Stage, ...]:
    """A quarter of the time up, half at the peak, a quarter down; the time decides on the rate."""
    quarter = run_time_s / 4
    return Stage(3 * quarter, users, users / quarter), Stage(run_time_s, 0, users / quarter)
