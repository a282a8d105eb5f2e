"""Whether the generator itself was too busy for its figures to be the target's."""

from __future__ import annotations

from dataclasses import dataclass, field

from diag.measures.histogram import Histogram

WINDOW_S = 5.0
SHORTEST_WINDOW_S = 2.0
"""The rest of a run is judged by itself when it is at least this long."""
CPU_SHARE = 0.9
"""Of one core: Python code of one process runs on one."""
LAG_MS = 100.0


@dataclass(slots=True)
class Saturation:
    """Windows of one process's CPU time and loop lag, from the start of its run on."""

    started: float
    cpu_s: float
    lag: Histogram = field(default_factory=Histogram)

    def look(self, now: float, cpu_s: float, lag: Histogram, least_s: float = WINDOW_S) -> str | None:
        """What was too much in the window that ends now; None when nothing was, or it is shorter than that.

        `cpu_s` and `lag` are those since the start. When a window has been judged, the next one begins.
        """
        span = now - self.started
        if span < least_s:
            return None
        share, slow = (cpu_s - self.cpu_s) / span, lag.minus(self.lag).quantile(0.99) or 0.0
        self.started, self.cpu_s, self.lag = now, cpu_s, Histogram.load(lag.dump())
        if share > CPU_SHARE:
            return f"used {share:.0%} of a core for {span:.0f} s"
        if slow > LAG_MS:
            return f"answered {slow:.0f} ms late (p99 over {span:.0f} s)"
        return None
