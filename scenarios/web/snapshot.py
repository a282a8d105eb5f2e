"""What the web UI shows, as JSON: the points that a browser does not have yet, and the result so far."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any, Protocol

from diag.catalogue import entries
from diag.measures import metrics
from diag.measures.plain import encoded
from diag.measures.result import Result
from diag.measures.series import Point, Series
from diag.measures.tally import Tally

_FIELDS = tuple(field.name for field in fields(Point))
_row = attrgetter(*_FIELDS)
_CLOSE_CODES = {
    "1000": "Normal closure",
    "1001": "Going away: the server stops, or the page is left",
    "1002": "Protocol error",
    "1003": "Unsupported kind of data",
    "1005": "A Close frame without a code",
    "1006": "No Close frame: the connection was lost or cut",
    "1007": "Invalid payload, such as text that is not UTF-8",
    "1008": "Policy violation: often authentication or origin",
    "1009": "Message too big",
    "1010": "An extension that the client needs is missing",
    "1011": "Internal error of the server",
    "1012": "Service restart",
    "1013": "Try again later: overloaded",
    "1014": "Bad gateway",
    "1015": "TLS failure",
}
"""RFC 6455, section 7.4.1, and IANA's WebSocket Close Code Number Registry."""


class Run(Protocol):
    """A run, as `scenarios.metrics.run` gives it on the process that leads."""

    @property
    def series(self) -> Series:
        """One point a second."""

    def tally(self) -> Tally:
        """The state now, of all processes."""

    def result(self) -> Result:
        """The result so far, or the final one."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that makes load. `cpu_percent` is of one core."""

    name: str
    state: str
    users: int
    cpu_percent: float
    rss_mb: float
    lost: bool = False


def snapshot(run: Run | None, since: float, workers: Iterable[Worker]) -> dict[str, Any]:
    """The fields that depend on what was measured; `since` is the time of the last point that the browser has.

    `total` counts all points. A browser with another number of them asks anew: a long run's are merged, a reset
    clears them.
    """
    points = run.series.points if run else ()
    fresh = points[bisect_right(points, since, key=lambda point: point.t) :]
    result = replace(run.result(), series=()) if run else None
    return {
        "fields": _FIELDS,
        "points": [_row(point) for point in fresh],
        "total": len(points),
        "open_sessions": run.tally().gauges.get(metrics.OPEN_SESSIONS, 0) if run else 0,
        "result": result.to_json() if result else None,
        "meanings": _meanings(result) if result else {},
        "workers": encoded(list(workers)),
    }


def _meanings(result: Result) -> dict[str, str]:
    """One line for each code that has occurred: the catalogue's titles, and close codes'."""
    titles = {cause.code: entries()[cause.code].title for cause in result.causes if cause.code in entries()}
    closes = {code: _CLOSE_CODES[code] for code in result.sessions.dropped_by_close if code in _CLOSE_CODES}
    return {**titles, **closes}
