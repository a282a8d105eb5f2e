"""What all users have in common: their settings, an even start, and how they report to Locust."""

from __future__ import annotations

import random
import time
from typing import Any

from locust import User

from scenarios import options  # noqa: F401 - declares wsdiag's options
from scenarios.failure import LoadFailure
from scenarios.load import Given, Load, load_of
from scenarios.pacing import SPAWN_STEP_S


class PageUser(User):  # type: ignore[misc]  # Locust is not followed by mypy
    """One page. Subclasses have short tasks and keep their connections as state, so that a run can stop at any time."""

    abstract = True

    def __init__(self, environment: Any) -> None:
        """No I/O here: it would run in the greenlet that spawns everybody."""
        super().__init__(environment)
        self.pause_s = random.uniform(0, SPAWN_STEP_S)

    @classmethod
    def check(cls, load: Load) -> None:
        """Raises ConfigError when these settings leave this scenario nothing to do."""

    @property
    def load(self) -> Load:
        """The run's settings."""
        return load_of(Given.of(vars(self.environment.parsed_options)))

    def on_start(self) -> None:
        """Waits a moment of its own, so that users spawned together do not act together for the rest of the run."""
        self.wait()

    def wait_time(self) -> float:
        """Seconds until the next task. Locust counts a user as waiting meanwhile, and stops it at once."""
        return self.pause_s

    def report(
        self, request_type: str, name: str, took_ms: float | None, *, size: int = 0, failure: LoadFailure | None = None
    ) -> None:
        """One line of Locust's statistics. `took_ms` None counts the event without a response time."""
        self.environment.events.request.fire(
            request_type=request_type,
            name=name,
            response_time=took_ms,
            response_length=size,
            exception=failure,
            context=self.context(),
            start_time=time.time() - (took_ms or 0.0) / 1000,
        )
