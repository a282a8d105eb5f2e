"""What users and engines call when something happened: this process's tally, and Locust's own tables.

Every method is O(1) and neither waits nor raises, so that it may be called from a reader's callback.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from diag.measures import metrics
from diag.measures.staleness import DAY_S, Feed, plausible
from diag.measures.tally import Tally
from scenarios.failure import LoadFailure, RestFailure, WsFailure
from scenarios.metrics.fold import Fold

STALENESS = "update_staleness_ms"
HANGING_S = 1.0
LOOK_EVERY_S = 0.4
"""How often pages are looked at for silence, at most: there are many, and a run's state is asked for three times a
second."""


class PageFeed(Feed):
    """The updates of one page, across all its connections: its state ages while there is none."""

    __slots__ = ("_ages", "_recorder", "_transport")

    def __init__(self, recorder: Recorder, transport: str, gap_s: float) -> None:
        """A page that has seen nothing yet."""
        super().__init__(gap_s)
        self._recorder = recorder
        self._transport = transport
        self._ages = recorder.fresh[transport]

    def update(self, age_s: float | None, gap: int = 0, at: float | None = None) -> None:
        """An update came, that old by the server's timestamp (None without one), `gap` others before it never did.

        `at` is when it arrived, on time.monotonic(); now, without it.
        """
        at = time.monotonic() if at is None else at
        if gap or age_s is None or not 0.0 <= age_s <= DAY_S:
            age = plausible(age_s)
            samples = self.arrived(at, age or 0.0, gap)
            self._recorder.updates(self._transport, samples if age is not None else samples[1:], gap)
        else:  # nearly every message of a run
            self.came(at, age_s)
            self._ages.append(age_s)

    def look(self, now: float) -> None:
        """Records what has become overdue since the last look."""
        for age_s in self.overdue(now):
            self._recorder.stale(self._transport, age_s)

    def close(self) -> None:
        """The page is left: nobody waits for updates any more."""
        self._recorder.forget(self)


class Recorder:
    """One process's measures since the start of its run."""

    def __init__(self) -> None:
        """Before any run: everything is counted, nothing reaches Locust's tables."""
        self._environment: Any = None
        self._every_event = False
        self._callbacks: list[Callable[[], None]] = []
        self.fold = Fold()
        self.clear()

    def clear(self) -> None:
        """A new run begins. What engines have counted until now is not part of it."""
        for callback in self._callbacks:
            callback()
        self.tally = Tally()
        self.tally.gauges[metrics.OPEN_SESSIONS] = 0
        self.peak_open = 0
        self._counters = self.tally.counters
        self._handshakes = self.tally.histograms["handshake_ms"]
        self._beats = self.tally.histograms["heartbeat_rtt_ms"]
        self._lifetimes = self.tally.histograms["connection_lifetime_ms"]
        self._feeds: set[PageFeed] = set()
        self._looked_at = 0.0
        # In seconds, until the next flush: the ages of updates by transport, and round trips with their bytes.
        self.fresh: defaultdict[str, list[float]] = defaultdict(list)
        self._round_trips: list[float] = []
        self._round_trip_bytes = 0
        self.fold.discard()

    def bind(self, environment: Any) -> None:
        """Tells where Locust's tables and events are, and whether each success is to be an event."""
        self._environment = environment
        self._every_event = bool(getattr(environment.parsed_options, "wsdiag_events", False))

    def opened(self, took_s: float) -> None:
        """A handshake opened, that long after it began with name resolution."""
        self._counters["sessions_opened"] += 1
        self._open(1)
        self._handshakes.add(took_s * 1000)
        self._succeeded("WS", "connect", took_s * 1000)

    def failed(self, code: str, took_s: float) -> None:
        """A handshake did not open, for that cause."""
        self._count("sessions_failed", code)
        self._failed("WS", "connect", took_s * 1000, WsFailure(code))

    def closed(self, lived_s: float) -> None:
        """We ended a session."""
        self._open(-1)
        self._lifetimes.add(lived_s * 1000)

    def dropped(self, code: str, close_code: int, lived_s: float) -> None:
        """A session ended without our doing, for that cause; 1006 without a Close frame."""
        self._count("sessions_dropped", code)
        self.tally.count_code("close_codes", str(close_code))
        self.closed(lived_s)
        self._failed("WS", "session", None, WsFailure(code))

    def beat_sent(self) -> None:
        """A heartbeat went out."""
        self._counters["heartbeats_sent"] += 1

    def beat(self, rtt_s: float, size: int = 0) -> None:
        """A heartbeat's answer came, that long after the heartbeat was to be sent: a late one must not look fast."""
        self._round_trips.append(rtt_s)
        self._round_trip_bytes += size
        if self._every_event:
            self._fire("WS", "heartbeat", rtt_s * 1000, size, None)

    def unanswered(self, code: str, waited_s: float) -> None:
        """A heartbeat's answer did not come in time."""
        self._count("heartbeats_unanswered", code)
        self._failed("WS", "heartbeat", waited_s * 1000, WsFailure(code))

    def hangs(self, trend: str, waited_s: float) -> bool:
        """Whether what is without an answer when its page is left has waited in vain.

        A run shorter than the page's patience would have nothing to report otherwise, and pass. More than a second,
        and longer than any answer of its kind took: a slow target is not a silent one.
        """
        self._flush_round_trips()
        parts = [part for name, part in self.tally.histograms.items() if name.partition(".")[0] == trend]
        return waited_s > max((part.most / 1000 for part in parts), default=0.0) and waited_s > HANGING_S

    def poll(
        self, method: str, path: str, took_s: float, size_in: int, size_out: int = 0, code: str | None = None
    ) -> None:
        """A request of the fallback ended: its body's bytes each way, and the cause when it failed."""
        name = f"{method} {path}"
        self._counters["http_requests"] += 1
        self._counters["http_bytes_in"] += size_in
        self._counters["http_bytes_out"] += size_out
        self.tally.count_code("poll_requests", name)
        self.tally.count_code("poll_bytes_in", name, size_in)
        if code is not None:
            self._count("http_failures", code)
            self.tally.count_code("poll_failures", name)
            self._failed(method, path, took_s * 1000, RestFailure(code), size_in)
            return
        self.tally.labelled("poll_ms", name).add(took_s * 1000)
        self._succeeded(method, path, took_s * 1000, size_in)

    def traffic(self, received: int = 0, sent: int = 0, bytes_in: int = 0, bytes_out: int = 0) -> None:
        """So many messages and payload bytes of sockets since the last call."""
        self._counters["messages_received"] += received
        self._counters["messages_sent"] += sent
        self._counters["messages_bytes_in"] += bytes_in
        self._counters["messages_bytes_out"] += bytes_out

    def count(self, name: str, times: int = 1) -> None:
        """Anything else, under a name of the scenario's own: it stands under `counts` in the result."""
        self._counters[name] += times

    def feed(self, transport: str, gap_s: float = 0.0) -> PageFeed:
        """One page's updates by `websocket` or `polling`; `gap_s` where it is known how far apart they are."""
        feed = PageFeed(self, transport, gap_s)
        self._feeds.add(feed)
        return feed

    def forget(self, feed: PageFeed) -> None:
        """That page is left."""
        self._feeds.discard(feed)

    def update(self, age_s: float | None, transport: str) -> None:
        """An update came, of a page whose silence is not watched."""
        age = plausible(age_s)
        self.updates(transport, [] if age is None else [age], 0)

    def updates(self, transport: str, ages_s: list[float], gap: int) -> None:
        """One update and what it tells of others: see `diag.measures.staleness`."""
        self._counters["updates_received"] += 1
        if gap:
            self.gap(gap)
        for age_s in ages_s:
            self.stale(transport, age_s)

    def gap(self, missed: int = 1) -> None:
        """So many updates never came, by their sequence numbers."""
        self._counters["sequence_gaps"] += missed

    def stale(self, transport: str, age_s: float) -> None:
        """A page's state was that old."""
        self.tally.histograms[f"{STALENESS}.{transport}"].add(age_s * 1000)

    def before_fold(self, callback: Callable[[], None]) -> None:
        """Calls it twice a second during runs, and before anything is read: where to call `traffic` from."""
        self._callbacks.append(callback)

    def flush(self) -> None:
        """Brings everything up to date: what engines have counted, silence, Locust's tables."""
        for callback in self._callbacks:
            callback()
        self._flush_round_trips()
        for transport, ages_s in self.fresh.items():
            if ages_s:
                self._counters["updates_received"] += len(ages_s)
                self.tally.histograms[f"{STALENESS}.{transport}"].add_many([age_s * 1000 for age_s in ages_s])
                ages_s.clear()
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            for feed in tuple(self._feeds):
                feed.look(now)
        if self._environment is not None:
            self.fold.into(self._environment.stats)

    def _flush_round_trips(self) -> None:
        """Many at a time, while the code for it is in the processor's cache: a third of the price."""
        round_trips, size = self._round_trips, self._round_trip_bytes
        if not round_trips:
            return
        self._round_trips, self._round_trip_bytes = [], 0
        times_ms = [rtt_s * 1000 for rtt_s in round_trips]
        self._counters["heartbeats_answered"] += len(times_ms)
        self._beats.add_many(times_ms)
        if not self._every_event:
            self.fold.extend("WS", "heartbeat", times_ms, size)

    def _open(self, change: int) -> None:
        gauges = self.tally.gauges
        gauges[metrics.OPEN_SESSIONS] += change
        self.peak_open = max(self.peak_open, int(gauges[metrics.OPEN_SESSIONS]))

    def _count(self, counter: str, code: str) -> None:
        self._counters[counter] += 1
        self.tally.count_code(counter, code)

    def _succeeded(self, request_type: str, name: str, took_ms: float, size: int = 0) -> None:
        if self._every_event:
            self._fire(request_type, name, took_ms, size, None)
        else:
            self.fold.add(request_type, name, took_ms, size)

    def _failed(self, request_type: str, name: str, took_ms: float | None, failure: LoadFailure, size: int = 0) -> None:
        """Failures are few, or the run is lost anyway: each is an event."""
        if self._environment is not None:
            self._fire(request_type, name, took_ms, size, failure)

    def _fire(
        self, request_type: str, name: str, took_ms: float | None, size: int, failure: LoadFailure | None
    ) -> None:
        self._environment.events.request.fire(
            request_type=request_type,
            name=name,
            response_time=took_ms,
            response_length=size,
            exception=failure,
            context={},
            start_time=time.time() - (took_ms or 0.0) / 1000,
        )
