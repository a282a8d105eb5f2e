"""The result of a load run: what `wsdiag load --format json` promises, field by field.

Times are float milliseconds with three decimals; None where nothing was measured. Fields may be added, never renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from diag.measures.histogram import Histogram
from diag.measures.plain import decoded, encoded, rounded
from diag.measures.series import Point
from diag.measures.thresholds import Judged

Ended = Literal["completed", "interrupted", "aborted", "workers-gone"]


@dataclass(frozen=True, slots=True)
class Summary:
    """A distribution in milliseconds; `min`, `max` and `mean` are exact, percentiles at most 1.6 % off."""

    count: int = 0
    min: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    max: float | None = None
    mean: float | None = None

    @staticmethod
    def of(histogram: Histogram) -> Summary:
        """That of a histogram."""
        shares = {"min": 0.0, "p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1.0}
        values = {name: rounded(histogram.quantile(share)) for name, share in shares.items()}
        return Summary(count=histogram.count, mean=rounded(histogram.mean), **values)


@dataclass(frozen=True, slots=True)
class Workers:
    """Processes that share the load; a run in one process has one."""

    expected: int
    lost: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sockets. `failed` are handshakes that did not open, `dropped` are sessions that ended without our doing."""

    opened: int
    failed: int
    failed_by_cause: Mapping[str, int]
    peak_open: int
    dropped: int
    dropped_by_close: Mapping[str, int]
    dropped_by_cause: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """Those that the run's end, or their session's, cut off are neither answered nor unanswered; at the run's end
    those that had waited longer than any answer took (and a second) are unanswered."""

    sent: int
    answered: int
    unanswered: int
    unanswered_by_cause: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Messages:
    """Over sockets; bytes are of payloads."""

    received: int
    sent: int
    bytes_in: int
    bytes_out: int
    sequence_gaps: int


@dataclass(frozen=True, slots=True)
class Http:
    """Requests of the fallback."""

    requests: int
    failures: int
    bytes_in: int
    bytes_out: int
    failed_by_cause: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Poll:
    """One of the requests that were polled, like `GET /api/bots`."""

    name: str
    requests: int
    failures: int
    bytes_in: int
    took_ms: Summary


@dataclass(frozen=True, slots=True)
class Generator:
    """What the load cost us: all processes together. `saturated` means that the figures are worse than the target."""

    cpu_s: float
    rss_peak_mb: float
    loop_lag_ms: Summary
    saturated: bool


@dataclass(frozen=True, slots=True)
class Cause:
    """What went wrong, how often, and where: handshake, session, heartbeat or http."""

    code: str
    where: str
    count: int


@dataclass(frozen=True, slots=True)
class Result:
    """One run. `counts` are counters beyond those named here, as scenarios add them; `aborted_by` is a threshold."""

    scenario: str
    users: int
    run_time_s: float
    workers: Workers
    sessions: Sessions
    handshake_ms: Summary
    heartbeat_rtt_ms: Summary
    update_staleness_ms: Summary
    poll_ms: Summary
    messages: Messages
    http: Http
    generator: Generator
    thresholds: tuple[Judged, ...]
    ended: str
    aborted_by: str | None
    user_errors: int
    heartbeats: Heartbeats
    updates_received: int
    staleness_by_transport: Mapping[str, Summary]
    connection_lifetime_ms: Summary
    polls: tuple[Poll, ...]
    causes: tuple[Cause, ...]
    counts: Mapping[str, int]
    series: tuple[Point, ...]

    @property
    def ok(self) -> bool:
        """Whether every threshold held, no worker was lost and no user raised."""
        return all(judged.ok for judged in self.thresholds) and not self.workers.lost and not self.user_errors

    def to_json(self) -> dict[str, Any]:
        """The fields as dicts, lists and scalars."""
        return dict(encoded(self))

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Result:
        """The result that such a document holds, whatever stands beside it; ValueError names what is wrong in it."""
        return decoded(Result, document)
