"""Durations as people write them: `500ms`, `5s`, `1m`, `2h`. Always seconds as a float inside."""

from __future__ import annotations

import re

from diag.config.errors import quoted

LONGEST_S = 86_400.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)?", re.ASCII)


def duration(text: str) -> float:
    """Seconds, from 0 to a day; ValueError says in one line what is wrong.

    A bare number but 0 is refused: front ends count in milliseconds and curl in seconds, so either guess would
    silently be wrong for somebody by a factor of a thousand.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{quoted(text)} is not a duration (like 500ms, 5s, 1m)")
    number, unit = match.groups()
    if unit is None and float(number) != 0:
        raise ValueError(f"{quoted(text)} has no unit (like 500ms, 5s, 1m)")
    seconds = float(number) * _UNITS.get(unit, 1.0)
    if seconds > LONGEST_S:
        raise ValueError(f"{quoted(text)} is longer than a day")
    return seconds


def positive_duration(text: str) -> float:
    """The same, but more than zero: an interval of nothing would be a busy loop."""
    seconds = duration(text)
    if seconds <= 0:
        raise ValueError(f"{quoted(text)} must be more than 0s")
    return seconds
