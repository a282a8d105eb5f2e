"""What one process has counted and timed since the start of its run, and the sum over several of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from diag.measures.histogram import Histogram

CODES_LIMIT = 50
"""Distinct codes in one family. Servers choose close codes, and what they answer chooses causes."""
CODE_LENGTH = 60
LABELS_LIMIT = 20
"""Distinct labels of one histogram, such as the requests that are polled."""
OTHER = "other"


@dataclass(slots=True)
class Tally:
    """Always since the start of the run: the newest state replaces an older one, and a lost one loses nothing.

    `codes` holds counts by family (`sessions_failed`) and code (`tcp-refused`).
    """

    counters: dict[str, float] = field(default_factory=lambda: defaultdict(int))
    gauges: dict[str, float] = field(default_factory=dict)
    codes: dict[str, dict[str, int]] = field(default_factory=dict)
    histograms: dict[str, Histogram] = field(default_factory=lambda: defaultdict(Histogram))

    def count_code(self, family: str, code: str, times: int = 1) -> None:
        """One more of that code; `other` when the family is full."""
        counts = self.codes.setdefault(family, {})
        if code in counts:
            counts[code] += times
            return
        shown = "".join(char if char.isprintable() else "?" for char in code[:CODE_LENGTH])
        if shown not in counts and len(counts) >= CODES_LIMIT:
            shown = OTHER
        counts[shown] = counts.get(shown, 0) + times

    def labelled(self, name: str, label: str) -> Histogram:
        """The histogram of that name and label; the one labelled `other` when there are too many."""
        key = f"{name}.{label[:CODE_LENGTH]}"
        if key not in self.histograms and len(self.labels(name)) >= LABELS_LIMIT:
            key = f"{name}.{OTHER}"
        return self.histograms[key]

    def labels(self, name: str) -> dict[str, Histogram]:
        """A histogram's parts by label."""
        prefix = f"{name}."
        return {key.removeprefix(prefix): part for key, part in self.histograms.items() if key.startswith(prefix)}

    def trend(self, name: str) -> Histogram:
        """The histogram of that name, all labels together."""
        whole = Histogram()
        for part in (self.histograms.get(name), *self.labels(name).values()):
            if part is not None:
                whole.merge(part)
        return whole

    def dump(self) -> dict[str, Any]:
        """The state as dicts, lists and numbers, for msgpack and JSON."""
        return {
            "counters": dict(self.counters),
            "gauges": dict(self.gauges),
            "codes": {family: dict(counts) for family, counts in self.codes.items()},
            "histograms": {name: histogram.dump() for name, histogram in self.histograms.items()},
        }

    @staticmethod
    def load(dumped: Mapping[str, Any]) -> Tally:
        """What `dump` made, whatever else is in it; ValueError for what cannot be one.

        Names that are not known here are kept: a worker may be newer than its master.
        """
        try:
            tally = Tally()
            tally.counters.update({str(name): _number(value) for name, value in dumped["counters"].items()})
            tally.gauges.update({str(name): _number(value) for name, value in dumped["gauges"].items()})
            for name, histogram in dumped["histograms"].items():
                tally.histograms[str(name)] = Histogram.load(histogram)
            for family, counts in dumped["codes"].items():
                for code, count in counts.items():
                    tally.count_code(str(family), str(code), int(count))
        except (AttributeError, KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"is not a process's state: {error!r}") from None
        return tally

    def absorb(self, other: Tally, *, alive: bool = True) -> None:
        """Adds another process's state. What it has counted has happened; its gauges count only while it is alive."""
        for name, value in other.counters.items():
            self.counters[name] += value
        for family, counts in other.codes.items():
            for code, count in counts.items():
                self.count_code(family, code, count)
        for name, histogram in other.histograms.items():
            self.histograms[name].merge(histogram)
        if alive:
            for name, value in other.gauges.items():
                self.gauges[name] = self.gauges.get(name, 0) + value


def merge(tallies: Mapping[str, Tally], missing: Collection[str] = ()) -> Tally:
    """The run's state from the newest one of every process ever seen, by its id; gauges only of those not missing."""
    whole = Tally()
    for node, tally in tallies.items():
        whole.absorb(tally, alive=node not in missing)
    return whole


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN
        raise TypeError("not a number")
    return value
