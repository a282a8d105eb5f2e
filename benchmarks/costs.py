"""The table of what load costs: figures of both sides, the limit that was asked for, and whether it is kept. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEADINGS = ("work", "unit", "wsdiag", "peer", "ratio", "must", "aim", "verdict")


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `ours` and `theirs` are medians in `unit`, None where there is no measurement.

    The limits hold for the ratio of the two, or, when `absolute`, for our own figure.
    """

    work: str
    unit: str
    peer: str
    ours: float | None
    theirs: float | None
    must: float
    aim: float | None = None
    absolute: bool = False

    @property
    def value(self) -> float | None:
        """What the limits are about."""
        if self.ours is None or self.absolute:
            return self.ours
        return self.ours / self.theirs if self.theirs else None

    @property
    def kept(self) -> bool:
        """Whether the must is. What was not measured is not kept."""
        return self.value is not None and self.value <= self.must

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if self.value is None:
            return "not measured"
        if not self.kept:
            return "MISSED"
        return "aim" if self.aim is not None and self.value <= self.aim else "must"


def table(rows: Sequence[Row]) -> str:
    """Markdown, padded: a README can take it as it is."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    head, *body = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in cells]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([head, rule, *body])


def _cells(row: Row) -> tuple[str, ...]:
    unit = f" {row.unit}" if row.absolute else ""
    value = "-" if row.value is None else f"{row.value:.{1 if row.absolute else 2}f}{unit}"
    must, aim = (f"≤ {limit:g}{unit}" if limit is not None else "" for limit in (row.must, row.aim))
    peer = f"{row.peer} {_figure(row.theirs)}" if row.peer else ""
    return (row.work, row.unit, _figure(row.ours), peer, value, must, aim, row.verdict)


def _figure(number: float | None) -> str:
    """Three digits that count: 1.83, 25.6, 256."""
    if number is None:
        return "-"
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
