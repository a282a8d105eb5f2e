"""Many timers in one heap. Pure: the clock is the caller's, in seconds of time.monotonic()."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from itertools import count

TICK_S = 0.005
"""Repeated timers start on a common grid this fine, so that one wake-up serves many. They are meant for that moment:
unlike a delay, it falsifies no measurement. Phases are spread over interval / TICK_S points."""


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
    """A heap of timers."""

    __slots__ = ("_heap", "_numbers")

    def __init__(self) -> None:
        """Without a timer."""
        self._heap: list[tuple[float, int, Timer]] = []
        self._numbers = count()

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
        return self._add(Timer(math.ceil(start / TICK_S) * TICK_S, interval, callback))

    def due(self) -> float | None:
        """When the next call is due; None when there is none."""
        heap = self._heap
        while heap and heap[0][2].callback is None:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def pop(self, now: float) -> tuple[Callable[[float], None], float] | None:
        """The next call whose time has come, with the time it was due; its timer is set for the next point."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            due, number, timer = heap[0]
            callback = timer.callback
            if callback is None:
                heapq.heappop(heap)
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

    def _add(self, timer: Timer) -> Timer:
        heapq.heappush(self._heap, (timer.due, next(self._numbers), timer))
        return timer
