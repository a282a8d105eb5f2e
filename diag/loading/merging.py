"""Several runs of the same plan as one result. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from statistics import median
from typing import Any

from diag.measures.result import Cause, Poll, Result, Summary
from diag.measures.series import Point
from diag.measures.thresholds import Judged

_GREATEST = ("users", "peak_open", "rss_peak_mb", "expected")


def merged(results: Sequence[Result]) -> Result:
    """Counts and times are added, extremes kept, and a percentile is the median of the runs' own: percentiles of
    several runs cannot be had from percentiles. ValueError without a result."""
    if not results:
        raise ValueError("there is no result to merge")
    first = results[0]
    values = {
        field.name: _merged(field.name, [getattr(each, field.name) for each in results]) for field in fields(first)
    }
    values |= {
        "thresholds": _thresholds([judged for each in results for judged in each.thresholds]),
        "polls": _polls([poll for each in results for poll in each.polls]),
        "causes": _causes([cause for each in results for cause in each.causes]),
        "series": _series(results),
    }
    return replace(first, **values)


def _merged(name: str, values: Sequence[Any]) -> Any:
    """One field of all runs. What is the same thing everywhere, such as the scenario's name, is the first one's."""
    first = values[0]
    match first:
        case Summary():
            return _summary(values)
        case bool():
            return any(values)
        case int() | float():
            return max(values) if name in _GREATEST else sum(values)
        case Mapping():
            return _mapping(name, values)
        case _ if is_dataclass(first):
            return replace(
                first,
                **{  # type: ignore[type-var]
                    field.name: _merged(field.name, [getattr(value, field.name) for value in values])
                    for field in fields(first)
                },
            )
        case _:
            return first


def _mapping(name: str, values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    keys = dict.fromkeys(key for value in values for key in value)
    return {key: _merged(name, [value[key] for value in values if key in value]) for key in keys}


def _summary(summaries: Sequence[Summary]) -> Summary:
    count = sum(each.count for each in summaries)
    if not count:
        return Summary()
    known = [each for each in summaries if each.count]
    return Summary(
        count=count,
        min=min(_of(known, "min"), default=None),
        max=max(_of(known, "max"), default=None),
        mean=sum(each.count * (each.mean or 0.0) for each in known) / count,
        **{name: median(_of(known, name) or [0.0]) for name in ("p50", "p95", "p99", "p999")},
    )


def _of(summaries: Iterable[Summary], name: str) -> list[float]:
    return [value for value in (getattr(each, name) for each in summaries) if value is not None]


def _thresholds(judged: Iterable[Judged]) -> tuple[Judged, ...]:
    """Each one holds where it held in every run; else its value is one with which it did not."""
    worst: dict[str, Judged] = {}
    for each in judged:
        if worst.setdefault(each.expression, each).ok and not each.ok:
            worst[each.expression] = each
    return tuple(worst.values())


def _polls(polls: Iterable[Poll]) -> tuple[Poll, ...]:
    by_name: dict[str, list[Poll]] = {}
    for poll in polls:
        by_name.setdefault(poll.name, []).append(poll)
    return tuple(_merged("", each) for each in by_name.values())


def _causes(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    counts = Counter[tuple[str, str]]()
    for cause in causes:
        counts[cause.code, cause.where] += cause.count
    return tuple(Cause(code, where, count) for (code, where), count in counts.most_common())


def _series(results: Sequence[Result]) -> tuple[Point, ...]:
    """One behind the other, on a clock that stands still between the runs."""
    points: list[Point] = []
    before = 0.0
    for result in results:
        points += [replace(point, t=round(before + point.t, 3)) for point in result.series]
        before += result.run_time_s
    return tuple(points)
