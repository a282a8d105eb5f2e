"""What the command line costs before it does anything. Must: under 0.15 s of CPU over plain Python's start."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.processes import measure

LIMIT_S = 0.15


def run() -> bool:
    """Prints the table; whether the limit is kept."""
    wsdiag = str(Path(sys.executable).parent / "wsdiag")
    commands = {
        "python": [sys.executable, "-c", ""],
        "import click": [sys.executable, "-c", "import click"],
        "wsdiag --version": [wsdiag, "--version"],
        "wsdiag explain CODE": [wsdiag, "explain", "upgrade-headers-stripped"],
    }
    costs = measure(commands, 15)
    plain, click = costs["python"].cpu_s, costs["import click"].cpu_s
    print(f"{'start':24} {'CPU s':>8} {'over python':>12} {'x import click':>15}")
    for name, cost in costs.items():
        print(f"{name:24} {cost.cpu_s:8.3f} {cost.cpu_s - plain:12.3f} {cost.cpu_s / click:15.2f}")
    return all(cost.cpu_s - plain < LIMIT_S for cost in costs.values())
