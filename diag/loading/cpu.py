"""CPU time of other processes, as Linux keeps it in /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_USER_TIME, _SYSTEM_TIME = 11, 12
"""utime and stime in proc(5)'s /proc/PID/stat, counted from the field behind the command's name."""


def seconds(pids: Iterable[int]) -> float | None:
    """User and system time of these processes together since they started, all threads; None when one has gone or
    cannot be read."""
    ticks = 0
    for pid in pids:
        try:
            # The name stands in parentheses and may hold blanks and parentheses itself.
            fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            ticks += int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])
        except (OSError, ValueError, IndexError):
            return None
    return ticks / os.sysconf("SC_CLK_TCK")
