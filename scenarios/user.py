"""What all users have in common: their settings, an even start, a clean end, and no greenlet while nothing happens."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import gevent
from locust import User, task

from scenarios import metrics, options  # noqa: F401 - declares wsdiag's options
from scenarios.engine import Timer, loop
from scenarios.failure import LoadFailure
from scenarios.load import Given, Load, load_of
from scenarios.pacing import SPAWN_STEP_S

metrics.install()


class PageUser(User):  # type: ignore[misc]  # Locust is not followed by mypy
    """One page. Subclasses say what happens in `begin` and `leave`, and live by timers and the engine's callbacks.

    A greenlet that waits costs 7 KB, more than all the rest of a session. So a user without `@task` methods has one
    that never starts, for Locust to count and to kill; what takes time (a handshake) gets one for as long as it lasts.
    With tasks of its own, a user also has Locust's usual greenlet, which runs them beside all this.
    """

    abstract = True
    pause_s = SPAWN_STEP_S
    parked = True
    """Whether there is no task but `stay`."""
    _left = False
    _timer: Timer | None = None

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Looks once at the tasks: `stay` is only there where there are no others."""
        super().__init_subclass__(**keywords)
        own = [each for each in cls.tasks if each is not PageUser.stay]
        cls.parked, cls.tasks = not own, own or [PageUser.stay]

    @task  # type: ignore[untyped-decorator]
    def stay(self) -> None:
        """What a page does that has nothing else to do. Never called: Locust only wants every class to have a task."""

    @classmethod
    def check(cls, load: Load) -> None:
        """Raises ConfigError when these settings leave this scenario nothing to do."""

    @property
    def load(self) -> Load:
        """The run's settings."""
        return load_of(Given.of(vars(self.environment.parsed_options)))

    def begin(self) -> None:
        """The page is opened; in a greenlet of its own, up to a second after Locust spawned the user.

        So users that are spawned together do not act together for the rest of the run.
        """

    def leave(self) -> None:
        """The page is left: ends what is open, within a bounded time."""

    def start(self, group: Any) -> Any:
        """See Locust's. Nothing is done here that takes time: it runs in the greenlet that spawns everybody."""
        if self.parked:
            self._group, self._greenlet = group, gevent.Greenlet(PageUser.stay, self)
            group.add(self._greenlet)
        else:
            super().start(group)
        self.later(random.uniform(0, SPAWN_STEP_S), self._arrive)
        return self._greenlet

    def stop(self, force: bool = False) -> bool:
        """See Locust's. It runs in a greenlet of its own for each user."""
        if not self.parked:
            return bool(super().stop(force))
        self._guarded(self.on_stop)
        self._group.killone(self._greenlet)
        return True

    def on_stop(self) -> None:
        """Leaves the page. Whoever overrides it calls it."""
        self._left = True
        if self._timer is not None:
            self._timer.cancel()
        self.leave()

    def wait_time(self) -> float:
        """Seconds until the next task."""
        return self.pause_s

    def later(self, delay_s: float, step: Callable[[], None]) -> None:
        """Does the next thing then, in a greenlet of its own; there is one next thing at a time."""
        if self._left:
            return
        self._timer = loop().at(time.monotonic() + delay_s, lambda _due: self.soon(step))

    def soon(self, step: Callable[..., None], *arguments: Any) -> None:
        """Does it now, in a greenlet of its own, unless the page has been left."""
        if not self._left:
            gevent.spawn(self._guarded, step, *arguments)

    def broken(self, error: Exception) -> None:
        """Has Locust show a defect of ours, or of a subclass, among its exceptions; the user lives on."""
        self.environment.events.user_error.fire(user_instance=self, exception=error, tb=error.__traceback__)

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

    def _arrive(self) -> None:
        """Locust's own greenlet calls `on_start`; without one somebody has to."""
        if self.parked:
            self.on_start()
        self.begin()

    def _guarded(self, step: Callable[..., None], *arguments: Any) -> None:
        try:
            step(*arguments)
        except Exception as error:
            self.broken(error)
