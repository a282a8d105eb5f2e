"""The table that a shape is, and how to read it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """Until `until_s` seconds after the start, Locust goes towards `users` by `rate` users a second."""

    until_s: float
    users: int
    rate: float


def at(stages: tuple[Stage, ...], t: float) -> Stage | None:
    """The stage of a moment; None when the last one is over."""
    return next((stage for stage in stages if t < stage.until_s), None)


def steep(asked: float, users: int, within_s: float) -> float:
    """The rate that was asked for, or a higher one if so many users would not be there in time."""
    return max(asked, users / within_s)
