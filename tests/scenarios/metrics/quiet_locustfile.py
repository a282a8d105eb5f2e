"""Users without a network: each notes in a file of its process what it did, so that a run's figures can be checked."""

from __future__ import annotations

import os
from pathlib import Path

import gevent
from gevent.monkey import get_original
from locust import task

from scenarios.metrics import record
from scenarios.user import PageUser

NOTES = Path(os.environ["QUIET_NOTES"])
BLOCK_S = float(os.environ.get("QUIET_BLOCK_S", "0"))
"""How long each beat holds up the whole process, as a busy generator does."""
LAST_BEAT_AFTER_S = 0.7
"""Longer than Locust's master waits for its workers' last reports."""


hold_up = get_original("time", "sleep")


class QuietUser(PageUser):
    def on_start(self) -> None:
        self.pause_s = 0.05
        record.opened(0.002)

    @task
    def beat(self) -> None:
        record.beat_sent()
        record.beat(0.004)
        self._note()
        hold_up(BLOCK_S)

    def on_stop(self) -> None:
        gevent.sleep(LAST_BEAT_AFTER_S)
        record.beat(0.005)
        self._note()
        record.closed(1.0)

    def _note(self) -> None:
        with (NOTES / str(os.getpid())).open("ab") as notes:
            notes.write(b".")
