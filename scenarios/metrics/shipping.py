"""What workers have measured, on its way to the master: every second, and completely before a run ends.

Each report carries the worker's state since the start of the run, never a delta. A lost report loses nothing, and of a
worker that dies everything stays that it had reported.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.lock import BoundedSemaphore
from locust import runners

from diag.measures.tally import Tally, merge

KEY = "wsdiag"
DRAIN = "wsdiag_drain"
DRAINED = "wsdiag_drained"
REPORT_EVERY_S = 1.0
"""Locust's own 3 s would make every rate a saw."""
DRAIN_S = 10.0
"""How long the last reports may take beyond `--stop-timeout`, in which users end their tasks."""
_LOOK_EVERY_S = 0.02
QUIT_S = 1.0
"""How long a worker that has quit may be gone before the master's own end, if both were interrupted together."""
RUN_OPTION = "wsdiag_run"
"""Travels to the workers with Locust's options, so that a late report of the last run is not taken for this one's."""

UNDER_WAY = (runners.STATE_SPAWNING, runners.STATE_RUNNING)

logger = logging.getLogger("wsdiag")


class Reporter:
    """On a worker."""

    def __init__(self, environment: Any, state: Callable[[], Tally]) -> None:
        """Adds to Locust's reports from now on. `state` brings this process's up to date, Locust's tables included."""
        self._environment = environment
        self._state = state
        self._stopping = BoundedSemaphore()
        runners.WORKER_REPORT_INTERVAL = REPORT_EVERY_S
        environment.events.report_to_master.add_listener(self._report)
        environment.runner.register_message(DRAIN, self._drain, concurrent=True)

    def stop(self) -> None:
        """Stops the users, and reports what they did last.

        One at a time: Ctrl-C reaches workers and master alike, so that a worker is told to stop while it stops. A
        second `Runner.stop` would kill users in the middle of their `on_stop`.
        """
        runner = self._environment.runner
        with self._stopping:
            if runner.state in UNDER_WAY:
                runner.stop()
            self._state()
            runner._send_stats()

    def _report(self, data: dict[str, Any], **_: Any) -> None:
        run = getattr(self._environment.parsed_options, RUN_OPTION, None)
        data[KEY] = {"run": run, **self._state().dump()}

    def _drain(self, msg: Any, **_: Any) -> None:
        """Locust's own master does not wait for the last reports, and would lose them."""
        runner = self._environment.runner
        if msg.data["last"]:
            # A master that stops while it still ramps up goes on telling its workers to spawn.
            runner.last_received_spawn_timestamp = math.inf
        self.stop()
        runner.send_message(DRAINED)


class Nodes:
    """On the master: the newest state of every worker of this run, and which of them are lost."""

    def __init__(self, environment: Any) -> None:
        """Listens from now on."""
        self._environment = environment
        self._run: str | None = None
        self._tallies: dict[str, Tally] = {}
        self._members: set[str] = set()
        self._absent_since: dict[str, float] = {}
        self._drained: set[str] = set()
        self._ending = False
        self.lost: set[str] = set()
        runners.WORKER_REPORT_INTERVAL = REPORT_EVERY_S
        environment.events.worker_report.add_listener(self._received)
        environment.runner.register_message(DRAINED, self._has_drained)

    def begin(self, run: str) -> None:
        """A new run, shared by the workers that are there."""
        self._run = run
        self._tallies = {}
        self._members = set(self._present())
        self._absent_since, self.lost = {}, set()
        self._ending = False
        setattr(self._environment.parsed_options, RUN_OPTION, run)

    @property
    def expected(self) -> int:
        """How many workers the run should have: those asked for, or those that took part."""
        return max(len(self._members), int(getattr(self._environment.parsed_options, "expect_workers", 0) or 0))

    def tally(self) -> Tally:
        """All of them together. What a lost one has counted has happened; its sessions are no longer open."""
        whole = merge(self._tallies, missing=set(self._tallies) - set(self._present()))
        whole.counters["workers_lost"] = len(self.lost)
        return whole

    def look(self) -> None:
        """Finds out who has gone. Called every second.

        Missing workers are lost even when they come back: they were not part of the load meanwhile. One that is not
        listed at all has quit; that counts after a moment, because Ctrl-C ends workers and master alike. When the run
        is being ended, workers may quit.
        """
        present = set(self._present())
        self._members |= present
        missing = {client.id for client in self._environment.runner.clients.missing}
        now = time.monotonic()
        gone = self._members - present - missing
        self._absent_since = {node: self._absent_since.get(node, now) for node in gone}
        self.lost |= missing & self._members
        if not self._ending:
            self.lost |= {node for node, since in self._absent_since.items() if now - since >= QUIT_S}

    def left(self) -> None:
        """The run ends without having been asked to: whoever is not there now is lost."""
        self.lost |= self._members - set(self._present())

    def drain(self, *, last: bool) -> None:
        """Has the workers stop, and waits until each has reported everything or is gone."""
        self._ending = True
        self._drained = set()
        runner = self._environment.runner
        waited_for = set(self._present())
        runner.send_message(DRAIN, {"last": last})
        until = time.monotonic() + (self._environment.stop_timeout or 0.0) + DRAIN_S
        while late := waited_for.intersection(self._present()) - self._drained:
            if time.monotonic() > until:
                logger.warning("The last reports of %d workers did not come in time: the end is missing", len(late))
                return
            gevent.sleep(_LOOK_EVERY_S)

    def _present(self) -> list[str]:
        return [client.id for client in self._environment.runner.clients.all if client.state != runners.STATE_MISSING]

    def _received(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        report = data.get(KEY)
        if not isinstance(report, dict) or self._run is None or report.get("run") != self._run:
            return
        try:
            self._tallies[client_id] = Tally.load(report)
        except ValueError as error:
            logger.warning("The report of worker %s %s", client_id, error)

    def _has_drained(self, msg: Any, **_: Any) -> None:
        self._drained.add(msg.node_id)
