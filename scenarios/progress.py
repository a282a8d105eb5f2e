"""Tells `wsdiag load`, once a second, how its run is going. Without `wsdiag load` there is nobody to tell."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import gevent
from locust import events
from locust.runners import WorkerRunner

from diag.loading.progress import DESCRIPTOR, Snapshot
from diag.measures.tally import Tally
from scenarios.metrics import run

EVERY_S = 1.0
_FAILURES = ("sessions_failed", "http_failures")


def begin(runner: Any, **_: Any) -> None:
    """Starts to tell, on the process that leads the run."""
    descriptor = os.environ.get(DESCRIPTOR, "")
    if descriptor.isdecimal() and not isinstance(runner, WorkerRunner):
        os.set_blocking(int(descriptor), False)
        gevent.spawn(_tell, int(descriptor))


def _tell(descriptor: int) -> None:
    while True:
        gevent.sleep(EVERY_S)
        snapshot = _snapshot()
        if snapshot is not None:
            with suppress(OSError):  # nobody reads, or not fast enough: the run matters more
                os.write(descriptor, snapshot.line())


def _snapshot() -> Snapshot | None:
    led = run()
    if led is None or led.finished or not led.series.points:
        return None
    tally, latest = led.latest, led.series.points[-1]
    return Snapshot(
        elapsed_s=led.elapsed_s,
        users=int(latest.users),
        open_sessions=int(latest.open_sessions),
        failed=sum(int(tally.counters.get(name, 0)) for name in _FAILURES),
        dropped=int(tally.counters.get("sessions_dropped", 0)),
        heartbeat_p95_ms=latest.heartbeat_p95_ms,
        messages_per_s=latest.messages_per_s,
        polls_per_s=latest.polls_per_s,
        worst_cause=_worst_cause(tally),
    )


def _worst_cause(tally: Tally) -> str | None:
    counts = {code: count for name in _FAILURES for code, count in tally.codes.get(name, {}).items()}
    return max(counts, key=lambda code: counts[code], default=None)


events.init.add_listener(begin)
