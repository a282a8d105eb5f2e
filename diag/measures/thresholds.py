"""Thresholds as text, as k6 writes them: `p95(heartbeat_rtt_ms) < 200`, `failed_ratio(sessions) < 0.01`.

    p50 … p99.9, min, max, mean, avg, med    of a histogram, in milliseconds
    count, rate                              of a counter, or of a histogram's samples; rate is per second
    failed_ratio                             of sessions, http, heartbeats: from 0 to 1

The comparison is <, <=, >, >=, == or !=, and the bound is a number. A percentile or ratio of nothing does not hold: a
run in which no heartbeat was ever answered must not pass because it has no slow one.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from diag.measures.metrics import COUNTERS, RATIOS, TRENDS
from diag.measures.tally import Tally

_EXPRESSION = re.compile(r"\s*([a-z_]+[0-9.]*)\s*\(\s*([^()]*?)\s*\)\s*(<=|>=|==|!=|<|>)\s*(\S+)\s*", re.ASCII)
_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{1,3})?)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_QUANTILES = {"min": 0.0, "med": 0.5, "max": 1.0}
_MEANS = ("mean", "avg")
_AMOUNTS = ("count", "rate")
_FUNCTIONS = ("p95", *_QUANTILES, *_MEANS, *_AMOUNTS, "failed_ratio")


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a threshold. `value` is None when there was nothing to measure; then it does not hold."""

    expression: str
    value: float | None
    ok: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """One bound. `abort` ends the run as soon as it does not hold, from `delay_s` seconds after the start on."""

    expression: str
    function: str
    metric: str
    comparison: str
    bound: float
    abort: bool = False
    delay_s: float = 0.0

    def judge(self, tally: Tally, elapsed_s: float) -> Judged:
        """Whether it holds for that state of a run, so many seconds after its start."""
        value = self._value(tally, elapsed_s)
        return Judged(self.expression, value, value is not None and _COMPARE[self.comparison](value, self.bound))

    def breaks(self, tally: Tally, elapsed_s: float) -> bool:
        """Whether it ends the run now. What has no value yet may still get one."""
        if not self.abort or elapsed_s < self.delay_s:
            return False
        judged = self.judge(tally, elapsed_s)
        return judged.value is not None and not judged.ok

    def _value(self, tally: Tally, elapsed_s: float) -> float | None:
        if self.function == "failed_ratio":
            failed, whole = RATIOS[self.metric]
            everything = sum(tally.counters.get(name, 0) for name in whole)
            return tally.counters.get(failed, 0) / everything if everything else None
        if self.function in _AMOUNTS:
            known = self.metric in COUNTERS
            amount = tally.counters.get(self.metric, 0) if known else tally.trend(self.metric).count
            return amount if self.function == "count" else amount / elapsed_s if elapsed_s > 0 else 0.0
        histogram = tally.trend(self.metric)
        return histogram.mean if self.function in _MEANS else histogram.quantile(_share(self.function))


def parse(text: str, *, abort: bool = False, delay_s: float = 0.0) -> Threshold:
    """The threshold that a text stands for; ValueError says in one line what is wrong with it."""
    match = _EXPRESSION.fullmatch(text) if len(text) <= 200 else None
    if match is None:
        raise ValueError(f"{_quoted(text)} is not a threshold (like p95(heartbeat_rtt_ms) < 200)")
    function, metric, comparison, number = match.groups()
    if _NUMBER.fullmatch(number) is None:
        raise ValueError(f"{_quoted(text)}: {_quoted(number)} is not a number")
    try:
        known = _metrics_of(function)
    except ValueError as error:
        raise ValueError(f"{_quoted(text)}: {error}") from None
    if metric not in known:
        raise ValueError(f"{_quoted(text)}: {_unknown_metric(function, metric, known)}")
    return Threshold(" ".join(text.split()), function, metric, comparison, float(number), abort, delay_s)


def parse_list(text: str) -> tuple[Threshold, ...]:
    """Several in one line, with semicolons between them; "" is none."""
    return tuple(parse(part) for part in text.split(";") if part.strip())


def judge(thresholds: Iterable[Threshold], tally: Tally, elapsed_s: float) -> tuple[Judged, ...]:
    """All of them, in their order."""
    return tuple(threshold.judge(tally, elapsed_s) for threshold in thresholds)


def _metrics_of(function: str) -> tuple[str, ...]:
    """What a function can be asked of."""
    if function == "failed_ratio":
        return tuple(RATIOS)
    if function in _AMOUNTS:
        return (*COUNTERS, *TRENDS)
    if function in (*_QUANTILES, *_MEANS) or (_PERCENTILE.fullmatch(function) and _share(function) <= 1):
        return tuple(TRENDS)
    if _PERCENTILE.fullmatch(function):
        raise ValueError(f"{function} is no percentile: they end at p100")
    raise ValueError(f"there is no function {_quoted(function)}{_close(function, _FUNCTIONS)}")


def _unknown_metric(function: str, metric: str, known: tuple[str, ...]) -> str:
    if metric in (*COUNTERS, *TRENDS, *RATIOS):
        fitting = "count or rate" if metric in COUNTERS else "failed_ratio" if metric in RATIOS else "p95, mean or max"
        return f"{function} cannot be asked of {metric}, only {fitting}"
    return f"there is no metric {_quoted(metric)}{_close(metric, known)}"


def _share(function: str) -> float:
    return _QUANTILES[function] if function in _QUANTILES else float(function[1:]) / 100


def _close(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    close = get_close_matches(word, known, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(close)}?" if close else f"; there are {', '.join(known)}"


def _quoted(text: Any) -> str:
    """Foreign text on one line, printable, 60 characters at most."""
    cut = text if len(text) <= 60 else f"{text[:60]}…"
    return '"' + "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut) + '"'
