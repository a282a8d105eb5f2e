"""Many timers, by the moments when they are due. Pure: the clock is the caller's, in seconds of time.monotonic()."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable

from scenarios.engine.pace import LONG_S, SHORT_S

_TOGETHER = 4
"""Calls at one point of the coarse grid, on average; each of them takes some 20 us."""


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
    """Those of one loop.

    Repeated ones start on the grid of `pace`, so that one wake-up serves many. They are meant for that moment: unlike a
    delay, it falsifies no measurement. The coarse grid is used while it brings a few of them together; more would wait
    for each other, and then the fine one spreads them.
    """

    __slots__ = ("_at", "_heap", "_rate")

    def __init__(self) -> None:
        """Without a timer."""
        self._at: dict[float, list[Timer]] = {}
        self._heap: list[float] = []
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
        while heap:
            timers = self._at[heap[0]]
            while timers and timers[-1].callback is None:
                self._drop(timers)
            if timers:
                return heap[0]
            del self._at[heapq.heappop(heap)]
        return None

    def pop(self, now: float) -> tuple[Callable[[float], None], float] | None:
        """The next call whose time has come, with the time it was due; its timer is set for the next point."""
        due = self.due()
        if due is None or due > now:
            return None
        timer = self._at[due].pop()
        callback = timer.callback
        if callback is None:  # `due` has dropped those
            return None
        if timer.interval:
            timer.due = due + timer.interval
            if timer.due <= now:
                timer.due = due + timer.interval * (math.floor((now - due) / timer.interval) + 1)
            self._add(timer)
        else:
            timer.callback = None
        return callback, due

    def _drop(self, timers: list[Timer]) -> None:
        """Takes out the last, which was cancelled."""
        timer = timers.pop()
        if timer.interval:
            self._rate -= 1 / timer.interval

    def _add(self, timer: Timer) -> Timer:
        """Those of one moment stand together, so that the heap has an entry for each moment and not for each timer."""
        timers = self._at.get(timer.due)
        if timers is None:
            self._at[timer.due] = [timer]
            heapq.heappush(self._heap, timer.due)
        else:
            timers.append(timer)
        return timer
