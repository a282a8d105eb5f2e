"""One drill: the reference client goes through the fault proxy to the target, and the timeline breaks things.

With a speed, policy and timeline run so many times as fast; all times in the outcome are the policy's own again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from diag.client.events import ClientEvent
from diag.client.policy import window_s
from diag.client.reference import ReferenceClient
from diag.drill.judgement import PROBE_S, STABLE_S
from diag.drill.losses import CONNECTED, GAVE_UP, NEVER_OPENED, POLLING, state
from diag.drill.schedule import Proposal
from diag.drill.through import at_speed, through, upstream
from diag.drill.timeline import Timeline, faster, shifted
from diag.faultproxy.proxy import FaultProxy
from diag.model import Client, Target

EVENTS = 100_000
"""Of more events than that, messages are counted and forgotten: a server may send 10,000 a second."""
TURNS = ("opened", "refused", "closed", "fallback", "gave-up")
"""What wakes up the conductor."""
_LEAVE_S = 1.5
_STEP_S = 0.25

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Drill:
    """A finished drill. `timeline` is on the events' clock; `forgotten` counts the messages that were not kept."""

    target: Target
    client: Client
    timeline: Timeline
    events: tuple[ClientEvent, ...]
    ended_s: float
    started_at: str
    duration_ms: float
    speed: float = 1.0
    proposal: Proposal | None = None
    interrupted: bool = False
    cut_short: bool = False
    forgotten: int = 0

    @property
    def opened(self) -> bool:
        """Whether there was a connection to break."""
        return any(event.kind == "opened" for event in self.events)


def drill(
    target: Target,
    timeline: Timeline,
    *,
    speed: float = 1.0,
    proposal: Proposal | None = None,
    progress: Progress = lambda _: None,
) -> Drill:
    """Runs it to its end, to the target's deadline, or to Ctrl-C; nothing is left running.

    With a proposal the client follows that instead of the target's policy. When the socket does not open in the first
    place, nothing is broken and the outcome says so by having no `opened` event.
    """
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    started = time.monotonic()
    if proposal:
        target = replace(target, client=proposal.applied(target.client))
    conductor = _Conductor(target, timeline, speed, proposal, progress, started)
    interrupted = False
    try:
        conductor.run()
    except KeyboardInterrupt:
        interrupted = True
    return Drill(
        target=target,
        client=target.client,
        timeline=shifted(timeline, conductor.opened_s or 0.0),
        # What comes later is of our own making: the proxy's end resets whatever still hangs.
        events=tuple(event for event in conductor.events if event.at_s <= conductor.ended_s),
        ended_s=conductor.ended_s,
        started_at=started_at,
        duration_ms=(time.monotonic() - started) * 1000,
        speed=speed,
        proposal=proposal,
        interrupted=interrupted,
        cut_short=conductor.cut_short,
        forgotten=conductor.forgotten,
    )


