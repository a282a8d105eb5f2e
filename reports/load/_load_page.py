"""One load run as a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from diag.loading.judging import LoadReport
from diag.measures.result import Result, Summary
from diag.measures.series import Point
from reports.load import _words as phrases
from reports.load._charts import Line, chart
from reports.load._markup import escaped, findings, footer, header, notes, page, section, table, tiles

_COLUMNS = ("count", "min", "p50", "p95", "p99", "p999", "max")
_HEAD = ("", "count", "min", "p50", "p95", "p99", "p99.9", "max")
_MOST_CODES = 4


def page_of(report: LoadReport) -> str:
    """The whole document."""
    frame, result = report.report, report.result
    sentence = phrases.sentence(report)
    body = (
        header(frame, f"{sentence[:1].upper()}{sentence[1:]}", phrases.run(result)),
        tiles(_tiles(result)),
        section("Thresholds", _thresholds(result)),
        section("Over time", f'<div class="charts">{charts(result)}</div>' if result.series else ""),
        section("Times", times(phrases.timings(result))),
        section("What happened", table(("", ""), _facts(result), "words")),
        section("What went wrong", table(("cause", "how often"), _causes(result), "words")),
        section("What to do about it", findings(frame)),
        section("Notes", notes(frame)),
        footer(frame),
    )
    return page(f"wsdiag {frame.command}: {sentence}", "\n".join(filter(None, body)))


def charts(result: Result) -> str:
    """All of one run's; a chart that has nothing to show is left out."""
    points = result.series
    whole = phrases.number
    return "".join(
        (
            chart("Open sessions", _lines(points, {"open": _open, "users": lambda point: point.users}), whole),
            chart("Failed handshakes by cause", _by_code(points), whole, bars=True),
            chart("Heartbeat round trip", _percentiles(points, "heartbeat_p{}_ms", (50, 95, 99)), phrases.time),
            chart("Staleness of the state", staleness(points), phrases.time),
            chart(
                "Messages and polls a second",
                _lines(points, {"messages": lambda point: point.messages_per_s or None, "polls": _polls}),
                whole,
            ),
            chart(
                "Generator: loop lag p99", _lines(points, {"lag": lambda point: point.loop_lag_p99_ms}), phrases.time
            ),
        )
    )


def staleness(points: Sequence[Point]) -> list[Line]:
    """Both ways of getting updates, as far as they were measured."""
    return [
        *_percentiles(points, "staleness_websocket_p{}_ms", (50, 95), "WebSocket "),
        *_percentiles(points, "staleness_polling_p{}_ms", (50, 95), "polling "),
    ]


def times(timings: Sequence[tuple[str, Summary]]) -> str:
    """Distributions, one a row."""
    return table(
        _HEAD,
        (
            (escaped(label), f"{summary.count:,}", *(phrases.time(getattr(summary, name)) for name in _COLUMNS[1:]))
            for label, summary in timings
        ),
    )


def _tiles(result: Result) -> list[tuple[str, str, str]]:
    sessions, http = result.sessions, result.http
    shown = []
    if sessions.opened + sessions.failed:
        shown.append(
            ("Sessions opened", f"{sessions.opened:,}", f"{sessions.failed:,} failed, {sessions.dropped:,} dropped")
        )
        shown.append(("Open at once", f"{sessions.peak_open:,}", f"of {phrases.count(result.users, 'user')}"))
    for label, summary in (
        ("Handshake p95", result.handshake_ms),
        ("Heartbeat p95", result.heartbeat_rtt_ms),
        ("Staleness p95", result.update_staleness_ms),
        ("Poll p95", result.poll_ms),
    ):
        if summary.count:
            shown.append(
                (label, phrases.time(summary.p95), f"p50 {phrases.time(summary.p50)}, p99 {phrases.time(summary.p99)}")
            )
    if result.messages.received:
        size = phrases.size(result.messages.bytes_in)
        shown.append(
            ("Messages in", phrases.rate(result.messages.received, result), f"{result.messages.received:,}, {size}")
        )
    if http.requests:
        shown.append(("Requests", phrases.rate(http.requests, result), f"{http.requests:,}, {http.failures:,} failed"))
    return shown


def _thresholds(result: Result) -> str:
    rows = (
        (
            f"<code>{escaped(judged.expression)}</code>",
            escaped(phrases.value(judged)),
            '<span class="ok">✓ holds</span>' if judged.ok else '<span class="failed">✗ failed</span>',
        )
        for judged in result.thresholds
    )
    return table(("threshold", "measured", ""), rows)


def _facts(result: Result) -> list[tuple[str, str]]:
    rows = [(escaped(row.label), escaped(row.text)) for row in phrases.facts(result)]
    return [*rows, ("generator", escaped(phrases.generator(result.generator)))]


def _causes(result: Result) -> list[tuple[str, str]]:
    return [(f"<code>{escaped(row.label)}</code>", escaped(row.text)) for row in phrases.causes(result)]


def _lines(points: Sequence[Point], readers: dict[str, Callable[[Point], float | None]]) -> list[Line]:
    return [Line(label, [(point.t, read(point)) for point in points]) for label, read in readers.items()]


def _percentiles(points: Sequence[Point], field: str, percentiles: Sequence[int], before: str = "") -> list[Line]:
    names = {f"{before}p{percentile}": field.format(percentile) for percentile in percentiles}
    return [Line(label, [(point.t, getattr(point, name)) for point in points]) for label, name in names.items()]


def _by_code(points: Sequence[Point]) -> list[Line]:
    """The most frequent codes, and the rest together."""
    totals: dict[str, int] = {}
    for point in points:
        for code, count in point.failed.items():
            totals[code] = totals.get(code, 0) + count
    shown = sorted(totals, key=lambda code: (-totals[code], code))[:_MOST_CODES]
    lines = [Line(code, [(point.t, float(point.failed.get(code, 0))) for point in points]) for code in shown]
    rest = [(point.t, float(sum(n for code, n in point.failed.items() if code not in shown))) for point in points]
    return [*lines, Line("others", rest)]


def _open(point: Point) -> float:
    return point.open_sessions


def _polls(point: Point) -> float | None:
    return point.polls_per_s or None
