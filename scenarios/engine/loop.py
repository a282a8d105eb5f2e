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

from scenarios.engine.alarm import Alarm
from scenarios.engine.pace import SEVERAL, Pace
from scenarios.engine.timers import Timer, Timers

IN, OUT = 1, 4
"""EPOLLIN and EPOLLOUT (epoll_ctl(2)); patching removes `select.epoll` with its constants."""

SWEEP_S = 0.05
_EVENTS = 512
_TOGETHER_S = 20e-6
_STALL_S = 0.02
"""So late is no wake-up of a process that gets its processor."""
_EARLY_S = 0.0005
"""A timer that wakes us so shortly before a read is due does not wake us for itself alone."""
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
        self.merged = 0  # reads that brought several messages
        self.awaiting = 0  # sessions that have sent something and not heard since
        self._timers = Timers()
        self._channels: dict[int, Channel] = {}
        self._limits: dict[Channel, float] = {}
        self._sweep: Timer | None = None
        self._epoll = get_original("select", "epoll")()
        self._hub = get_hub()
        self._watcher = self._hub.loop.io(self._epoll.fileno(), 1)
        self._alarm = Alarm(self._hub, self._wake)
        self._pace = Pace()
        self._reads_at = 0.0
        self._parked = False
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
        try:
            while self._running:
                self._interruptible_turn()
                if self._running:
                    self._park()
        finally:
            self._running = False
            self._unwatch()
            self._watcher.close()
            self._alarm.close()
            self._epoll.close()

    def _interruptible_turn(self) -> None:
        """Ctrl-C is raised in whichever greenlet runs; it is the main one's affair."""
        try:
            self._turn()
        except KeyboardInterrupt as error:
            self._hub.handle_system_error(type(error), error)

    def _turn(self) -> None:
        """The timers that are due, then the sockets that are ready, once each.

        Heartbeats are to go out when they are due, and answers can wait: the kernel knows when they came. But after a
        stall what has been waiting is read first, or it would be given up for late.
        """
        self._look_at_clocks()
        late_s = self.now - self._alarm.at
        if late_s > _STALL_S:
            self._read_sockets()
            self._call_timers()
        else:
            self._call_timers()
            if self.awaiting or self.now >= self._reads_at - _EARLY_S:
                self._read_sockets()

    def _read_sockets(self) -> None:
        """Serves the descriptors that are ready, and decides when to look again."""
        self.more, self.merged = False, 0
        events = self._serve()
        if self.awaiting and events >= SEVERAL:
            events += self._serve()  # a near target has answered by now, and what comes behind is still on its way
        self._reads_at = self._pace.next_read(events, self.merged, self.now, awaited=self.awaiting > 0)

    def _serve(self) -> int:
        """Once each; how many there were."""
        events = self._epoll.poll(0, _EVENTS)
        if len(events) == _EVENTS:
            self.more = True
        channels = self._channels
        for descriptor, mask in events:
            channel = channels.get(descriptor)
            if channel is not None:
                try:
                    channel.ready(mask)
                except Exception as error:  # a defect ends one session, never the loop
                    self._fail(channel, error)
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

    def _park(self) -> None:
        """Waits for something to do. Locust's greenlets run meanwhile, and once even when there is more to do."""
        due = self._timers.due()
        wakes_at = math.inf if due is None else due
        if self.more:
            wakes_at = self._reads_at = 0.0
        elif self._reads_at and not self._hurried:
            self._unwatch()
            wakes_at = min(wakes_at, self._reads_at)
        else:
            self._watch()
        self._alarm.set(wakes_at)
        self._parked = True
        self._hub.switch()

    def _wake(self) -> None:
        if self._parked:
            self._parked = False
            self._greenlet.switch()
        else:  # a handler waits, against the rules: the hub must not spin meanwhile
            self._unwatch()
            self._alarm.set(math.inf)

    def _watch(self) -> None:
        self._reads_at = 0.0
        if not self._watching:
            self._watching = True
            self._watcher.start(self._wake)

    def _unwatch(self) -> None:
        self._watching = False
        self._watcher.stop()

    def _rouse(self, when: float) -> None:
        """A timer was set from outside: the sleep may be too long for it now."""
        if self._parked and when < self._alarm.at:
            self._alarm.set(when)

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
