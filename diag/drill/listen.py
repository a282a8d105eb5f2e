"""The fault proxy by itself: it listens, breaks what its steps say, and tells what happens, until it is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from diag.drill.notation import Step
from diag.drill.timeline import Timeline
from diag.faultproxy.fault import described
from diag.faultproxy.proxy import FaultProxy, Upstream
from diag.model import Target
from diag.urls import request_path

_STEP_S = 3600.0


@dataclass
class Listener:
    """One run; `say` gets every line, from more than one thread."""

    target: Target
    upstream: Upstream
    steps: tuple[Step, ...]
    say: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)
    _started: float = field(default_factory=time.monotonic)

    def run(self, host: str, port: int) -> None:
        """Until `stop`, KeyboardInterrupt, or nobody listens to what is said. OSError when the port cannot be used."""
        with FaultProxy(self.upstream, port, host, on_link=self._link) as proxy:
            shown = f"[{host}]" if ":" in host else host
            self.say(f"ws://{shown}:{proxy.port}{request_path(self.target.url)} leads to {self.target.url}")
            self.say(
                "Ctrl-C ends it." if self.steps else "No --fault and no --timeline: it only relays. Ctrl-C ends it."
            )
            self._started = time.monotonic()
            timeline = Timeline("", self.steps)
            for moment_s in timeline.moments() if self.steps else ():
                if self.stop.wait(max(0.0, moment_s - self._now_s())):
                    return
                self._change(proxy, timeline, moment_s)
            while not self.stop.wait(_STEP_S):
                pass

    def _change(self, proxy: FaultProxy, timeline: Timeline, moment_s: float) -> None:
        faults = timeline.faults_at(moment_s)
        proxy.set(*faults)
        self._tell("▼ " + "; ".join(map(described, faults)) if faults else "▲ the way is clear")

    def _link(self, what: str, number: int) -> None:
        try:
            self._tell(f"connection {number} {what}")
        except OSError:  # on the proxy's thread, which must go on until the port is free again
            self.stop.set()

    def _tell(self, what: str) -> None:
        self.say(f"{self._now_s():7.1f} s  {what}")

    def _now_s(self) -> float:
        return time.monotonic() - self._started
