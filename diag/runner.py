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
from diag.probes import follow_ups, plan
from diag.probes.certificates import present
from diag.probes.http2 import connect_over_http2
from diag.probes.in_browser import observe
from diag.probes.requests import browser_request, request
from diag.probes.rest import call
from diag.probes.session import watch
from diag.probes.upgrade import check_port, upgrade
from diag.recording import Recording
from diag.seen import BROWSER, PAGE, SEARCHING, Seen
from diag.urls import host_and_port
from diag.wire.chromium import ChromiumError
from diag.wire.dial import Dialer

HANG_GRACE_S = 1.0
"""A handshake that is silent for this long is examined further while it still waits."""
EXPERIMENT_S = 2.0
GRACE_S = 0.5
"""After the deadline: how long what was cut by it may take to be noted down."""
SETTLE_S = 1.0
"""After Ctrl-C: how long the sessions under watch may take to say what they saw."""
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy")

Progress = Callable[[str], None]
Observations = list[Observation]


def probe(target: Target, progress: Progress = lambda _: None, *, browser: str | None = None) -> Recording:
    """Observes every route and REST request of a target; Ctrl-C ends it early with what was found so far.

    `browser` is the path of a Chromium that is asked the same things afterwards.
    """
    started_at, started = _now(), time.monotonic()
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


def search_idle_limits(target: Target, stop: threading.Event, progress: Progress = lambda _: None) -> Recording:
    """Opens every route of a target and looks for its idle limits, and for nothing else, until `stop`."""
    started_at, started = _now(), time.monotonic()
    run = _Run(target, progress, stop)
    run.idle_limits()
    took = (time.monotonic() - started) * 1000
    return Recording(target, started_at, took, run.collected(), stop.is_set())


def environment() -> Environment:
    """The proxy variables that are set, by name; nothing in wsdiag obeys them."""
    names = [name for low in PROXY_VARIABLES for name in (low, low.upper()) if os.environ.get(name)]
    return Environment(tuple(names))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def patience(took_ms: float, longest_s: float) -> float:
    """How long an experiment may take whose model took so long, in seconds: twice that, never less than a moment, and
    no longer than any handshake. A model that hung is no measure (0): the server is not waited for twice."""
    return min(max(EXPERIMENT_S, 2 * took_ms / 1000), longest_s)


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
        silences, say = self._steps(plan.silences(self._view())), self._silence()
        self._finish([*shaken, *calls])
        self._finish(self._steps(plan.session_steps(self._view())))
        self._finish([self._start(f"api {n}", partial(self._again, n, v)) for n, v in follow_ups.rest(self._view())])
        for _ in range(follow_ups.SIZE_SESSIONS):
            self._finish(self._steps(plan.size_steps(self._view())))
        self._finish(silences, say)

    def idle_limits(self) -> None:
        """The search for idle limits alone, beside whatever else the caller does."""
        self._finish([self._start(route.name, partial(self._shake, route)) for route in self.target.routes])
        self._finish(self._steps(plan.silences(self._view())), self._silence())

    def _silence(self) -> Callable[[], None]:
        """Says how much longer the search for idle limits may take, whenever it is called."""
        end = time.monotonic() + self.target.idle_limit_s

        def say() -> None:
            left = max(0.0, end - time.monotonic())
            self.progress(f"silent, to find idle limits: {left:.0f} s of {self.target.idle_limit_s:g} s left")

        return say

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

    def _shake(self, route: Route) -> None:
        self._handshake(route, BROWSER, self.deadline, 0.0)

    def _handshake(self, route: Route, variant: str, deadline: float, watch_s: float) -> None:
        opened = upgrade(request(self.target, route, variant), self.dialer, deadline=deadline)
        self._keep(opened.exchange)
        if opened.sock is None:
            return
        with opened.sock, self._watched():
            if not watch_s:
                return
            if variant not in SEARCHING:
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

    def _again(self, index: int, variant: str) -> None:
        first = next(call for call in self._view().calls if call.index == index)
        deadline = self._deadline(patience(first.took_ms, self.target.client.connect_timeout_s))
        made = call(self.target, index, self.target.api[index], self.dialer, deadline=deadline, variant=variant)
        self._keep(made)

    def _steps(self, steps: Iterable[plan.Step]) -> list[Future[None]]:
        return [self._start(step.route.name, partial(self._step, step)) for step in steps]

    def _step(self, step: plan.Step) -> None:
        seen = Seen(self.target, self.collected())
        base = seen.exchange(step.route)
        took_ms = base.took_ms if base and not seen.hangs(step.route) else 0.0
        seconds = patience(took_ms, self.target.client.connect_timeout_s)
        # While the handshake itself still hangs, an experiment may hang as long as it does, and no longer.
        deadline = self._deadline(seconds) if base else self.deadline
        name, _, address = step.variant.partition("=")
        if name == "port":
            self._keep(check_port(step.route.name, address, host_and_port(step.route.url)[1], deadline=deadline))
        elif name == "sni":
            self._keep(present(step.route, step.variant, self.dialer, deadline=deadline))
        elif name == "h2":
            self._keep(connect_over_http2(self.target, step.route, self.dialer, deadline=deadline))
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

    def _finish(self, futures: list[Future[None]], say: Callable[[], None] = lambda: None) -> None:
        """Waits in short steps, so that Ctrl-C is heard at once; `say` is called at each."""
        pending = set(futures)
        while pending and time.monotonic() < self.end + GRACE_S:
            say()
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
