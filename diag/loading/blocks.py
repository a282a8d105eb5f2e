"""WebSocket against polling in alternating blocks of one run, and what that says about the two. Pure.

Whatever drifts while the blocks run (a warm cache, a busy machine) hits both sides alike, because they take turns as
A B B A. Each block is measured by itself; how far the blocks disagree is the uncertainty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import median

from diag.loading.merging import merged
from diag.loading.plan import POLLING, WEBSOCKET
from diag.measures import comparison
from diag.measures.comparison import Comparison, Ratios
from diag.measures.result import Result
from diag.report import Report

Number = float | None


@dataclass(frozen=True, slots=True)
class Block:
    """One turn of one side. `server_cpu_s` is None where the server's process could not be watched."""

    result: Result
    server_cpu_s: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the blocks: the median, and the least and the greatest; None where no block has it."""

    median: float | None
    min: float | None
    max: float | None

    @staticmethod
    def of(values: Iterable[Number]) -> Spread:
        """That of the values that there are."""
        known = [value for value in values if value is not None]
        return Spread(median(known), min(known), max(known)) if known else Spread(None, None, None)


@dataclass(frozen=True, slots=True)
class Side:
    """What one way of getting the updates costs and gives, over its blocks.

    `updates_per_s` are of one user; requests, kilobytes and CPU seconds are per second of a thousand users.
    """

    staleness_p50_ms: Spread
    staleness_p95_ms: Spread
    updates_per_s: Spread
    requests_per_update: Spread
    bytes_per_update: Spread
    connections: Spread
    requests_per_s: Spread
    kilobytes_per_s: Spread
    server_cores: Spread
    generator_cores: Spread


@dataclass(frozen=True, slots=True)
class Match:
    """The polling interval that would give the WebSocket's staleness, and what it would cost; None: there is none."""

    interval_s: float | None
    requests_per_s: float | None


@dataclass(frozen=True, slots=True)
class CompareReport:
    """One comparison. `spreads` are the ratios of neighbouring blocks, by the names of `Ratios`."""

    report: Report
    comparison: Comparison
    blocks: int
    websocket: Side
    polling: Side
    spreads: Mapping[str, Spread]
    poll_every_s: float
    match: Match


def order(blocks: int) -> tuple[str, ...]:
    """A B B A A B B A …: whatever drifts evenly hits both sides alike."""
    return tuple(WEBSOCKET if index % 4 in (0, 3) else POLLING for index in range(blocks))


def compared(
    report: Report, websocket: Sequence[Block], polling: Sequence[Block], poll_every_s: float
) -> CompareReport:
    """The comparison of these blocks; each side has as many as the other."""
    whole = comparison.compare(
        merged([block.result for block in websocket]),
        merged([block.result for block in polling]),
        server_cpu_s=(_cpu(websocket), _cpu(polling)),
    )
    pairs = [
        comparison.compare(ours.result, theirs.result, server_cpu_s=(ours.server_cpu_s, theirs.server_cpu_s)).ratios
        for ours, theirs in zip(websocket, polling, strict=True)
    ]
    spreads = {field.name: Spread.of(getattr(pair, field.name) for pair in pairs) for field in fields(Ratios)}
    sides = _side(websocket), _side(polling)
    match = _match(sides[0].staleness_p50_ms.median, whole.polling)
    return CompareReport(report, whole, len(websocket) + len(polling), *sides, spreads, poll_every_s, match)


def _side(blocks: Sequence[Block]) -> Side:
    def over(figure: Callable[[Result], Number]) -> Spread:
        return Spread.of(figure(block.result) for block in blocks)

    def rate(amount: Callable[[Block], Number], users: int) -> Spread:
        """An amount per second and so many users."""
        found = [(amount(block), block.result.run_time_s * block.result.users) for block in blocks]
        return Spread.of(each * users / share for each, share in found if each is not None and share)

    return Side(
        staleness_p50_ms=over(lambda result: result.update_staleness_ms.p50),
        staleness_p95_ms=over(lambda result: result.update_staleness_ms.p95),
        updates_per_s=rate(lambda block: block.result.updates_received, 1),
        requests_per_update=over(comparison.requests_per_update),
        bytes_per_update=over(comparison.bytes_per_update),
        connections=over(_connections),
        requests_per_s=rate(lambda block: _requests(block.result), 1000),
        kilobytes_per_s=rate(lambda block: _bytes(block.result) / 1000, 1000),
        server_cores=rate(lambda block: block.server_cpu_s, 1000),
        generator_cores=rate(lambda block: block.result.generator.cpu_s, 1000),
    )


def _connections(result: Result) -> float:
    """Held at once. Polling keeps its connection between two polls, as browsers do."""
    return float(result.sessions.peak_open if result.sessions.opened else result.users)


def _requests(result: Result) -> int:
    """What the server had to answer, as `diag.measures.comparison` counts it."""
    return result.http.requests + result.sessions.opened + result.sessions.failed + result.messages.sent


def _bytes(result: Result) -> int:
    http, messages = result.http, result.messages
    return http.bytes_in + http.bytes_out + messages.bytes_in + messages.bytes_out


def _match(staleness_ms: Number, polling: Result) -> Match:
    """A change happens at any moment of the interval and is seen at its end: staleness p50 is half of the interval,
    and the time that a poll takes. So interval = 2 * (staleness - poll); where a poll alone takes longer, none will do.
    """
    took_ms = polling.poll_ms.p50
    if staleness_ms is None or took_ms is None or staleness_ms <= took_ms:
        return Match(None, None)
    interval_s = 2 * (staleness_ms - took_ms) / 1000
    return Match(interval_s, 1000 * max(len(polling.polls), 1) / interval_s)


def _cpu(blocks: Sequence[Block]) -> Number:
    used = [block.server_cpu_s for block in blocks if block.server_cpu_s is not None]
    return sum(used) if len(used) == len(blocks) else None
