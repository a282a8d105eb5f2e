"""One run on the process that leads it, alone or as the master: its state every second, its end, its result."""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent

from diag.measures import metrics
from diag.measures.building import Circumstances, result
from diag.measures.result import Ended, Result
from diag.measures.series import Series
from diag.measures.tally import Tally
from diag.measures.thresholds import Judged, Threshold, judge

STEP_S = 1.0


class Run:
    """From `test_start` to `test_stop`. `state` gives the merged tally of all processes at any moment."""

    def __init__(
        self,
        scenario: str,
        thresholds: tuple[Threshold, ...],
        state: Callable[[], Tally],
        abort: Callable[[], None],
    ) -> None:
        """Starts now. `abort` ends the run; it is called once, by a threshold that may."""
        self.scenario = scenario
        self.thresholds = thresholds
        self.series = Series()
        self.workers_expected = 1
        self.user_errors = 0
        self.users = 0
        self.ended: Ended = "completed"
        self.aborted_by: str | None = None
        self.peak_open = 0
        self._state = state
        self._abort = abort
        self._started = time.monotonic()
        self._stopped: float | None = None
        self.latest = Tally()
        """The state at the newest point of the series: what shows progress need not gather another one."""
        self._last: Tally | None = None
        self._final: Result | None = None
        self._ticking = gevent.spawn(self._tick)

    @property
    def elapsed_s(self) -> float:
        """Since the start; once it is being stopped, until then."""
        return (self._stopped or time.monotonic()) - self._started

    def tally(self) -> Tally:
        """Everything measured so far, by all processes; what they do after the end does not belong to it."""
        return self._last or self._state()

    def result(self) -> Result:
        """So far, or the final one."""
        return self._final or self._result(self.tally())

    def stopping(self, users: int) -> None:
        """Users are about to be stopped, that many: the rest of the last second becomes a point, the clock stands."""
        if self._stopped is None:
            self._ticking.kill()
            self._look(least_s=STEP_S / 2)
            self.users = max(self.users, users)
            self._stopped = time.monotonic()

    def finish(self) -> Result:
        """Everything has been reported."""
        if self._final is None:
            self._last = self._state()
            self._final = self._result(self._last)
        return self._final

    @property
    def finished(self) -> bool:
        """Whether the final result is there."""
        return self._final is not None

    def _tick(self) -> None:
        while True:
            # On the grid of full seconds, because a late tick must not push those that follow; to the nearest point of
            # it, because the event loop may also wake us a little early.
            point = round(self.elapsed_s / STEP_S) + 1
            gevent.sleep(point * STEP_S - self.elapsed_s)
            tally = self._look()
            broken = next((one for one in self.thresholds if one.breaks(tally, self.elapsed_s)), None)
            if broken is not None and self.aborted_by is None:
                self.ended, self.aborted_by = "aborted", broken.expression
                # Ending the run ends this greenlet, so another one has to.
                gevent.spawn(self._abort)

    def _look(self, least_s: float = 0.0) -> Tally:
        self.latest = tally = self.tally()
        self.peak_open = max(self.peak_open, int(tally.gauges.get(metrics.OPEN_SESSIONS, 0)))
        self.users = max(self.users, int(tally.gauges.get(metrics.USERS, 0)))
        before = self.series.points[-1].t if self.series.points else 0.0
        if self.elapsed_s - before >= least_s:
            self.series.add(self.elapsed_s, tally)
        return tally

    def _result(self, tally: Tally) -> Result:
        circumstances = Circumstances(
            scenario=self.scenario,
            users=self.users,
            run_time_s=self.elapsed_s,
            workers_expected=self.workers_expected,
            peak_open=self.peak_open,
            ended=self.ended,
            aborted_by=self.aborted_by,
            user_errors=self.user_errors,
        )
        return result(tally, circumstances, self.thresholds, self.series.points)

    def judged(self) -> tuple[Judged, ...]:
        """The thresholds with unrounded values."""
        return judge(self.thresholds, self.tally(), self.elapsed_s)
