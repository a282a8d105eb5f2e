"""One verification: the probe, and beside it the page's client, its heartbeats, its updates and a cut connection.

What can be done side by side is; only the reloads wait for the others, because they count the server's sessions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from diag import rules, runner
from diag.client.events import ClientEvent
from diag.model import Target
from diag.recording import Recording
from diag.verify import observed
from diag.verify.cutting import cut
from diag.verify.living import Living
from diag.verify.observed import Cut, Life, Observed, Push, Visit
from diag.verify.plan import Plan
from diag.verify.reloads import reloads
from diag.verify.visit import LEFT, visit

Progress = Callable[[str], None]

ENOUGH, ENOUGH_MS = 3, 1000.0
"""Messages of a type, and the time between the first and the last, that show whether it goes on."""
_STEP_S = 0.2
_SETTLE_S = 1.0
_NEWS_S, _NO_NEWS_S = 2.0, 0.5
_SHARE = 0.75
"""Of the limit: the reloads come after the watch."""
_HOPE_S = 5.0
"""A page that has no socket by then has none for the watch."""


def verify(target: Target, plan: Plan, progress: Progress = lambda _: None) -> tuple[Observed, Recording]:
    """Does everything that the plan says, until its limit or Ctrl-C; what was seen until then is kept."""
    run = _Run(target, plan, progress)
    recording = run.all()
    return run.observed(recording), recording


@dataclass
class _Run:
    target: Target
    plan: Plan
    progress: Progress
    started: float = field(default_factory=time.monotonic)
    halt: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)
    threads: dict[str, threading.Thread] = field(default_factory=dict)
    took_ms: dict[str, float] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    saying: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False
    watch: Life | None = None
    beats: Life | None = None
    cut: Cut | None = None
    listened: Visit | None = None
    reloads: tuple[Visit, ...] | None = None

    def all(self) -> Recording:
        self._start(observed.WATCH, self._watch)
        for name, work in (
            (observed.LISTEN, self._listen),
            (observed.BEATS, self._beat),
            (observed.CUT, self._cut),
        ):
            self._start(name, partial(self._once_open, work))
        recording = runner.probe(self.plan.probed, partial(self._say, observed.PROBE))
        self.took_ms[observed.PROBE] = recording.duration_ms
        self.saying.pop(observed.PROBE, None)
        self.interrupted = recording.interrupted
        try:
            if not self.interrupted:
                self._finish()
                if self.opened.is_set() and not self._late:
                    self._start(observed.RELOADS, self._reload)
                    self._finish()
        except KeyboardInterrupt:
            self.interrupted = True
        self._end()
        return recording

    def observed(self, recording: Recording) -> Observed:
        return Observed(
            target=self.target,
            plan=self.plan,
            report=rules.judge(recording, "verify"),
            watch=self.watch,
            beats=self.beats,
            cut=self.cut,
            listened=self.listened,
            reloads=self.reloads,
            broken=dict(self.broken),
            took_ms=dict(self.took_ms),
            duration_ms=(time.monotonic() - self.started) * 1000,
            interrupted=self.interrupted,
        )

    def _watch(self) -> None:
        """The page itself. A client without a socket is watched until its policy ends, where that is soon enough."""
        plan = self.plan

        def hear(event: ClientEvent) -> None:
            if event.kind == "opened":
                self.opened.set()

        life = Living(plan.watched, self.halt, hear)
        self._say(observed.WATCH, f"{plan.watch_s:g} s")
        life.wait(lambda: not self.opened.is_set() and life.now_s >= _HOPE_S, plan.watch_s)
        if not life.connected:
            self._say(observed.WATCH, "not connected")
            life.wait(lambda: life.connected, min(life.since_s + plan.patience_s, plan.limit_s * _SHARE))
        self.watch = life.leave()

    def _beat(self) -> None:
        plan, name = self.plan, observed.BEATS
        interval_s = plan.beating.client.heartbeat_interval_s
        timeout_s = plan.beating.client.heartbeat_timeout_s
        unanswered = threading.Event()

        def hear(event: ClientEvent) -> None:
            if event.kind == "missed" and event.value is not None and event.value >= timeout_s * 1000:
                unanswered.set()

        self._say(name, f"{plan.beats} beats")
        life = Living(plan.beating, self.halt, hear, count=plan.beats)
        life.wait(unanswered.is_set, plan.beats * interval_s + timeout_s + plan.watch_s / 2)
        self.beats = life.leave()

    def _listen(self) -> None:
        """Until every expected type came often enough; where none is expected, for a moment: to name what comes."""
        wanted = self.target.expect
        until = time.monotonic() + (self.plan.watch_s if wanted else min(_NEWS_S, self.plan.watch_s))

        def done(seen: Visit) -> bool:
            goes_on = [name for name in wanted if name in seen.pushes and _goes_on(seen.pushes[name])]
            self._say(observed.LISTEN, f"{len(goes_on)} of {len(wanted)} types" if wanted else "of any type")
            return self.halt.is_set() or bool(wanted and len(goes_on) == len(wanted))

        self.listened = visit(self.plan.watched, until, done, code=LEFT)

    def _cut(self) -> None:
        self.cut = cut(self.plan, self.halt, partial(self._say, observed.CUT))

    def _reload(self) -> None:
        """The page is back when the expected types are that came before, each in the time that it took then."""
        self._say(observed.RELOADS, "reloading")
        pushes = self.listened.pushes if self.listened else {}
        news_s = _NEWS_S if pushes else _NO_NEWS_S
        types = frozenset(pushes) & frozenset(self.target.expect)
        slowest_s = max((pushes[name].first_ms / 1000 for name in types), default=0.0)
        wait_s = min(max(news_s, 1.5 * slowest_s), self.plan.watch_s)
        self.reloads = reloads(self.plan.watched, types, wait_s, self.halt.is_set)

    def _once_open(self, work: Callable[[], None]) -> None:
        """A page that never opens has no heartbeats to look at."""
        watching = self.threads[observed.WATCH]
        while not self.opened.wait(_STEP_S):
            if self.halt.is_set() or not watching.is_alive():
                return
        work()

    def _start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._guarded, args=(name, work), name=f"verify {name}", daemon=True)
        self.threads[name] = thread
        thread.start()

    def _guarded(self, name: str, work: Callable[[], None]) -> None:
        started = time.monotonic()
        try:
            work()
        except Exception as error:  # a defect of ours is reported as such, never as the target's
            self.broken[name] = f"{type(error).__name__}: {error}"
        self.took_ms[name] = (time.monotonic() - started) * 1000
        self.saying.pop(name, None)

    def _finish(self) -> None:
        """Waits for everything that runs, in short steps, so that Ctrl-C is heard at once."""
        while not self._late and any(thread.is_alive() for thread in self.threads.values()):
            for thread in list(self.threads.values()):
                thread.join(_STEP_S / len(self.threads))
            self._show()

    @property
    def _late(self) -> bool:
        return time.monotonic() - self.started >= self.plan.limit_s

    def _end(self) -> None:
        """Stops what still runs. What was not done to its end says why; half of it is no evidence."""
        why = "interrupted" if self.interrupted else "the deadline came first"
        running = [name for name, thread in self.threads.items() if thread.is_alive()]
        if self.opened.is_set() and observed.RELOADS not in self.threads:
            running.append(observed.RELOADS)
        for name in running:
            self.broken.setdefault(name, why)
        self.halt.set()
        until = time.monotonic() + _SETTLE_S
        for thread in self.threads.values():
            thread.join(max(0.0, until - time.monotonic()))

    def _say(self, name: str, text: str) -> None:
        if self.saying.get(name) != text:
            self.saying[name] = text
            self._show()

    def _show(self) -> None:
        told = " · ".join(f"{name} {text}" for name, text in list(self.saying.items()) if text)
        if not self.halt.is_set():
            self.progress(f"{time.monotonic() - self.started:.0f} s: {told}")


def _goes_on(push: Push) -> bool:
    return push.count >= ENOUGH and push.last_ms - push.first_ms >= ENOUGH_MS
