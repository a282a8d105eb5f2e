"""Phrases and rows that the writers of load runs share: what happened, in words that need no legend."""

from __future__ import annotations

import re
from typing import NamedTuple

from diag import catalogue
from diag.loading.judging import LoadReport
from diag.measures.result import Generator, Result, Summary
from diag.measures.thresholds import Judged
from diag.model import Verdict

PERCENTILES = ("p50", "p95", "p99", "max")
NOTHING = "—"
_UNCATALOGUED = {
    "handshake-unanswered": "no answer yet when the run ended",
    "rest-broken-answer": "the answer is no HTTP response, or breaks off",
    "rest-answer-too-large": "the answer is larger than the 1 MB that wsdiag takes; a page would take it",
}
_STATUS = re.compile(r"http-(\d{3})")
_WHERE = {"handshake": "handshakes", "session": "sessions", "heartbeat": "heartbeats", "http": "requests"}


class Row(NamedTuple):
    """A label and what there is to say."""

    label: str
    text: str


def time(milliseconds: float | None) -> str:
    """`0.41 ms`, `7.3 ms`, `120 ms`, `1.24 s`, `3.2 min`; a dash where nothing was measured."""
    if milliseconds is None:
        return NOTHING
    if milliseconds < 10:
        return f"{milliseconds:.2f} ms" if milliseconds < 1 else f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.2f} s" if milliseconds < 99_500 else f"{milliseconds / 60_000:.1f} min"


def size(count: float) -> str:
    """`310 B`, `1.2 kB`, `3.4 MB`."""
    for unit, limit in (("B", 1000), ("kB", 1e6), ("MB", 1e9)):
        if count < limit:
            return f"{count:.0f} B" if unit == "B" else f"{count * 1000 / limit:.1f} {unit}"
    return f"{count / 1e9:.1f} GB"


def number(value: float | None, unit: str = "") -> str:
    """Three significant digits, thousands apart; a dash for None."""
    if value is None:
        return NOTHING
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text + unit


def value(judged: Judged) -> str:
    """What was measured."""
    return "nothing" if judged.value is None else f"{judged.value:.5g}"


def count(amount: int, one: str, many: str = "") -> str:
    """`1 user`, `2,000 users`."""
    return f"{amount:,} {one if amount == 1 else many or f'{one}s'}"


def sentence(report: LoadReport) -> str:
    """How it went, in one line."""
    failed = [judged for judged in report.result.thresholds if not judged.ok]
    primary = report.report.primary
    because = f": {primary.code}" if primary is not None else ""
    match report.report.verdict:
        case Verdict.UNKNOWN:
            return "nothing was measured"
        case Verdict.BROKEN:
            return f"no user got through{because}"
        case Verdict.HEALTHY:
            return "every threshold holds" if report.result.thresholds else "every session went well"
        case _ if failed:
            return f"{len(failed)} of {count(len(report.result.thresholds), 'threshold')} failed{because}"
        case _:
            return f"the thresholds hold, and the run itself did not go well{because}"


def run(result: Result) -> str:
    """What was run."""
    processes = f" in {count(result.workers.expected, 'process', 'processes')}" if result.workers.expected > 1 else ""
    return f"{result.scenario}: {count(result.users, 'user')} for {result.run_time_s:.0f} s{processes}"


def aim(report: LoadReport) -> str:
    """What was loaded: the socket's URL, or the requests that were polled."""
    target, polls = report.report.target, ", ".join(poll.name for poll in report.result.polls)
    sockets = report.result.sessions.opened + report.result.sessions.failed
    return f"{target.url if sockets or not polls else polls}, from {target.page}"


def facts(result: Result) -> list[Row]:
    """Sessions, heartbeats, messages, requests; what there was none of is left out."""
    sessions, beats, messages, http = result.sessions, result.heartbeats, result.messages, result.http
    rows = []
    if sessions.opened + sessions.failed:
        text = f"{sessions.opened:,} opened, {sessions.failed:,} failed, {sessions.dropped:,} dropped"
        rows.append(Row("sessions", f"{text}; {sessions.peak_open:,} open at once"))
    if beats.sent:
        text = f"{beats.sent:,} sent, {beats.answered:,} answered"
        text += f", {beats.unanswered:,} not" if beats.unanswered else ""
        late = beats.sent - beats.answered - beats.unanswered
        rows.append(Row("heartbeats", text + (f", {late:,} on their way at the end" if late > 0 else "")))
    if messages.received + messages.sent:
        text = f"{messages.received:,} in ({size(messages.bytes_in)}), {messages.sent:,} out"
        rows.append(Row("messages", f"{text} ({size(messages.bytes_out)}); {rate(messages.received, result)} in"))
    if result.updates_received:
        gaps = f"; {messages.sequence_gaps:,} never came" if messages.sequence_gaps else ""
        rows.append(Row("updates", f"{result.updates_received:,}{gaps}"))
    if http.requests:
        text = f"{http.requests:,} ({rate(http.requests, result)}), {http.failures:,} failed; {size(http.bytes_in)} in"
        rows.append(Row("requests", text))
    return rows


def rate(amount: float, result: Result) -> str:
    """An amount per second of the run."""
    return f"{number(amount / result.run_time_s)}/s" if result.run_time_s else NOTHING


def generator(generator: Generator) -> str:
    """What the load cost us, and whether that spoilt the figures."""
    lag = f", its loop {time(generator.loop_lag_ms.p99)} late at p99" if generator.loop_lag_ms.count else ""
    busy = "; it was too busy at times" if generator.saturated else ""
    return f"{generator.cpu_s:.1f} s of CPU, {generator.rss_peak_mb:.0f} MB{lag}{busy}"


def timings(result: Result) -> list[tuple[str, Summary]]:
    """The distributions that have something in them."""
    named = [
        ("handshake", result.handshake_ms),
        ("heartbeat", result.heartbeat_rtt_ms),
        *((f"staleness, {name}", each) for name, each in result.staleness_by_transport.items()),
        *((each.name, each.took_ms) for each in result.polls),
        ("session lifetime", result.connection_lifetime_ms),
    ]
    return [(label, summary) for label, summary in named if summary.count]


def causes(result: Result) -> list[Row]:
    """Every cause, the most frequent first, with what it means."""
    rows = []
    for cause in result.causes:
        meaning = _meaning(cause.code)
        where = _WHERE.get(cause.where, cause.where)
        counted = count(cause.count, where.removesuffix("s"), where)
        rows.append(Row(cause.code, f"{counted} — {meaning}" if meaning else counted))
    return rows


def _meaning(code: str) -> str:
    """What the catalogue calls it; for what a load run alone can meet, a few words."""
    entry = catalogue.entries().get(code)
    if entry is not None:
        return entry.title
    status = _STATUS.fullmatch(code)
    return f"answered with status {status[1]}" if status else _UNCATALOGUED.get(code, "")
