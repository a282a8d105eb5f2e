"""Many timers in one heap. Pure: the clock is the caller's, in seconds of time.monotonic()."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from itertools import count

from scenarios.engine.pace import LONG_S, SHORT_S

_TOGETHER = 4


class Timer:
    """One call, or with an interval a call at each point of a fixed grid. `due` is when the next is meant to be."""

    __slots__ = ("callback", "due", "interval")

    def __init__(self, due: float, interval: float, callback: Callable[[float], None]) -> None:
        """`interval` 0 for a single call."""
        self.due = due
        self.interval = interval
        self.callback: Callable[[float], None] | None = callback

    def cancel(self) -> None:
        """No call will come any more, from now on; again, or after the call, this does nothing."""
        self.callback = None


class Timers:
    """A heap of timers.

    Repeated ones start on the grid of `pace`, so that one wake-up serves many. They are meant for that moment: unlike a
    delay, it falsifies no measurement. The coarse grid is used while it brings a few of them together; more would wait
    for each other, and then the fine one spreads them.
    """

    __slots__ = ("_heap", "_numbers", "_rate")

    def __init__(self) -> None:
        """Without a timer."""
        self._heap: list[tuple[float, int, Timer]] = []
        self._numbers = count()
        self._rate = 0.0

    def at(self, when: float, callback: Callable[[float], None]) -> Timer:
        """One call at that time, or at the next wake-up after it."""
        return self._add(Timer(when, 0.0, callback))

    def every(self, start: float, interval: float, callback: Callable[[float], None]) -> Timer:
        """Calls at the grid point at or after `start` and then every `interval` seconds, whatever calls take.

        Each call gets the time it was due. After a stall the points that were missed give one call, due at the first
        of them: an answer timed from there counts the stall in (no coordinated omission).
        """
        if not interval > 0:
            raise ValueError(f"an interval must be positive, not {interval:g} s")
        tick_s = LONG_S if self._rate * LONG_S < _TOGETHER else SHORT_S
        self._rate += 1 / interval
        return self._add(Timer(math.ceil(start / tick_s) * tick_s, interval, callback))

    def due(self) -> float | None:
        """When the next call is due; None when there is none."""
        heap = self._heap
        while heap and heap[0][2].callback is None:
            self._drop()
        return heap[0][0] if heap else None

    def pop(self, now: float) -> tuple[Callable[[float], None], float] | None:
        """The next call whose time has come, with the time it was due; its timer is set for the next point."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            due, number, timer = heap[0]
            callback = timer.callback
            if callback is None:
                self._drop()
                continue
            if timer.interval:
                timer.due = due + timer.interval
                if timer.due <= now:
                    timer.due = due + timer.interval * (math.floor((now - due) / timer.interval) + 1)
                heapq.heapreplace(heap, (timer.due, number, timer))
            else:
                heapq.heappop(heap)
                timer.callback = None
            return callback, due
        return None

    def _drop(self) -> None:
        """Takes out the first, which was cancelled."""
        _, _, timer = heapq.heappop(self._heap)
        if timer.interval:
            self._rate -= 1 / timer.interval

    def _add(self, timer: Timer) -> Timer:
        heapq.heappush(self._heap, (timer.due, next(self._numbers), timer))
        return timer
