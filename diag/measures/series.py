"""A run over time: one point a second, of what happened since the point before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from diag.measures import metrics
from diag.measures.histogram import Histogram
from diag.measures.plain import rounded
from diag.measures.tally import Tally

LIMIT = 3600
"""Points. A longer run has half as many for its first part, each for twice as long, and so on."""

_TRENDS = {
    "heartbeat": ("heartbeat_rtt_ms", (50, 95, 99)),
    "staleness_websocket": ("update_staleness_ms.websocket", (50, 95)),
    "staleness_polling": ("update_staleness_ms.polling", (50, 95)),
    "loop_lag": ("loop_lag_ms", (99,)),
}


@dataclass(frozen=True, slots=True)
class Point:
    """What happened in the `span_s` seconds that ended `t` seconds after the start. Times in ms, None without samples.

    `cpu` is in cores, summed over all processes of the generator.
    """

    t: float
    span_s: float
    users: float
    open_sessions: float
    opened_per_s: float
    failed: Mapping[str, int]
    dropped: int
    messages_per_s: float
    polls_per_s: float
    cpu: float
    heartbeat_p50_ms: float | None
    heartbeat_p95_ms: float | None
    heartbeat_p99_ms: float | None
    staleness_websocket_p50_ms: float | None
    staleness_websocket_p95_ms: float | None
    staleness_polling_p50_ms: float | None
    staleness_polling_p95_ms: float | None
    loop_lag_p99_ms: float | None


class Series:
    """The points of one run so far."""

    def __init__(self) -> None:
        """Before the start: nothing has happened."""
        self._points: list[Point] = []
        self._before = Tally()
        self._t = 0.0
        self._stride_s = 0.0

    @property
    def points(self) -> tuple[Point, ...]:
        """Those so far, the oldest first."""
        return tuple(self._points)

    def add(self, t: float, tally: Tally) -> None:
        """The run's state, so many seconds after its start; it is kept, so it must not change.

        What is closer to the last point than the resolution of a long run waits for the next call.
        """
        span = t - self._t
        if span <= 0 or span < self._stride_s:
            return
        self._points.append(_point(t, span, self._before, tally))
        self._before, self._t = tally, t
        if len(self._points) >= LIMIT:
            pairs = zip(self._points[::2], self._points[1::2], strict=True)
            self._points = [_joined(first, second) for first, second in pairs]
            # Half a second less than the step, because seconds are never quite full when they are counted.
            self._stride_s = self._points[-1].span_s - 0.5


def _point(t: float, span_s: float, before: Tally, now: Tally) -> Point:
    trends: dict[str, Any] = {}
    for field, (name, percentiles) in _TRENDS.items():
        window = now.histograms.get(name, _NOTHING).minus(before.histograms.get(name, _NOTHING))
        for percentile in percentiles:
            trends[f"{field}_p{percentile}_ms"] = rounded(window.quantile(percentile / 100))

    def grown(counter: str) -> float:
        return max(now.counters.get(counter, 0) - before.counters.get(counter, 0), 0)

    failed, known = now.codes.get("sessions_failed", {}), before.codes.get("sessions_failed", {})
    return Point(
        t=round(t, 3),
        span_s=round(span_s, 3),
        users=now.gauges.get(metrics.USERS, 0),
        open_sessions=now.gauges.get(metrics.OPEN_SESSIONS, 0),
        opened_per_s=round(grown("sessions_opened") / span_s, 3),
        failed={code: count - known.get(code, 0) for code, count in failed.items() if count > known.get(code, 0)},
        dropped=int(grown("sessions_dropped")),
        messages_per_s=round(grown("messages_received") / span_s, 3),
        polls_per_s=round(grown("http_requests") / span_s, 3),
        cpu=round(grown(metrics.CPU_S) / span_s, 3),
        **trends,
    )


def _joined(first: Point, second: Point) -> Point:
    """One point for two: counts are added, rates averaged, and of percentiles the worse one stays, so that no peak
    goes missing in a long run's chart."""
    span_s = first.span_s + second.span_s
    found: dict[str, Any] = {}
    for field in fields(Point):
        one, two = getattr(first, field.name), getattr(second, field.name)
        if field.name.endswith("_ms"):
            found[field.name] = max((value for value in (one, two) if value is not None), default=None)
        elif field.name.endswith("_per_s") or field.name == "cpu":
            found[field.name] = round((one * first.span_s + two * second.span_s) / span_s, 3)
        else:
            found[field.name] = two
    codes = {**first.failed, **second.failed}
    failed = {code: first.failed.get(code, 0) + second.failed.get(code, 0) for code in codes}
    found |= {"span_s": round(span_s, 3), "failed": failed, "dropped": first.dropped + second.dropped}
    return Point(**found)


_NOTHING = Histogram()
