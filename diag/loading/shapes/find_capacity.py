"""Raises the load until a threshold breaks, backs off, and closes in on the highest load that holds. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from diag.measures.histogram import Histogram
from diag.measures.tally import Tally
from diag.measures.thresholds import Judged, Threshold

GROWTH = 1.5
_START_SHARE = 0.1
_CLOSE_SHARE = 0.05


class Search:
    """`level` users are to be tried; `judge` says how it went. Over when `done`, with `held` as the answer.

    `held` is the highest level that was tried and held, below every level that broke; 0 when none did. A level that
    once broke is not tried again.
    """

    def __init__(self, most: int) -> None:
        """Looks no further than `most` users."""
        self._most = most
        self.level = max(1, round(most * _START_SHARE))
        self.held = 0
        self.broke: int | None = None
        self.done = False

    def judge(self, *, held: bool) -> None:
        """The level has been tried: moves to the next one."""
        if held:
            self.held = self.level
        else:
            self.broke = self.level
        if self.broke is None:
            self.done = self.level >= self._most
            self.level = min(max(int(self.level * GROWTH), self.level + 1), self._most)
        else:
            self.done = self.broke - self.held <= max(1, round(self.held * _CLOSE_SHARE))
            self.level = max((self.held + self.broke) // 2, 1)


def window(before: Tally, now: Tally) -> Tally:
    """What happened between two states of one run; gauges are those of the later one."""
    found = Tally()
    found.gauges.update(now.gauges)
    found.counters.update({name: value - before.counters.get(name, 0) for name, value in now.counters.items()})
    for family, counts in now.codes.items():
        known = before.codes.get(family, {})
        found.codes[family] = {code: count - known.get(code, 0) for code, count in counts.items()}
    for name, histogram in now.histograms.items():
        found.histograms[name] = histogram.minus(before.histograms.get(name, Histogram()))
    return found


def broken(thresholds: Iterable[Threshold], before: Tally, now: Tally, span_s: float) -> Judged | None:
    """The first threshold that does not hold in a window. One that has nothing to measure there says nothing."""
    happened = window(before, now)
    judged = (threshold.judge(happened, span_s) for threshold in thresholds)
    return next((one for one in judged if one.value is not None and not one.ok), None)
