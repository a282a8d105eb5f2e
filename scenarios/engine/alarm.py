"""A wake-up of gevent's hub at its time: a timerfd(2), because libev rounds its own timers up to a millisecond.

A heartbeat's round trip counts from when it was due. On a local network such a millisecond would be most of it.
"""

from __future__ import annotations

import ctypes
import math
import os
import time
from collections.abc import Callable
from typing import Any

_ABSOLUTE = 1
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
_libc = ctypes.CDLL(None, use_errno=True)  # Python has os.timerfd_create from 3.13 on


class Alarm:
    """At most one wake-up is set at a time. It goes on waking until it is set anew."""

    def __init__(self, hub: Any, wake: Callable[[], None]) -> None:
        """`wake` is called in the hub. OSError without a free descriptor."""
        self._descriptor = _libc.timerfd_create(time.CLOCK_MONOTONIC, _FLAGS)
        if self._descriptor < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        self._at = math.inf
        self._spec = (ctypes.c_long * 4)()  # struct itimerspec: the interval, stays 0, and the time
        self._watcher = hub.loop.io(self._descriptor, 1)
        self._watcher.start(wake)

    @property
    def at(self) -> float:
        """When it will ring, or has rung; infinite while it is not set."""
        return self._at

    def set(self, at: float) -> None:
        """Rings at that time of time.monotonic(), at once if it is over, never for infinity."""
        self._at = at
        if at == math.inf:
            self._spec[2] = self._spec[3] = 0  # disarms it
        else:
            self._spec[2] = seconds = int(at)
            self._spec[3] = max(int((at - seconds) * 1e9), 1)
        _libc.timerfd_settime(self._descriptor, _ABSOLUTE, self._spec, None)

    def close(self) -> None:
        """Never rings again."""
        self._watcher.stop()
        self._watcher.close()
        os.close(self._descriptor)
