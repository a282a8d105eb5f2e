"""Round trips as a chart of block characters, the newest on the right. Pure."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = " ▁▂▃▄▅▆▇█"
LOST = "x"


def chart(outcomes: Sequence[float | None], width: int, height: int) -> tuple[list[str], float]:
    """`height` lines of `width` characters, and the round trip in milliseconds that fills a column.

    None is a lost beat: a cross at the bottom. Columns grow from zero, so that twice as high is twice as long.
    """
    shown = list(outcomes)[-width:]
    top = max((rtt for rtt in shown if rtt is not None), default=0.0)
    columns = [_column(rtt, top, height) for rtt in shown]
    rows = ["".join(column[row] for column in columns).rjust(width) for row in range(height)]
    return rows, top


def _column(rtt: float | None, top: float, height: int) -> str:
    """One column from top to bottom. The shortest round trip still shows: no mark at all is no beat at all."""
    if rtt is None:
        return " " * (height - 1) + LOST
    filled = max(1, round(rtt / top * height * 8)) if top > 0 else 1
    eighths = (min(8, max(0, filled - 8 * below)) for below in reversed(range(height)))
    return "".join(BLOCKS[count] for count in eighths)
