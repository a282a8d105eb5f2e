"""Everybody, for the whole time: what leaks, and what is cut after an hour?"""

from __future__ import annotations

from diag.loading.stages import Stage


def stages(users: int, rate: float, run_time_s: float) -> tuple[Stage, ...]:
    """One stage."""
    return (Stage(run_time_s, users, rate),)
