"""WebSocket against polling as a page."""

from __future__ import annotations

from diag.loading.blocks import CompareReport, Spread
from diag.measures.result import Result
from reports.load import _compare_words as phrases
from reports.load import _words
from reports.load._charts import Line, chart
from reports.load._load_page import times
from reports.load._markup import escaped, findings, footer, header, notes, page, section, table, tiles


def page_of(report: CompareReport) -> str:
    """The whole document."""
    frame, whole = report.report, report.comparison
    sentence = phrases.sentence(report)
    body = (
        header(frame, f"{sentence[:1].upper()}{sentence[1:]}", phrases.run(report)),
        tiles(_tiles(report)),
        section("Side by side", _side_by_side(report)),
        section("To match the WebSocket by polling", f'<p class="claim">{escaped(phrases.match(report))}</p>'),
        section("Over time, each side by itself", _charts(whole.websocket, whole.polling)),
        section("Times", _times(whole.websocket, whole.polling)),
        section("What to do about it", findings(frame)),
        section("Notes", notes(frame)),
        footer(frame),
    )
    return page(f"wsdiag compare: {sentence}", "\n".join(filter(None, body)))


def _tiles(report: CompareReport) -> list[tuple[str, str, str]]:
    shown = (
        ("Staleness p50", "staleness_p50"),
        ("Requests per update", "requests_per_update"),
        ("Bytes per update", "bytes_per_update"),
        ("Server CPU", "server_cpu"),
    )
    return [
        (label, f"x {_words.number(spread.median)}", f"polling / WebSocket, {_range(spread)}")
        for label, spread in ((label, report.spreads[name]) for label, name in shown)
        if spread.median is not None
    ]


def _range(spread: Spread) -> str:
    return f"{_words.number(spread.min)} to {_words.number(spread.max)}"


def _side_by_side(report: CompareReport) -> str:
    """Each figure as two bars, the longer one over the whole width."""
    rows = []
    for row in phrases.rows(report):
        ours, theirs = row.values
        most = max(ours or 0.0, theirs or 0.0)
        bars = "".join(
            f'<i class="k{index}" style="width:{100 * (value or 0) / most if most else 0:.1f}%"></i>'
            f"<span>{escaped(text)}</span>"
            for index, (value, text) in enumerate(((ours, row.websocket), (theirs, row.polling)))
        )
        rows.append((escaped(row.label), f'<div class="pair">{bars}</div>', escaped(row.ratio)))
    entries = "".join(
        f'<span><svg width="10" height="10"><rect class="bar k{index}" width="10" height="10"/></svg>{name}</span>'
        for index, name in enumerate(("WebSocket", "polling"))
    )
    legend = f'<p class="legend">{entries}</p>'
    return legend + table(("", "", "polling / WebSocket"), rows, "pairs")


def _charts(websocket: Result, polling: Result) -> str:
    drawn = (
        chart(
            "Staleness of the state, p50",
            [
                Line("WebSocket", [(point.t, point.staleness_websocket_p50_ms) for point in websocket.series]),
                Line("polling", [(point.t, point.staleness_polling_p50_ms) for point in polling.series]),
            ],
            _words.time,
        ),
        chart(
            "Staleness of the state, p95",
            [
                Line("WebSocket", [(point.t, point.staleness_websocket_p95_ms) for point in websocket.series]),
                Line("polling", [(point.t, point.staleness_polling_p95_ms) for point in polling.series]),
            ],
            _words.time,
        ),
        chart(
            "Messages and polls a second",
            [
                Line("WebSocket messages", [(point.t, point.messages_per_s or None) for point in websocket.series]),
                Line("polls", [(point.t, point.polls_per_s or None) for point in polling.series]),
            ],
            _words.number,
        ),
        chart(
            "Generator: cores in use",
            [
                Line("WebSocket", [(point.t, point.cpu) for point in websocket.series]),
                Line("polling", [(point.t, point.cpu) for point in polling.series]),
            ],
            _words.number,
        ),
    )
    shown = "".join(drawn)
    return f'<div class="charts">{shown}</div>' if shown else ""


def _times(websocket: Result, polling: Result) -> str:
    both = [
        (f"{name}: {label}", summary)
        for name, side in (("WebSocket", websocket), ("polling", polling))
        for label, summary in _words.timings(side)
    ]
    return times(both)