@dataclass
class _Conductor:
    target: Target
    timeline: Timeline
    speed: float
    proposal: Proposal | None
    progress: Progress
    started: float
    events: list[ClientEvent] = field(default_factory=list)
    ended_s: float = 0.0
    opened_s: float | None = None
    cut_short: bool = False
    forgotten: int = 0
    _turns: list[ClientEvent] = field(default_factory=list)
    _failure: Exception | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def run(self) -> None:
        with FaultProxy(upstream(self.target)) as proxy:
            client = self._client(proxy.port)
            thread = threading.Thread(target=self._live, args=(client,), daemon=True, name="client")
            thread.start()
            try:
                self._conduct(proxy)
            finally:
                self.ended_s = self._now_s()
                self._stop.set()
                proxy.set()
                # An open session says goodbye; a handshake that still hangs ends with the proxy.
                thread.join(_LEAVE_S if state(self._turns)[0] == CONNECTED else 0)
        thread.join(_LEAVE_S)

    def _client(self, port: int) -> ReferenceClient:
        target = at_speed(through(self.target, port), self.speed)
        client = ReferenceClient(target, target.page_route, self._emit, started=self.started)
        if self.proposal is None:
            return client
        better, source = self.proposal, random.Random(1)
        return replace(
            client,
            stable_s=better.stable_s / self.speed,
            reprobe_s=better.reprobe_s / self.speed,
            waits=lambda: (wait / self.speed for wait in better.waits(source)),
        )

    def _live(self, client: ReferenceClient) -> None:
        try:
            client.run(stop=self._stop)
        except Exception as error:  # a defect of ours; the main thread must hear of it
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _emit(self, event: ClientEvent) -> None:
        """Takes an event in the policy's own time; what a handshake or an answer took stays as it was measured."""
        value = event.value
        if value is not None and event.kind in ("waiting", "fallback"):
            value *= self.speed
        with self._changed:
            if event.kind == "message" and len(self.events) >= EVENTS:
                self.forgotten += 1
            else:
                self.events.append(replace(event, at_s=event.at_s * self.speed, value=value))
            if event.kind in TURNS:
                self._turns.append(self.events[-1])
                self._changed.notify_all()

    def _conduct(self, proxy: FaultProxy) -> None:
        self.progress("connecting")
        self._until(lambda: bool(self._turns), self._patience_s())
        self.opened_s = next((event.at_s for event in self._turns if event.kind == "opened"), None)
        if self.opened_s is None:
            return
        for moment_s in self.timeline.moments():
            self._until(lambda: False, self.opened_s + moment_s)
            if self.cut_short:
                return
            proxy.set(*(faster(fault, self.speed) for fault in self.timeline.faults_at(moment_s)))
        healed_s = self.opened_s + self.timeline.ends_s
        self._until(lambda: self._settled(healed_s), healed_s + self._patience_s())

    def _settled(self, healed_s: float) -> bool:
        """Whether what would still happen is known: it is connected and stays so, or has done its last attempt."""
        now, since = state(self._turns)
        quiet_s = self._now_s() - max(healed_s, since)
        match now:
            case value if value == CONNECTED:
                return quiet_s >= STABLE_S
            case value if value == POLLING:
                every_s = self.target.client.fallback.every_s if self.target.client.fallback else 0.0
                reprobe_s = 2 * self.proposal.reprobe_s if self.proposal else 0.0
                return quiet_s >= max(PROBE_S, 3 * every_s, reprobe_s)
            case value if value == GAVE_UP:
                return quiet_s >= (2 * self.proposal.reprobe_s if self.proposal else 1.0)
        return now == NEVER_OPENED

    def _patience_s(self) -> float:
        """Longer than whatever the client may still do takes."""
        client = self.target.client
        waits_s = self.proposal.window_s if self.proposal else window_s(client.reconnect)
        beats_s = client.heartbeat_interval_s + client.heartbeat_timeout_s
        attempts_s = (client.reconnect.attempts + 2) * client.connect_timeout_s
        fallback_s = 3 * client.fallback.every_s if client.fallback else 0.0
        return waits_s + beats_s + attempts_s + fallback_s + PROBE_S

    def _until(self, done: Callable[[], bool], limit_s: float) -> None:
        """Waits for a condition on the events, at most until `limit_s` of the policy's time or the run's deadline."""
        deadline_s = (self.target.deadline_s or float("inf")) * self.speed
        with self._changed:
            while not done() and (now_s := self._now_s()) < limit_s:
                if self._failure:
                    raise self._failure
                if now_s >= deadline_s:
                    self.cut_short = True
                    return
                self.progress(f"{self.timeline.name}: {now_s:.0f} s, {state(self._turns)[0]}")
                left_s = (min(limit_s, deadline_s) - now_s) / self.speed
                self._changed.wait(min(left_s, _STEP_S))

    def _now_s(self) -> float:
        return (time.monotonic() - self.started) * self.speed
