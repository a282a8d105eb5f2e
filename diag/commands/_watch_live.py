"""A watch on a terminal: one screen that keeps itself up to date, and the summary when it ends."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from diag.client.events import ClientEvent
from diag.client.figures import BeatFigures, Figures, TypeFigures
from diag.client.grade import OVERDUE_S, PAUSES, Grade
from diag.client.heartbeats import APPLICATION, PROTOCOL
from diag.commands._terminal import write_stdout
from diag.commands._watch_chart import LOST, chart
from diag.commands._watch_lines import STYLES
from diag.commands._watch_run import Subject, Watch
from diag.commands._watch_words import (
    GRADE_STYLES,
    changed,
    next_attempt,
    round_trip,
    seconds,
    size,
    summary,
    whole_seconds,
)
from diag.config.errors import printable

_FRAME_S = 0.25
_CHART_ROWS = 3
_FIXED_ROWS = 15
_NEWS_KEPT = 200
_RHYTHM = 2
_WIDE = 76
_HINT = "Ctrl-C ends the watch and sums it up"


@dataclass(slots=True)
class Screen:
    """The view for a terminal."""

    subject: Subject
    color: bool
    wants_messages: bool = False
    _news: deque[tuple[ClientEvent, str]] = field(default_factory=lambda: deque(maxlen=_NEWS_KEPT))
    _console: Console = field(init=False)
    _live: Live = field(init=False)
    _drawn_at: float = 0.0
    _next: tuple[str, float] = ("", 0.0)

    def __post_init__(self) -> None:
        """Nothing is drawn yet."""
        self._console = Console(no_color=not self.color, highlight=False, markup=False, emoji=False)
        self._live = Live(console=self._console, auto_refresh=False, screen=True, vertical_overflow="crop")

    def begin(self) -> bool:
        """Takes the terminal over: its other screen, so that neither a resize nor the end leaves anything behind."""
        self._live.start()
        return True

    def show(self, events: list[ClientEvent], watch: Watch) -> bool:
        """Draws what changed, a few times a second."""
        for event in events:
            text = changed(event, self.subject)
            if text is not None and event.kind != "missed":  # the chart has a cross for it
                self._news.append((event, text))
            if event.kind == "waiting":
                self._next = next_attempt(event, self.subject), event.at_s + (event.value or 0.0)
        if time.monotonic() - self._drawn_at >= _FRAME_S:
            self._drawn_at = time.monotonic()
            self._live.update(self._frame(watch), refresh=True)
        return True

    def finish(self, watch: Watch) -> None:
        """Gives the terminal back, with what a scroll-back should keep."""
        self._live.stop()
        told = [f"{event.at_s:8.1f} s  {text}" for event, text in self._news]
        write_stdout("\n".join([*told, "", *summary(watch, color=self.color)]) + "\n")

    def _frame(self, watch: Watch) -> RenderableType:
        width, height = self._console.width, self._console.height
        with watch.lock:
            figures, grade, now_s = watch.figures, watch.grade(), watch.elapsed_s
            types_shown = max(1, min(len(figures.types), height - _FIXED_ROWS - 4))
            news_shown = max(1, height - _FIXED_ROWS - types_shown - 1)
            return Group(
                _heading(self.subject, figures, grade, self._state(figures, now_s) + _searching(watch)),
                Text(""),
                _round_trips(figures, width),
                Text(""),
                *_chart(figures.main, width),
                Text(""),
                _updates(figures, self.subject, now_s, types_shown),
                _traffic(figures),
                Text(""),
                *self._told(news_shown, width),
                Text(_HINT, style="dim"),
            )

    def _state(self, figures: Figures, now_s: float) -> str:
        """Since when it is open, or when the next attempt is."""
        attempt, due_s = self._next
        if figures.opened_at_s is not None:
            every = seconds(self.subject.target.client.heartbeat_interval_s)
            return f"open for {whole_seconds(now_s - figures.opened_at_s)}, a beat every {every}"
        return f"{attempt} in {whole_seconds(math.ceil(due_s - now_s))}" if due_s > now_s else "connecting"

    def _told(self, count: int, width: int) -> list[Text]:
        """The last changes, the newest last; empty lines keep the screen's height, so that nothing jumps."""
        lines = [
            Text(_cut(f"{event.at_s:8.1f} s  {text}", width), style=STYLES.get(event.kind, ""))
            for event, text in list(self._news)[-count:]
        ]
        return lines + [Text("")] * (count - len(lines))


