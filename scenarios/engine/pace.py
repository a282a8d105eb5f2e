"""How long to leave sockets unread so that one wake-up serves many. Pure: the clock is the caller's.

A wake-up costs more than the messages that it brings, and the kernel keeps the time of their arrival meanwhile. But it
keeps that of the last one only, so a read must not bring several: not a heartbeat's answer and what came behind it, for
the round trip would be wrong, and seldom several pushes.
"""

from __future__ import annotations

import math

SHORT_S, LONG_S = 0.005, 0.02
"""The waits, and their grid; `timers` has the same, so that heartbeats and reads share wake-ups."""
SEVERAL = 4
"""Sessions that make waiting worth it."""
_BURST = 8
"""Wake-ups close behind each other, after which it is tried whether others can be gathered; `_VAIN_S`: not again so
soon, when there were none."""
_VAIN_S = 0.05
_FEW = 1 / 50
"""Of `_ENOUGH` reads so many may bring several messages; else the waits are short for `_WARY_S`."""
_ENOUGH = 200
_WARY_S = 5.0


class Pace:
    """Whether to wait before reading again, and how long.

    It is worth it only where that gathers several sessions' messages: one session that answers as fast as it is asked
    makes as many wake-ups, and must not be slowed down.
    """

    __slots__ = ("_burst", "_events", "_merged", "_previous", "_vain_until", "_waited", "_wary_until")

    def __init__(self) -> None:
        """At rest."""
        self._burst = self._events = self._merged = 0
        self._previous = self._vain_until = self._wary_until = 0.0
        self._waited = False

    def next_read(self, events: int, merged: int, now: float, *, awaited: bool) -> float:
        """When to read next; 0 for at once.

        The look before it found so many descriptors ready, so many of them with more than one message; `awaited`:
        somebody has asked for something and has not heard since.
        """
        if not events:
            self._waited = False
            return 0.0
        self._burst = self._burst + 1 if now - self._previous < SHORT_S / 4 else 0
        self._previous = now
        if self._waited and events < SEVERAL:
            self._vain_until = now + _VAIN_S
        self._waited = now >= self._vain_until and (events >= SEVERAL or self._burst >= _BURST)
        if not self._waited:
            return 0.0
        self._weigh(events, merged, now)
        wait_s = SHORT_S if awaited or now < self._wary_until else LONG_S
        return (math.floor(now / wait_s) + 1) * wait_s

    def _weigh(self, events: int, merged: int, now: float) -> None:
        """Short waits merge less, so whether long ones are in order is tried again only after a while."""
        self._events += events
        self._merged += merged
        if self._events >= _ENOUGH:
            if self._merged > self._events * _FEW:
                self._wary_until = now + _WARY_S
            self._events = self._merged = 0
