"""From the state of a run to its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from diag.measures import metrics
from diag.measures.plain import rounded
from diag.measures.result import (
    Cause,
    Ended,
    Generator,
    Heartbeats,
    Http,
    Messages,
    Poll,
    Result,
    Sessions,
    Summary,
    Workers,
)
from diag.measures.series import Point
from diag.measures.tally import Tally
from diag.measures.thresholds import Judged, Threshold, judge

_NAMED = {*metrics.COUNTERS, metrics.CPU_S, metrics.RSS_PEAK_MB, metrics.SATURATED}
_WHERE = {
    "sessions_failed": "handshake",
    "sessions_dropped": "session",
    "heartbeats_unanswered": "heartbeat",
    "http_failures": "http",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the tally does not know of its run."""

    scenario: str
    users: int
    run_time_s: float
    workers_expected: int = 1
    peak_open: int = 0
    ended: Ended = "completed"
    aborted_by: str | None = None
    user_errors: int = 0


def result(
    tally: Tally, of: Circumstances, thresholds: Sequence[Threshold] = (), points: tuple[Point, ...] = ()
) -> Result:
    """The result as `wsdiag load` promises it."""
    trends = {name: Summary.of(tally.trend(name)) for name in metrics.TRENDS}
    return Result(
        scenario=of.scenario,
        users=of.users,
        run_time_s=round(of.run_time_s, 3),
        workers=Workers(of.workers_expected, _count(tally, "workers_lost")),
        sessions=_sessions(tally, of.peak_open),
        handshake_ms=trends["handshake_ms"],
        heartbeat_rtt_ms=trends["heartbeat_rtt_ms"],
        update_staleness_ms=trends["update_staleness_ms"],
        poll_ms=trends["poll_ms"],
        messages=Messages(
            received=_count(tally, "messages_received"),
            sent=_count(tally, "messages_sent"),
            bytes_in=_count(tally, "messages_bytes_in"),
            bytes_out=_count(tally, "messages_bytes_out"),
            sequence_gaps=_count(tally, "sequence_gaps"),
        ),
        http=Http(
            requests=_count(tally, "http_requests"),
            failures=_count(tally, "http_failures"),
            bytes_in=_count(tally, "http_bytes_in"),
            bytes_out=_count(tally, "http_bytes_out"),
            failed_by_cause=_codes(tally, "http_failures"),
        ),
        generator=_generator(tally, trends["loop_lag_ms"]),
        thresholds=_rounded(judge(thresholds, tally, of.run_time_s)),
        ended=of.ended,
        aborted_by=of.aborted_by,
        user_errors=of.user_errors,
        heartbeats=_heartbeats(tally),
        updates_received=_count(tally, "updates_received"),
        staleness_by_transport={
            transport: trends[f"update_staleness_ms.{transport}"] for transport in ("websocket", "polling")
        },
        connection_lifetime_ms=trends["connection_lifetime_ms"],
        polls=_polls(tally),
        causes=_causes(tally),
        counts={name: int(count) for name, count in sorted(tally.counters.items()) if name not in _NAMED},
        series=points,
    )


def _rounded(judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
    return tuple(replace(one, value=rounded(one.value)) for one in judged)


def _sessions(tally: Tally, peak_open: int) -> Sessions:
    return Sessions(
        opened=_count(tally, "sessions_opened"),
        failed=_count(tally, "sessions_failed"),
        failed_by_cause=_codes(tally, "sessions_failed"),
        peak_open=peak_open,
        dropped=_count(tally, "sessions_dropped"),
        dropped_by_close=_codes(tally, "close_codes"),
        dropped_by_cause=_codes(tally, "sessions_dropped"),
    )


def _heartbeats(tally: Tally) -> Heartbeats:
    return Heartbeats(
        sent=_count(tally, "heartbeats_sent"),
        answered=_count(tally, "heartbeats_answered"),
        unanswered=_count(tally, "heartbeats_unanswered"),
        unanswered_by_cause=_codes(tally, "heartbeats_unanswered"),
    )


def _generator(tally: Tally, loop_lag_ms: Summary) -> Generator:
    return Generator(
        cpu_s=round(float(tally.counters.get(metrics.CPU_S, 0)), 3),
        rss_peak_mb=round(float(tally.counters.get(metrics.RSS_PEAK_MB, 0)), 3),
        loop_lag_ms=loop_lag_ms,
        saturated=bool(tally.counters.get(metrics.SATURATED, 0)),
    )


def _polls(tally: Tally) -> tuple[Poll, ...]:
    requests = tally.codes.get("poll_requests", {})
    failures = tally.codes.get("poll_failures", {})
    bytes_in = tally.codes.get("poll_bytes_in", {})
    took = {name: Summary.of(part) for name, part in tally.labels("poll_ms").items()}
    return tuple(
        Poll(name, count, failures.get(name, 0), bytes_in.get(name, 0), took.get(name, Summary()))
        for name, count in sorted(requests.items())
    )


def _causes(tally: Tally) -> tuple[Cause, ...]:
    """The most frequent first."""
    causes = [
        Cause(code, where, count)
        for family, where in _WHERE.items()
        for code, count in tally.codes.get(family, {}).items()
    ]
    return tuple(sorted(causes, key=lambda cause: (-cause.count, cause.code, cause.where)))


def _codes(tally: Tally, family: str) -> dict[str, int]:
    counts = tally.codes.get(family, {})
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _count(tally: Tally, name: str) -> int:
    return int(tally.counters.get(name, 0))