def _searching(watch: Watch) -> str:
    """How much longer silent sessions look for idle limits; empty when none do."""
    state = watch.search.state if watch.search else ""
    return f"; {state}" if state else ""


def _heading(subject: Subject, figures: Figures, grade: Grade, state: str) -> Table:
    """The URL and its grade, and under them what it does and why."""
    name, because, style = grade.name, grade.because, GRADE_STYLES[grade.name]
    if not figures.main.decided and (figures.is_open or not figures.refused):
        name, because, style = ("measuring" if figures.is_open else "connecting"), "", "default"
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True, overflow="ellipsis")
    table.add_row(Text(printable(subject.url), style="bold"), Text(name.upper(), style=f"bold {style}"))
    table.add_row(Text(state, style="dim"), Text(printable(because), style=style))
    return table


def _round_trips(figures: Figures, width: int) -> Table:
    """Both kinds of beat; a narrow terminal goes without the ranks between the median and the longest."""
    table = Table.grid(expand=True, padding=(0, 1))
    names = ["last", "p50", "p95", "p99", "max", "jitter", "sent", "lost"]
    shown = [name for name in names if width >= _WIDE or name not in ("p99", "jitter")]
    table.add_column(no_wrap=True)
    for _ in shown:
        table.add_column(justify="right", no_wrap=True)
    table.add_row("round trip", *shown, style="dim")
    for kind in (APPLICATION, PROTOCOL):
        beats = figures.beats[kind]
        if beats.sent:
            cells = _cells(beats)
            table.add_row(kind, *(cells[name] for name in shown))
    return table


def _cells(beats: BeatFigures) -> dict[str, str | Text]:
    found = beats.distribution()
    ranks = {name: round_trip(getattr(found, name, None)) for name in ("p50", "p95", "p99", "max", "jitter")}
    lost = Text(f"{beats.missed} ({beats.loss:.1%})", style="red" if beats.missed else "")
    return {"last": round_trip(beats.last_ms), **ranks, "sent": str(beats.sent), "lost": lost}


def _chart(beats: BeatFigures, width: int) -> list[Text]:
    """The chart with its scale on the right."""
    outcomes = list(beats.outcomes)
    label = 10
    rows, top = chart(outcomes, width - label, _CHART_ROWS)
    scale = [round_trip(top) if top else "", *[""] * (_CHART_ROWS - 2), "0" if outcomes else ""]
    lines = []
    for row, mark in zip(rows, scale, strict=True):
        line = Text(f"{row}{mark:>{label}}", style="green")
        line.highlight_regex(LOST, "bold red")
        line.stylize("dim", len(row))
        lines.append(line)
    return lines


def _updates(figures: Figures, subject: Subject, now_s: float, count: int) -> Table:
    """Types that repeat first, and those that are expected even when none came."""
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for _ in range(5):
        table.add_column(justify="right", no_wrap=True)
    table.add_row("update", "count", "bytes", "newest", "longest pause", "missing", style="dim")
    expected = subject.target.expect
    ordered = sorted(figures.types, key=lambda name: (name not in expected, -figures.types[name].count))
    absent = [name for name in expected if name not in figures.types]
    for name in [*absent, *ordered][:count]:
        seen = figures.types.get(name)
        if seen is None:
            table.add_row(printable(name), "0", "-", "never", "-", "-", style="yellow")
            continue
        pause = seconds(seen.longest_gap_s) if seen.count > 1 else "-"
        missing = "-" if seen.sequence is None else str(seen.missing)
        age = f"{seconds(int((now_s - seen.last_at_s) * 10) / 10)} ago"
        table.add_row(printable(name), str(seen.count), size(seen.size), age, pause, missing, style=_style(seen, now_s))
    return table


def _style(seen: TypeFigures, now_s: float) -> str:
    """A type that came once has no rhythm; one that has is suspect when it pauses much longer than ever."""
    if seen.count < _RHYTHM:
        return "dim"
    return "yellow" if now_s - seen.last_at_s > max(OVERDUE_S, PAUSES * seen.longest_gap_s) else ""


def _traffic(figures: Figures) -> Text:
    closed = "".join(f", closed {code} x{count}" for code, count in sorted(figures.closed.items()))
    sessions = f"sessions {figures.opened}, reconnects {figures.reconnects}, refused {figures.refused}{closed}"
    text = f"{sessions}; in {size(figures.bytes_in)}, out {size(figures.bytes_out)}"
    return Text(text, style="dim", no_wrap=True, overflow="ellipsis")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
