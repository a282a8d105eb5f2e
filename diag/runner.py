"""Runs the probes over all routes at once and keeps what they saw. The only broad except of the package is here."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from diag import dialects
from diag.model import ApiRequest, Route, Target
from diag.observations import Broken, Environment, Exchange, NoAnswer, Observation
from diag.probes import plan
from diag.probes.in_browser import observe
from diag.probes.requests import browser_request, request
from diag.probes.rest import call
from diag.probes.session import watch
from diag.probes.upgrade import check_port, upgrade
from diag.recording import Recording
from diag.seen import BROWSER, PAGE, Seen
from diag.urls import host_and_port
from diag.wire.chromium import ChromiumError
from diag.wire.dial import Dialer

HANG_GRACE_S = 1.0
"""A handshake that is silent for this long is examined further while it still waits."""
EXPERIMENT_S = 2.0
SETTLE_S = 2.0
"""After Ctrl-C: how long the sessions under watch may take to say what they saw."""
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy")

Progress = Callable[[str], None]
Observations = list[Observation]


def probe(target: Target, progress: Progress = lambda _: None, *, browser: str | None = None) -> Recording:
    """Observes every route and REST request of a target; Ctrl-C ends it early with what was found so far.

    `browser` is the path of a Chromium that is asked the same things afterwards.
    """
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    started = time.monotonic()
    run = _Run(target, progress)
    interrupted = False
    try:
        run.all()
        if browser:
            run.ask_browser(browser)
    except KeyboardInterrupt:
        interrupted = True
        run.settle()
    took = (time.monotonic() - started) * 1000
    return Recording(target, started_at, took, (environment(), *run.collected()), interrupted)


def environment() -> Environment:
    """The proxy variables that are set, by name; nothing in wsdiag obeys them."""
    names = [name for low in PROXY_VARIABLES for name in (low, low.upper()) if os.environ.get(name)]
    return Environment(tuple(names))


@dataclass
class _Run:
    target: Target
    progress: Progress
    stop: threading.Event = field(default_factory=threading.Event)
    seen: Observations = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    watching: int = 0

    def __post_init__(self) -> None:
        self.dialer = Dialer.of(self.target)
        self.dialect = dialects.load(self.target.client.dialect)
        self.end = time.monotonic() + (self.target.deadline_s or 86_400.0)
        self.deadline = self._deadline(self.target.client.connect_timeout_s)

    def all(self) -> None:
        shaken = [self._start(route.name, partial(self._route, route)) for route in self.target.routes]
        calls = [self._start(f"api {n}", partial(self._call, n, api)) for n, api in enumerate(self.target.api)]
        if self.target.page != "null":
            shaken.append(
                self._start("page", partial(self._handshake, self.target.page_route, PAGE, self.deadline, 0.0))
            )
        self._wait_for_handshakes()
        first = self._steps(plan.first_steps(self._view()))
        self._finish(first)
        self._finish(self._steps(plan.second_steps(self._view())))
        silences = self._steps(plan.silences(self._view()))
        self._finish([*shaken, *calls])
        self._finish(self._steps(plan.session_steps(self._view())))
        self._finish(silences)

    def ask_browser(self, program: str) -> None:
        """The same once more by a real browser; when it fails, that is said and nothing else is lost."""
        self.progress("Chromium: asking the same")
        try:
            for item in observe(self.target, program, self._view().policies):
                self._keep(item)
        except ChromiumError as error:
            self._keep(Broken("browser", None, str(error)))

    def settle(self) -> None:
        """Ends every watch: what was seen of an open session until now is worth more than the moment it takes."""
        self.stop.set()
        with self.changed:
            self.changed.wait_for(lambda: not self.watching, timeout=SETTLE_S)

    def collected(self) -> tuple[Observation, ...]:
        """Everything so far; a handshake that never came back was cut off by the deadline or by Ctrl-C."""
        with self.changed:
            return tuple(self.seen)

    def _route(self, route: Route) -> None:
        self._handshake(route, BROWSER, self.deadline, self.target.observe_s)

    def _handshake(self, route: Route, variant: str, deadline: float, watch_s: float) -> None:
        opened = upgrade(request(self.target, route, variant), self.dialer, deadline=deadline)
        self._keep(opened.exchange)
        if opened.sock is None:
            return
        with opened.sock, self._watched():
            if not watch_s:
                return
            self.progress(f"{route.name}: open, watching for {watch_s:g} s")
            seconds = min(watch_s, self.end - time.monotonic())
            stop = self.stop.is_set
            self._keep(watch(opened, self.target, self.dialect, variant=variant, observe_s=seconds, stop=stop))

    @contextmanager
    def _watched(self) -> Iterator[None]:
        with self.changed:
            self.watching += 1
        try:
            yield
        finally:
            with self.changed:
                self.watching -= 1
                self.changed.notify_all()

    def _call(self, index: int, api: ApiRequest) -> None:
        self._keep(call(self.target, index, api, self.dialer, deadline=self.deadline))

    def _steps(self, steps: Iterable[plan.Step]) -> list[Future[None]]:
        return [self._start(step.route.name, partial(self._step, step)) for step in steps]

    def _step(self, step: plan.Step) -> None:
        base = Seen(self.target, self.collected()).exchange(step.route)
        patience = max(EXPERIMENT_S, 2 * base.took_ms / 1000) if base else EXPERIMENT_S
        # While the handshake itself still hangs, an experiment may hang as long as it does, and no longer.
        deadline = min(self._deadline(patience), self.end) if base else self.deadline
        name, _, address = step.variant.partition("=")
        if name == "port":
            self._keep(check_port(step.route.name, address, host_and_port(step.route.url)[1], deadline=deadline))
        else:
            self._handshake(step.route, step.variant, deadline, step.watch_s)

    def _wait_for_handshakes(self) -> None:
        """Until every route's handshake is back, or has been silent for the grace."""
        grace = min(HANG_GRACE_S, self.deadline - time.monotonic())

        def all_back() -> bool:
            back = sum(isinstance(item, Exchange) and item.variant == BROWSER for item in self.seen)
            return back >= len(self.target.routes)

        with self.changed:
            self.changed.wait_for(all_back, timeout=max(0.0, grace))

    def _view(self) -> Seen:
        """What was seen, with a stand-in for each handshake that is still silent."""
        seen = Seen(self.target, self.collected())
        pending = [
            Exchange(route.name, BROWSER, route.url, browser_request(self.target, route).headers, _SILENT, 0.0)
            for route in self.target.routes
            if seen.exchange(route) is None
        ]
        return Seen(self.target, (*seen.observations, *pending))

    def _keep(self, observation: Observation) -> None:
        with self.changed:
            self.seen.append(observation)
            self.changed.notify_all()

    def _deadline(self, seconds: float) -> float:
        return min(self.end, time.monotonic() + seconds)

    def _finish(self, futures: list[Future[None]]) -> None:
        """Waits in short steps, so that Ctrl-C is heard at once."""
        pending = set(futures)
        while pending and time.monotonic() < self.end + 1:
            pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED).not_done

    def _start(self, name: str, work: Callable[[], None]) -> Future[None]:
        """Runs work in a daemon thread: one that hangs must not keep the process alive."""
        future: Future[None] = Future()

        def run() -> None:
            try:
                work()
            except Exception as error:  # a defect of ours is reported as such, never as the target's
                self._keep(Broken("probe", name, f"{type(error).__name__}: {error}"))
            finally:
                future.set_result(None)

        threading.Thread(target=run, name=f"probe {name}", daemon=True).start()
        return future


_SILENT = NoAnswer("http", "timeout")
