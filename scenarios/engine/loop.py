"""The epoll greenlet: one greenlet owns every socket of the process through an epoll of its own.

gevent's hub watches only that epoll's descriptor, so a message costs no watcher, no timer and no switch of its own.
"""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable
from typing import Protocol

import gevent
from gevent.hub import get_hub
from gevent.monkey import get_original

from scenarios.engine.timers import Timer, Timers

IN, OUT = 1, 4
"""EPOLLIN and EPOLLOUT (epoll_ctl(2)); patching removes `select.epoll` with its constants."""

QUANTUM_S = 0.005
"""Under load sockets are read at most this often, many in one wake-up; the kernel keeps the time of their arrival."""
SWEEP_S = 0.05
_EVENTS = 512
_SEVERAL = 4
_BURST = 8
_VAIN_S = 0.05
_TOGETHER_S = 20e-6
_log = logging.getLogger("wsdiag.engine")


class Channel(Protocol):
    """What owns a registered descriptor. Nothing that these raise ends the loop."""

    def ready(self, mask: int) -> None:
        """The descriptor is readable, writable or broken."""

    def expired(self) -> None:
        """The deadline set with `limit` has passed."""

    def fail(self, error: Exception) -> None:
        """`ready` or `expired` raised this."""

    def abort(self) -> None:
        """The loop stops."""


class Pace:
    """Whether to wait a quantum before reading again: worth it only where that gathers several sessions' messages.

    One session that answers as fast as it is asked makes as many wake-ups, and must not be slowed down.
    """

    __slots__ = ("_burst", "_previous", "_vain_until", "_waited")

    def __init__(self) -> None:
        """At rest."""
        self._burst = 0
        self._previous = self._vain_until = 0.0
        self._waited = False

    def crowded(self, events: int, now: float) -> bool:
        """After a turn that served so many descriptors."""
        if not events:
            self._waited = False
            return False
        self._burst = self._burst + 1 if now - self._previous < QUANTUM_S / 4 else 0
        self._previous = now
        if self._waited and events < _SEVERAL:
            self._vain_until = now + _VAIN_S
        self._waited = now >= self._vain_until and (events >= _SEVERAL or self._burst >= _BURST)
        return self._waited


