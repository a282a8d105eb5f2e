"""What the process does that the result comes from: the only one, or the master of others."""

from __future__ import annotations

import logging
import os
import uuid
from typing import Any

import gevent
from gevent.monkey import get_original
from locust.runners import STATE_CLEANUP, STATE_STOPPING

from diag.measures.tally import Tally, merge
from scenarios.metrics import gate
from scenarios.metrics.process import Process
from scenarios.metrics.running import Run
from scenarios.metrics.shared import record
from scenarios.metrics.shipping import UNDER_WAY, Nodes

END_S = 30.0
"""How long a second request to end, such as Ctrl-C during the drain, waits for the first one's result."""
_ENDING = (STATE_STOPPING, STATE_CLEANUP)

logger = logging.getLogger("wsdiag")


class Leader(Process):
    """The process that the result comes from: the only one."""

    def __init__(self, environment: Any) -> None:
        """Leads every run of this Locust."""
        super().__init__(environment)
        self.run: Run | None = None
        self._interrupted = False
        self._spare: int | None = None
        environment.events.test_stopping.add_listener(self._stopping)
        environment.events.quitting.add_listener(self._quitting)

    def whole(self) -> Tally:
        """The run's state."""
        return merge({"": self.state()})

    def _started(self, **_: Any) -> None:
        super()._started()
        self.environment.process_exit_code = None
        self._interrupted = False
        if self._spare is None:
            self._spare = os.open(os.devnull, os.O_RDONLY)
        self.run = Run(self._scenario(), gate.thresholds(self.environment), self.whole, self._abort)

    def _stopping(self, **_: Any) -> None:
        if self.run is not None and not self.run.finished:
            self.run.stopping(self.environment.runner.target_user_count)
            if self._interrupted:
                self.run.ended = "interrupted"

    def _stopped(self, **_: Any) -> None:
        super()._stopped()
        if self.run is None or self.run.finished:
            return
        errors = self.environment.runner.exceptions.values()
        self.run.user_errors = sum(row["count"] for row in errors)
        for row in errors:
            logger.error("An exception in users, %d times: %s", row["count"], row["msg"])
        self.run.peak_open = max(self.run.peak_open, record.peak_open)
        result = self.run.finish()
        self.environment.process_exit_code = gate.exit_code(result)
        gate.print_table(gate.table(result, self.run.judged()))
        self._free_spare()
        if file := self.environment.parsed_options.wsdiag_out:
            gate.write(result, file)

    def _free_spare(self) -> None:
        """A run that took all file descriptors would have none left to write its result to.

        gevent's own `os.close` puts it off until the hub runs again.
        """
        if self._spare is not None:
            get_original("os", "close")(self._spare)
            self._spare = None

    def _quitting(self, **_: Any) -> None:
        """SIGTERM and Ctrl-C come here while the run is under way: it is ended in order, and its result is written.

        Locust takes the exit code right after this event.
        """
        runner = self.environment.runner
        if runner.state in UNDER_WAY:
            self._interrupted = True
            self._stop()
        elif runner.state in _ENDING:
            with gevent.Timeout(END_S, exception=False):
                while self.run is not None and not self.run.finished:
                    gevent.sleep(0.02)

    def _stop(self) -> None:
        self.environment.runner.stop()

    def _abort(self) -> None:
        runner = self.environment.runner
        if self.environment.parsed_options.headless:
            runner.quit()
        else:
            runner.stop()

    def _scenario(self) -> str:
        given: str = self.environment.parsed_options.wsdiag_scenario
        names = [user_class.__name__ for user_class in self.environment.user_classes]
        return given or "+".join(name.removesuffix("User").lower() for name in names)


class Master(Leader):
    """The process that the result comes from: the one that has workers."""

    def __init__(self, environment: Any) -> None:
        """Hears workers from now on."""
        super().__init__(environment)
        self._nodes = Nodes(environment)

    def whole(self) -> Tally:
        """The workers' states, and what leading them costs."""
        self._nodes.look()
        whole = self._nodes.tally()
        whole.absorb(self.state())
        return whole

    def _started(self, **_: Any) -> None:
        self._nodes.begin(uuid.uuid4().hex)
        super()._started()

    def _stopping(self, **_: Any) -> None:
        run = self.run
        if run is None or run.finished:
            return
        super()._stopping()
        if not self._interrupted:
            self._nodes.left()
        self._nodes.drain(last=bool(self.environment.parsed_options.headless))
        if not self._interrupted:
            self._nodes.left()
        run.workers_expected = self._nodes.expected
        if len(self._nodes.lost) >= run.workers_expected:
            run.ended = "workers-gone"

    def _stopped(self, **_: Any) -> None:
        super()._stopped()
        if self.run is not None and self.run.ended == "workers-gone":
            # Locust would sit there without a load until --run-time is over, and then pass.
            gevent.spawn(self._abort)

    def _stop(self) -> None:
        self.environment.runner.stop(send_stop_to_client=False)
