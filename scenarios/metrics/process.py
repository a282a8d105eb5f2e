"""What every process of a run does, and what a worker does beyond that."""

from __future__ import annotations

import gc
import logging
from typing import Any

import gevent
from locust.runners import MasterRunner

from diag.measures import metrics
from diag.measures.tally import Tally
from scenarios.metrics.health import Health
from scenarios.metrics.shared import record
from scenarios.metrics.shipping import Reporter

FOLD_EVERY_S = 0.5

logger = logging.getLogger("wsdiag")


class Process:
    """What every process does: measures itself, and keeps the recorder up to date, while a run lasts."""

    def __init__(self, environment: Any) -> None:
        """Joins the events of runs."""
        self.environment = environment
        self._health: Health | None = None
        self._beating: gevent.Greenlet | None = None
        record.bind(environment)
        environment.events.test_start.add_listener(self._started)
        environment.events.test_stopping.add_listener(self._ending)
        environment.events.test_stop.add_listener(self._stopped)
        environment.events.spawning_complete.add_listener(self._spawned)

    def state(self) -> Tally:
        """This process's own, up to date."""
        record.flush()
        if self._health is not None:
            self._health.look()
        record.tally.gauges[metrics.USERS] = self.environment.runner.user_count if self._has_users else 0
        return record.tally

    @property
    def _has_users(self) -> bool:
        return not isinstance(self.environment.runner, MasterRunner)

    def _started(self, **_: Any) -> None:
        self._rest()
        _leave_alone()
        record.clear()
        record.bind(self.environment)
        self._warn_listeners()
        self._health = Health(record.tally)
        self._beating = gevent.spawn(self._beat)

    def _ending(self, **_: Any) -> None:
        if self._health is not None:
            self._health.stopping()

    def _stopped(self, **_: Any) -> None:
        self._rest()
        record.flush()

    def _spawned(self, **_: Any) -> None:
        if self.environment.reset_stats:
            record.fold.discard()

    def _beat(self) -> None:
        while True:
            gevent.sleep(FOLD_EVERY_S)
            self.state()

    def _warn_listeners(self) -> None:
        """Plugins that listen for requests would silently see failures only; Locust itself listens once."""
        others = len(self.environment.events.request._handlers) - 1
        if others > 0 and self._has_users and not self.environment.parsed_options.wsdiag_events:
            logger.warning("%d listeners of events.request hear of failures only; --wsdiag-events changes that", others)

    def _rest(self) -> None:
        if self._beating is not None:
            self._beating.kill()
        if self._health is not None:
            self._health.end()
        self._beating = self._health = None


def _leave_alone() -> None:
    """What there is before a run stays: looking through it again, as users come, stops everything for a tenth of a
    second."""
    gc.collect()
    gc.freeze()


class Worker(Process):
    """A process that is told what to do, and reports."""

    def __init__(self, environment: Any) -> None:
        """Reports from now on."""
        super().__init__(environment)
        self._reporter = Reporter(environment, self.state)
        environment.events.quitting.add_listener(self._quitting)

    def _quitting(self, **_: Any) -> None:
        """A worker that is ended by a signal says what it did until then, before Locust says that it quits."""
        self._reporter.stop()
