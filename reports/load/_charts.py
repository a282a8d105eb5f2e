"""Charts over time as inline SVG: no script, no font, no request. Colours are the page's, by class; lines also differ
in their dashes, so that they can be told apart without colour."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.load._markup import escaped

WIDTH, HEIGHT = 560, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 10, 26
_MOST_POINTS = 150
_MOST_LINES = 5
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800)

Sample = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A label, and values over seconds; None is a gap."""

    label: str
    samples: Sequence[Sample]


def chart(title: str, lines: Sequence[Line], form: Callable[[float], str], *, bars: bool = False) -> str:
    """A figure with its legend; "" when there is nothing to draw. With `bars`, lines are stacked as bars instead."""
    drawn = [
        Line(line.label, _thinned(line.samples, whole=bars)) for line in lines[:_MOST_LINES] if _has(line, bars=bars)
    ]
    if not drawn:
        return ""
    end = max(t for line in drawn for t, _ in line.samples)
    tops = _sums(drawn) if bars else [value for line in drawn for _, value in line.samples if value is not None]
    axes = _Axes(max(end, 1.0), _ceiling(max(tops)))
    body = (
        _bars(drawn, axes)
        if bars
        else "".join(_path(line, index, axes) for index, line in reversed([*enumerate(drawn)]))
    )
    label = f"{title}: {'; '.join(_described(line, form) for line in drawn)}"
    return (
        f'<figure class="chart"><figcaption><h3>{escaped(title)}</h3>{_legend(drawn, bars=bars)}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escaped(label)}">'
        f"{axes.drawn(form)}{body}{_hints(drawn, axes, form)}</svg></figure>"
    )


@dataclass(frozen=True, slots=True)
class _Axes:
    """From seconds and values to places."""

    end: float
    top: float

    def x(self, t: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * t / self.end, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * min(value / self.top, 1.0), 1)

    def drawn(self, form: Callable[[float], str]) -> str:
        """Grid and labels."""
        parts = []
        for value in (self.top * share / 4 for share in range(5)):
            y = self.y(value)
            kind = "base" if not value else "grid"
            parts.append(f'<path class="{kind}" d="M{_LEFT} {y}H{WIDTH - _RIGHT}"/>')
            parts.append(f'<text x="{_LEFT - 7}" y="{y + 3.5}" text-anchor="end">{escaped(_tick(value, form))}</text>')
        step = next((step for step in _STEPS_S if self.end / step <= 8), _STEPS_S[-1])
        for t in range(0, int(self.end) + 1, step):
            anchor = "start" if not t else "end" if self.x(t) > WIDTH - 30 else "middle"
            parts.append(f'<text x="{self.x(t)}" y="{HEIGHT - 8}" text-anchor="{anchor}">{_clock(t)}</text>')
        return "".join(parts)


def _tick(value: float, form: Callable[[float], str]) -> str:
    """`0`, `4 ms`, `2.5 ms`: without the digits that an axis does not need."""
    return re.sub(r"(\.\d*?)0+(?=\D|$)", r"\1", form(value)).replace(". ", " ") if value else "0"


def _clock(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min" if not rest else f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02} h"


def _ceiling(value: float) -> float:
    """The top of an axis: four steps of 1, 2, 2.5 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(value / 4))
    return float(
        next(4 * power * step for step in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10) if 4 * power * step >= value)
    )


def _has(line: Line, *, bars: bool) -> bool:
    return any(value is not None and (value > 0 or not bars) for _, value in line.samples)


def _thinned(samples: Sequence[Sample], *, whole: bool) -> list[Sample]:
    """At most _MOST_POINTS: neighbours become one, the worst of them, or their sum where they are counted."""
    width = -(-len(samples) // _MOST_POINTS) or 1
    thinned: list[Sample] = []
    for start in range(0, len(samples), width):
        group = samples[start : start + width]
        known = [value for _, value in group if value is not None]
        thinned.append((group[-1][0], (sum(known) if whole else max(known)) if known else None))
    return thinned


def _sums(lines: Sequence[Line]) -> list[float]:
    return [sum(value or 0.0 for _, value in column) for column in zip(*(line.samples for line in lines), strict=True)]


def _path(line: Line, index: int, axes: _Axes) -> str:
    """One line; a value that stands alone between two gaps is a dot."""
    commands, dots = [], []
    pen_down = False
    values = [*line.samples, (axes.end, None)]
    for (t, value), (_, following) in pairwise(values):
        if value is None:
            pen_down = False
            continue
        x, y = axes.x(t), axes.y(value)
        if not pen_down and following is None:
            dots.append(f'<circle class="dot k{index}" cx="{x}" cy="{y}" r="2"/>')
        commands.append(f"{'L' if pen_down else 'M'}{x} {y}")
        pen_down = True
    return f'<path class="line k{index}" d="{"".join(commands)}"/>{"".join(dots)}'


def _bars(lines: Sequence[Line], axes: _Axes) -> str:
    columns = list(zip(*(line.samples for line in lines), strict=True))
    width = max((WIDTH - _LEFT - _RIGHT) / max(len(columns), 1) - 1, 1)
    parts = []
    for column in columns:
        below = 0.0
        for index, (t, value) in enumerate(column):
            if value:
                y = axes.y(below + value)
                height = round(axes.y(below) - y, 1)
                x = round(axes.x(t) - width, 1)
                parts.append(f'<rect class="bar k{index}" x="{x}" y="{y}" width="{width:.1f}" height="{height}"/>')
                below += value
    return "".join(parts)


def _hints(lines: Sequence[Line], axes: _Axes, form: Callable[[float], str]) -> str:
    """What a pointer that rests on a moment is told; browsers show `title` by themselves."""
    longest = max(lines, key=lambda line: len(line.samples))
    parts = []
    before = 0.0
    for index, (t, _) in enumerate(longest.samples):
        told = [f"{t:.0f} s"]
        for line in lines:
            value = line.samples[index][1] if index < len(line.samples) else None
            if value is not None:
                told.append(f"{line.label}: {form(value)}")
        x, width = axes.x(before), round(axes.x(t) - axes.x(before), 1)
        parts.append(
            f'<rect class="hint" x="{x}" y="{_TOP}" width="{width}" height="{HEIGHT - _TOP - _BOTTOM}">'
            f"<title>{escaped(chr(10).join(told))}</title></rect>"
        )
        before = t
    return "".join(parts)


def _legend(lines: Sequence[Line], *, bars: bool) -> str:
    shape = '<rect class="bar k{}" width="10" height="10" y="1"/>' if bars else '<path class="line k{}" d="M0 6H22"/>'
    size = f'width="{10 if bars else 22}" height="12" aria-hidden="true"'
    entries = (
        f"<span><svg {size}>{shape.format(index)}</svg>{escaped(line.label)}</span>" for index, line in enumerate(lines)
    )
    return f'<p class="legend">{"".join(entries)}</p>'


def _described(line: Line, form: Callable[[float], str]) -> str:
    known = [value for _, value in line.samples if value is not None]
    return f"{line.label} from {form(min(known))} to {form(max(known))}"
