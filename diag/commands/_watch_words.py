"""The words of a watch: what happened, on one line, and the summary. Pure; foreign text leaves masked and printable."""

from __future__ import annotations

from collections.abc import Iterator

import click

from diag import catalogue
from diag.client.events import ClientEvent
from diag.client.figures import BeatFigures, Figures
from diag.client.heartbeats import APPLICATION, PROTOCOL
from diag.commands._watch_run import Subject, Watch
from diag.config.errors import printable

GRADE_STYLES = {"excellent": "green", "good": "cyan", "poor": "yellow", "lost": "red"}
_UNITS = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))
_TYPES_SHOWN = 12
_KINDS = {APPLICATION: "heartbeats", PROTOCOL: "protocol pings"}


def beating(subject: Subject) -> str:
    """How it beats: `a beat (orchestration) every 1 s, lost after 10 s`."""
    client = subject.target.client
    every, patience = seconds(client.heartbeat_interval_s), seconds(client.heartbeat_timeout_s)
    return f"a beat ({client.dialect}) every {every}, lost after {patience}"


def changed(event: ClientEvent, subject: Subject) -> str | None:
    """An event that changes something, in words; None for the others."""
    number, client = event.number, subject.target.client
    text = printable(subject.shown(event.text))
    match event.kind:
        case "opened":
            again = f" at attempt {number}" if number else ""
            return f"open{again}, handshake {round_trip(event.value)}"
        case "refused":
            return f"{'attempt ' + str(number) if number else 'connection'} failed: {_titled(text)}"
        case "missed" if (event.value or 0) >= client.heartbeat_timeout_s * 1000:
            return f"beat {number}   no answer within {seconds(client.heartbeat_timeout_s)}"
        case "missed":
            return f"beat {number}   lost with the connection"
        case "recognised":
            return f"speaks {text}"
        case "closed":
            return f"closed {number}{': ' + text if text else ', no reason given'}"
        case "waiting":
            return f"{next_attempt(event, subject)} in {seconds(event.value or 0)}"
        case "gave-up":
            return f"the page gives up here, after {number} attempts" + (", and polls" if client.fallback else "")
    return None


def next_attempt(event: ClientEvent, subject: Subject) -> str:
    """`attempt 2 of 3`, or `next attempt` where the page makes none any more."""
    number, attempts = event.number or 0, subject.target.client.reconnect.attempts
    return f"attempt {number} of {attempts}" if number <= attempts else "next attempt"


def summary(watch: Watch, *, color: bool) -> list[str]:
    """What ping prints at its end, and what a socket has beyond that."""
    with watch.lock:
        figures, grade = watch.figures, watch.grade()
        lines = [f"--- {printable(watch.subject.url)} after {seconds(watch.elapsed_s)} ---"]
        for kind in (APPLICATION, PROTOCOL):
            lines += _beats(kind, figures.beats[kind])
        lines += [_sessions(figures), *_updates(figures, watch.elapsed_s), *(idle_told(watch) or ())]
    if figures.main.missed and not figures.main.answered and figures.messages:
        dialect = watch.subject.target.client.dialect
        lines.append(f"messages came, but no answer: does the server speak {dialect}? See --dialect")
    if not figures.opened and figures.refused:
        lines.append("wsdiag probe, with the same options, examines why it does not open")
    name = click.style(grade.name, fg=GRADE_STYLES[grade.name], bold=True) if color else grade.name
    return [*lines, f"quality: {name} ({printable(grade.because)})"]


def idle_told(watch: Watch) -> list[str] | None:
    """What the search for idle limits found; None without a search, or while it goes on."""
    if watch.search is None or not watch.search.done.is_set():
        return None
    from diag.commands._watch_idle import idle_words  # noqa: PLC0415 - the rules, for this search only

    return list(idle_words(watch.search))


def round_trip(ms: float | None) -> str:
    """`0.84 ms`, `12.3 ms`, `345 ms`, `1.23 s`; `-` for none."""
    if ms is None:
        return "-"
    if ms >= 999.5:
        return f"{ms / 1000:.2f} s"
    return f"{ms:.0f} ms" if ms >= 99.95 else f"{ms:.1f} ms" if ms >= 9.995 else f"{ms:.2f} ms"


def seconds(value: float) -> str:
    """`500 ms`, `1 s`, `12.5 s`, `2:05`, `1:02:05`."""
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(int(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def whole_seconds(value: float) -> str:
    """The same for a clock that ticks: `0 s`, `12 s`, `2:05`."""
    return seconds(int(value)) if value >= 1 else "0 s"


def size(count: int) -> str:
    """`812 B`, `1.2 kB`, `3.4 MB`: decimal, as curl has it on its way."""
    unit = next(((factor, name) for factor, name in _UNITS if count >= factor), None)
    return f"{count / unit[0]:.1f} {unit[1]}" if unit else f"{count} B"


def _titled(text: str) -> str:
    """A catalogue code with its title; anything else as it is."""
    known = catalogue.entries().get(text)
    return f"{text} ({known.title})" if known else text


def _beats(kind: str, beats: BeatFigures) -> Iterator[str]:
    if not beats.sent:
        return
    yield f"{_KINDS[kind]}: {beats.sent} sent, {beats.answered} answered, {beats.missed} lost ({beats.loss:.1%})"
    found = beats.distribution()
    if found is None:
        return
    numbers = "/".join(f"{value:.2f}" for value in (found.min, beats.mean_ms, found.max, found.stddev))
    ranks = "/".join(f"{value:.2f}" for value in (found.p50, found.p95, found.p99))
    yield f"  round trip min/avg/max/stddev = {numbers} ms"
    yield f"  p50/p95/p99 = {ranks} ms, jitter = {found.jitter:.2f} ms"


def _sessions(figures: Figures) -> str:
    parts = [f"{figures.opened} opened", f"{figures.reconnects} reconnects"]
    parts += [f"{figures.refused} refused"] if figures.refused else []
    parts += [f"closed {code} x{count}" for code, count in sorted(figures.closed.items())]
    return f"sessions: {', '.join(parts)}; {size(figures.bytes_in)} in, {size(figures.bytes_out)} out"


def _updates(figures: Figures, now_s: float) -> Iterator[str]:
    ordered = sorted(figures.types.items(), key=lambda item: -item[1].count)
    for name, seen in ordered[:_TYPES_SHOWN]:
        gaps = f", {seen.missing} missing in sequence" if seen.missing else ""
        yield f"{printable(name)}: {seen.count}, {size(seen.size)}, newest {seconds(now_s - seen.last_at_s)} old{gaps}"
    if len(ordered) > _TYPES_SHOWN:
        yield f"{len(ordered) - _TYPES_SHOWN} more types"
