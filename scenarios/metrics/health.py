"""The generator's own health: how late its loop is, its CPU time and memory, and a warning when they spoil the run."""

from __future__ import annotations

import logging
import resource
import sys
import time

import gevent

from diag.measures import metrics
from diag.measures.health import SHORTEST_WINDOW_S, WINDOW_S, Saturation
from diag.measures.tally import Tally

NAP_S = 0.05
_RSS_UNIT = 1024 * 1024 if sys.platform == "darwin" else 1024

logger = logging.getLogger("wsdiag")


class Health:
    """One process's, during one run."""

    def __init__(self, tally: Tally) -> None:
        """Starts with the run; its figures stand in the tally."""
        self._tally = tally
        self._lag = tally.histograms["loop_lag_ms"]
        self._cpu_at_start = time.process_time()
        self._saturation: Saturation | None = Saturation(time.monotonic(), 0.0)
        self._napping = gevent.spawn(self._nap)

    def look(self, least_s: float = WINDOW_S) -> None:
        """Brings CPU time and memory up to date, and warns once when the process is saturated while the run lasts."""
        counters = self._tally.counters
        counters[metrics.CPU_S] = time.process_time() - self._cpu_at_start
        counters[metrics.RSS_PEAK_MB] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _RSS_UNIT
        if self._saturation is None:
            return
        why = self._saturation.look(time.monotonic(), counters[metrics.CPU_S], self._lag, least_s)
        if why is None:
            return
        if not counters[metrics.SATURATED]:
            logger.warning(
                "The load generator itself is too busy: this process %s. Times are worse than the target's; "
                "use more --processes, or fewer users",
                why,
            )
        counters[metrics.SATURATED] += 1

    def stopping(self) -> None:
        """The users are about to be stopped. That takes a process with thousands of them a second, and spoils nothing:
        it is not judged."""
        self._napping.kill()
        self.look(SHORTEST_WINDOW_S)
        self._saturation = None

    def end(self) -> None:
        """Stops, with the last figures."""
        self.stopping()

    def _nap(self) -> None:
        while True:
            due = time.monotonic() + NAP_S
            gevent.sleep(NAP_S)
            self._lag.add(max(time.monotonic() - due, 0.0) * 1000)
