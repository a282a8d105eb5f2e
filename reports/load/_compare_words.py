"""Phrases and rows that the writers of a comparison share."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from diag.loading.blocks import CompareReport, Side, Spread
from diag.model import Verdict
from reports.load._words import NOTHING, count, number, size, time


class Row(NamedTuple):
    """One figure of both sides, and how much more polling has of it, with the range over the blocks."""

    label: str
    websocket: str
    polling: str
    ratio: str
    values: tuple[float | None, float | None]


def rows(report: CompareReport) -> list[Row]:
    """The table. What neither side has is left out."""
    shown: list[tuple[str, Callable[[Side], Spread], Callable[[float | None], str], str]] = [
        ("staleness of the state, p50", lambda side: side.staleness_p50_ms, time, "staleness_p50"),
        ("staleness of the state, p95", lambda side: side.staleness_p95_ms, time, "staleness_p95"),
        ("updates a second, one user", lambda side: side.updates_per_s, number, ""),
        ("requests per update", lambda side: side.requests_per_update, number, "requests_per_update"),
        ("bytes per update", lambda side: side.bytes_per_update, _size, "bytes_per_update"),
        ("connections held", lambda side: side.connections, number, ""),
        ("per 1,000 users: requests/s", lambda side: side.requests_per_s, number, ""),
        ("per 1,000 users: kB/s", lambda side: side.kilobytes_per_s, number, ""),
        ("per 1,000 users: server's cores", lambda side: side.server_cores, number, "server_cpu"),
        ("per 1,000 users: generator's cores", lambda side: side.generator_cores, number, "generator_cpu"),
    ]
    return [
        Row(label, form(ours), form(theirs), ratio(report, name), (ours, theirs))
        for label, ours, theirs, form, name in (
            (label, figure(report.websocket).median, figure(report.polling).median, form, name)
            for label, figure, form, name in shown
        )
        if ours is not None or theirs is not None
    ]


def ratio(report: CompareReport, name: str) -> str:
    """`x 12 (9.8 to 14)`: the median over the pairs of blocks, and the least and greatest of them."""
    spread = report.spreads.get(name)
    if spread is None or spread.median is None:
        return ""
    return f"x {number(spread.median)} ({number(spread.min)} to {number(spread.max)})"


def sentence(report: CompareReport) -> str:
    """What it comes down to."""
    if report.report.verdict is Verdict.UNKNOWN:
        return "nothing was measured on one side: there is nothing to compare"
    ours = report.spreads
    stale = [f"is {_times(ours[name].median)} as stale" for name in ("staleness_p50",) if ours[name].median is not None]
    costs = [
        f"{_times(ours[name].median)} {what}"
        for name, what in (
            ("requests_per_update", "the requests"),
            ("bytes_per_update", "the bytes for each update"),
            ("server_cpu", "the server's CPU"),
        )
        if ours[name].median is not None
    ]
    told = [*stale, *([f"takes {', '.join(costs)}"] if costs else [])]
    if not told:
        return "the two cannot be compared: one side saw no updates"
    return f"polling every {report.poll_every_s:g} s {' and '.join(told)}"


def _times(ratio: float | None) -> str:
    return f"{ratio:.2g} times" if ratio is not None and ratio < 100 else f"{number(ratio)} times"


def run(report: CompareReport) -> str:
    """What was run."""
    whole = report.comparison
    seconds = whole.websocket.run_time_s + whole.polling.run_time_s
    turns = f"{report.blocks} blocks in turn, {seconds / report.blocks:.0f} s each, opening included"
    return f"{count(whole.websocket.users, 'user')} on each side, {turns}"


def match(report: CompareReport) -> str:
    """The interval at which polling would be as fresh, and what that would cost."""
    ours, poll_ms = report.websocket.staleness_p50_ms.median, report.comparison.polling.poll_ms.p50
    if ours is None or poll_ms is None:
        return "That cannot be told: one side saw no updates."
    if report.match.interval_s is None:
        return f"That is not possible: one poll takes {time(poll_ms)}, and the WebSocket's state is {time(ours)} old."
    every, rate = time(report.match.interval_s * 1000), number(report.match.requests_per_s)
    return (
        f"Poll every {every}: {rate} requests a second for 1,000 users. "
        f"(2 x ({time(ours)} - {time(poll_ms)}): a change waits half an interval, and then for the poll.)"
    )


def _size(amount: float | None) -> str:
    return NOTHING if amount is None else size(amount)
