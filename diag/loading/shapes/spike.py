"""Calm, everybody at once, calm again: does the target recover?"""

from __future__ import annotations

from diag.loading.stages import Stage, steep

_CALM = 0.1


def stages(users: int, rate: float, run_time_s: float) -> tuple[Stage, ...]:
    """A tenth of the users, but for one fifth of the time, from two fifths on."""
    calm, part = max(1, round(users * _CALM)), run_time_s / 5
    rush = steep(rate, users, part / 4)
    return Stage(2 * part, calm, steep(rate, calm, part)), Stage(3 * part, users, rush), Stage(run_time_s, calm, rush)
