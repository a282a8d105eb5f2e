"""Whole processes in turn, A B A B …, so that a machine's moods meet all of them alike."""

from __future__ import annotations

import resource
import statistics
import subprocess
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over the runs: CPU seconds (user and system) and wall seconds."""

    cpu_s: float
    wall_s: float


def measure(commands: dict[str, list[str]], runs: int) -> dict[str, Cost]:
    """The cost of each command, after one warm-up; a command that fails is an error."""
    seen: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            if number:
                seen[name].append(Cost(cpu, time.perf_counter() - started))
    return {name: _median(costs) for name, costs in seen.items()}


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(cost.cpu_s for cost in costs), statistics.median(cost.wall_s for cost in costs))
