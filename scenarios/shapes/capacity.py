"""`find-capacity` on Locust: what is tried when, and what it is judged by."""

from __future__ import annotations

import logging
import time
from typing import Any

from locust import LoadTestShape

from diag.loading.judging import default_thresholds
from diag.loading.shapes.find_capacity import Search, broken
from diag.measures.tally import Tally
from diag.measures.thresholds import Threshold
from scenarios.metrics import record, run
from scenarios.metrics.running import Run

SETTLE_S = 1.0
"""After a ramp: handshakes that are still under way belong to it."""
_WINDOWS = 15
_SHORTEST_S, _LONGEST_S = 1.0, 30.0
_TICK_SLACK_S = 0.1
"""Locust asks once a second, and a little early as often as a little late."""

logger = logging.getLogger("wsdiag")


class CapacityShape(LoadTestShape):  # type: ignore[misc]
    """Judges the thresholds of the run (or the scenario's own) over the last window, never since the start.

    The levels that break are meant to: so the run's end is not judged by the thresholds, nor by its failures. The
    answer is `capacity_users` among the result's `counts`, and a line in the log.
    """

    abstract = True
    use_common_options = True

    def __init__(self, environment: Any, users: int, rate: float, run_time_s: float) -> None:
        """`users` is the highest load that is tried; a window is a fifteenth of the time, from 1 to 30 seconds."""
        super().__init__()
        self._environment = environment
        self._rate = rate
        self._window_s = min(max(run_time_s / _WINDOWS, _SHORTEST_S), _LONGEST_S)
        self._run_time_s = run_time_s
        self._search = Search(users)
        self._thresholds: tuple[Threshold, ...] = ()
        self._from: tuple[float, Tally] | None = None
        self._settled_at = 0.0
        self._why = ""
        self._led: Run | None = None
        environment.events.test_stopping.add_listener(self._stopping)

    def tick(self) -> tuple[int, float] | None:
        """The level to try; None when the search or the time is over."""
        self._look()
        if self._search.done or self.get_run_time() >= self._run_time_s:
            return None
        return self._search.level, self._rate

    def _look(self) -> None:
        led, now = run(), time.monotonic()
        if led is None or led.finished:
            return
        if led is not self._led:
            self._adopt(led)
        if self._environment.runner.user_count != self._search.level:
            self._from, self._settled_at = None, now + SETTLE_S
        elif self._from is None:
            if now >= self._settled_at:
                self._from = now, led.tally()
        elif now - self._from[0] >= self._window_s - _TICK_SLACK_S:
            self._judge(self._from[1], led.tally(), now - self._from[0])

    def _judge(self, before: Tally, after: Tally, span_s: float) -> None:
        level = self._search.level
        culprit = broken(self._thresholds, before, after, span_s)
        if culprit is not None:
            self._why = f"{level} broke {culprit.expression} (measured {culprit.value:.5g})"
        logger.info("find-capacity: %s", self._why if culprit else f"{level} users hold")
        self._search.judge(held=culprit is None)
        self._from, self._settled_at = None, time.monotonic() + SETTLE_S

    def _adopt(self, led: Run) -> None:
        """The whole of the run must not be judged by what one window is for."""
        self._led = led
        self._thresholds = led.thresholds or default_thresholds(led.scenario)
        led.thresholds = ()
        self._environment.parsed_options.exit_code_on_error = 0

    def _stopping(self, **_: Any) -> None:
        if self._environment.shape_class is self:
            record.count("capacity_users", self._search.held)
            otherwise = "more were not tried" if self._search.done else "the time was over"
            logger.warning("find-capacity: %d users held; %s", self._search.held, self._why or otherwise)