class Loop:
    """The sockets and timers of one process. `now` is the time of the last wake-up (time.monotonic())."""

    def __init__(self) -> None:
        """Starts the greenlet."""
        self.pid = os.getpid()
        self.now = time.monotonic()
        self.ahead = time.time() - self.now
        self.on_lag: Callable[[float], None] | None = None
        self._hurried = 0
        self._watching = False
        self.more = False  # somebody's read was full
        self._timers = Timers()
        self._channels: dict[int, Channel] = {}
        self._limits: dict[Channel, float] = {}
        self._sweep: Timer | None = None
        self._epoll = get_original("select", "epoll")()
        self._hub = get_hub()
        self._watcher = self._hub.loop.io(self._epoll.fileno(), 1)
        self._timer = self._hub.loop.timer(0.0)
        self._parked = False
        self._wakes_at = math.inf
        self._running = True
        self._greenlet = gevent.spawn(self._run)

    @property
    def running(self) -> bool:
        """False after `stop`."""
        return self._running

    def wall(self, at: float) -> float:
        """A time of the loop as Unix seconds."""
        return at + self.ahead

    def add(self, descriptor: int, channel: Channel, mask: int = IN) -> None:
        """Watches a descriptor; `close` ends that, and must come before the descriptor is closed."""
        self._channels[descriptor] = channel
        self._epoll.register(descriptor, mask)

    def adopt(self, descriptor: int, channel: Channel) -> None:
        """Gives a watched descriptor to another owner."""
        self._channels[descriptor] = channel

    def change(self, descriptor: int, mask: int) -> None:
        """Watches it for something else."""
        self._epoll.modify(descriptor, mask)

    def forget(self, descriptor: int, channel: Channel) -> None:
        """Watches it no more. The kernel drops a closed descriptor from an epoll by itself, so this costs no call."""
        self._channels.pop(descriptor, None)
        self._limits.pop(channel, None)

    def hasten(self) -> None:
        """Somebody waits for an answer before going on, until `relax`: reading at once is worth its price."""
        self._hurried += 1
        if self._parked and not self._watching:
            self._watch()

    def relax(self) -> None:
        """Takes one `hasten` back."""
        self._hurried -= 1

    def limit(self, channel: Channel, deadline: float | None) -> None:
        """Calls `expired` when the time has passed, at most `SWEEP_S` late; None takes the limit away."""
        if deadline is None:
            self._limits.pop(channel, None)
            return
        self._limits[channel] = deadline
        if self._sweep is None:
            self._sweep = self.at(time.monotonic() + SWEEP_S, self._sweep_limits)

    def at(self, when: float, callback: Callable[[float], None]) -> Timer:
        """One call at that time."""
        timer = self._timers.at(when, callback)
        self._rouse(when)
        return timer

    def every(self, interval_s: float, phase_s: float, callback: Callable[[float], None]) -> Timer:
        """Calls every so often, first after `phase_s`; see `Timers.every`."""
        timer = self._timers.every(time.monotonic() + phase_s, interval_s, callback)
        self._rouse(timer.due)
        return timer

    def stop(self) -> None:
        """Ends the loop; the sessions that are still open are closed without a word."""
        self._running = False
        for descriptor in list(self._channels):
            channel = self._channels.get(descriptor)
            if channel is not None:
                channel.abort()
        self._hub.loop.run_callback(self._wake)
        if gevent.getcurrent() is not self._greenlet:
            self._greenlet.join()

    def _run(self) -> None:
        pace = Pace()
        try:
            while self._running:
                events = self._interruptible_turn()
                if self._running:
                    self._park(crowded=pace.crowded(events, self.now))
        finally:
            self._running = False
            self._watcher.stop()
            self._timer.stop()
            self._watcher.close()
            self._timer.close()
            self._epoll.close()

    def _interruptible_turn(self) -> int:
        """Ctrl-C is raised in whichever greenlet runs; it is the main one's affair."""
        try:
            return self._turn()
        except KeyboardInterrupt as error:
            self._hub.handle_system_error(type(error), error)
            return 0

    def _turn(self) -> int:
        """Serves the descriptors that are ready, once each, and the timers that are due; how many descriptors."""
        self.more = False
        self._look_at_clocks()
        events = self._epoll.poll(0, _EVENTS)
        if events:
            self.more = len(events) == _EVENTS
            channels = self._channels
            for descriptor, mask in events:
                channel = channels.get(descriptor)
                if channel is not None:
                    try:
                        channel.ready(mask)
                    except Exception as error:  # a defect ends one session, never the loop
                        self._fail(channel, error)
        self._call_timers()
        return len(events)

    def _look_at_clocks(self) -> None:
        """Another process may run between two clocks' readings: then they are of no use as a pair."""
        before, wall, self.now = time.monotonic(), time.time(), time.monotonic()
        if self.now - before < _TOGETHER_S:
            self.ahead = wall - self.now

    def _call_timers(self) -> None:
        due, now = self._timers.due(), time.monotonic()
        if due is None or due > now:
            return
        if self.on_lag is not None:
            self._guard(self.on_lag, now - due)
        while (call := self._timers.pop(now)) is not None:
            self._guard(*call)

    def _guard(self, callback: Callable[[float], None], value: float) -> None:
        try:
            callback(value)
        except Exception:
            _log.exception("a timer's callback failed")

    def _fail(self, channel: Channel, error: Exception) -> None:
        try:
            channel.fail(error)
        except Exception:
            _log.exception("a session's end could not be told")

    def _park(self, *, crowded: bool) -> None:
        """Waits for something to do. Locust's greenlets run meanwhile, and once even when there is more to do."""
        due, now = self._timers.due(), time.monotonic()
        if self.more:
            wait_s: float | None = 0.0
        elif crowded and not self._hurried:
            self._unwatch()
            wait_s = self.now + QUANTUM_S - now
            if due is not None:
                wait_s = min(wait_s, due - now)
        else:
            self._watch()
            wait_s = None if due is None else due - now
        self._wakes_at = math.inf
        if wait_s is not None:
            self._arm(now, wait_s)
        self._parked = True
        self._hub.switch()

    def _arm(self, now: float, wait_s: float) -> None:
        self._wakes_at = now + wait_s
        if wait_s <= 0:
            self._hub.loop.run_callback(self._wake)
            return
        self._timer.stop()
        self._timer = self._hub.loop.timer(wait_s)
        self._timer.start(self._wake, update=True)

    def _wake(self) -> None:
        if self._parked:
            self._parked = False
            self._timer.stop()
            self._greenlet.switch()
        else:
            self._unwatch()

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            self._watcher.start(self._wake)

    def _unwatch(self) -> None:
        self._watching = False
        self._watcher.stop()

    def _rouse(self, when: float) -> None:
        """A timer was set from outside: the sleep may be too long for it now."""
        if self._parked and when < self._wakes_at:
            now = time.monotonic()
            self._arm(now, when - now)

    def _sweep_limits(self, _due: float) -> None:
        now = time.monotonic()
        late = [channel for channel, deadline in self._limits.items() if deadline <= now]
        for channel in late:
            del self._limits[channel]
            try:
                channel.expired()
            except Exception as error:  # as above
                self._fail(channel, error)
        self._sweep = self.at(now + SWEEP_S, self._sweep_limits) if self._limits else None


_loop: Loop | None = None


def loop() -> Loop:
    """This process's loop, started when it is first asked for. A forked worker starts its own."""
    global _loop  # noqa: PLW0603 - the descriptors and the hub are the process's, too
    if _loop is None or not _loop.running or _loop.pid != os.getpid():
        _loop = Loop()
    return _loop
