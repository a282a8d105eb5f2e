"""A probe of the healthy lab: five heartbeats, 200 ms apart, on both routes. Must: within 1.5 s."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.processes import measure
from diag.lab import Lab

LIMIT_S = 1.5


def run() -> bool:
    """Prints the figure; whether the limit is kept."""
    wsdiag = str(Path(sys.executable).parent / "wsdiag")
    with Lab() as lab:
        target = lab.target()
        routes = {route.name: route.url for route in target.routes}
        command = [wsdiag, "probe", routes["proxy"], "--direct", routes["direct"], "--page", target.page]
        command += ["--count", "5", "--heartbeat-interval", "200ms", "--api", target.api[0].url]
        cost = measure({"probe": command}, 5)["probe"]
    print(f"probe of the healthy lab, five beats 200 ms apart: {cost.wall_s:.2f} s, {cost.cpu_s:.2f} s of CPU")
    return cost.wall_s < LIMIT_S
