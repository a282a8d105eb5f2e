"""Times in log-linear buckets: as exact as a percentile needs, small enough to send every second, and they merge.

Percentiles of several processes cannot be averaged; buckets can be added. Each octave has 32 linear buckets, so none
is wider than 1/32 of its lower end, and its middle is at most 1/64 = 1.6 % from whatever fell into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil, frexp, inf, ldexp

SHORTEST = 0.001
"""What is shorter counts as this: a microsecond, where values are milliseconds."""
LONGEST = float(1 << 28)
"""What is longer counts as this: three days, where values are milliseconds. There are 1,217 buckets up to it."""

_LOWEST_BUCKET = (frexp(SHORTEST)[1] << 5) + int(frexp(SHORTEST)[0] * 64)
_HIGHEST_BUCKET = (frexp(LONGEST)[1] << 5) + int(frexp(LONGEST)[0] * 64)


@dataclass(slots=True)
class Histogram:
    """Counts by bucket, with exact count, sum, least and largest. Values are milliseconds everywhere in wsdiag."""

    buckets: dict[int, int] = field(default_factory=dict)
    total: float = 0.0
    least: float = LONGEST
    most: float = 0.0

    def add(self, value: float) -> None:
        """One sample. What is no time at all (NaN, infinite, negative) is left out.

        It is called for every message of a run: a frexp and a dict entry, and nothing that could raise.
        """
        if not 0.0 <= value <= LONGEST:
            if not LONGEST < value < inf:
                return
            value = LONGEST
        mantissa, exponent = frexp(value if value > SHORTEST else SHORTEST)  # noqa: FURB136 - a call takes longer
        bucket = (exponent << 5) + int(mantissa * 64)
        try:
            self.buckets[bucket] += 1
        except KeyError:
            self.buckets[bucket] = 1
        self.total += value
        if value < self.least:  # noqa: PLR1730
            self.least = value
        if value > self.most:  # noqa: PLR1730
            self.most = value

    def add_many(self, values: Iterable[float]) -> None:
        """Each of the samples."""
        for value in values:
            self.add(value)

    def merge(self, other: Histogram) -> None:
        """Adds all samples of another one, as if they had been added here."""
        buckets = self.buckets
        for bucket, count in other.buckets.items():
            buckets[bucket] = buckets.get(bucket, 0) + count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)

    def minus(self, older: Histogram) -> Histogram:
        """What came since an older state of the same histogram.

        Its least and largest are known to the bucket only. Where `older` is not an older state (a run was cleared in
        between), nothing is negative: such a bucket counts as empty.
        """
        grown = {bucket: count - older.buckets.get(bucket, 0) for bucket, count in self.buckets.items()}
        buckets = {bucket: count for bucket, count in grown.items() if count > 0}
        if not buckets:
            return Histogram()
        least = max(_start(min(buckets)) if min(buckets) > _LOWEST_BUCKET else 0.0, self.least)
        most = min(_start(max(buckets) + 1), self.most)
        return Histogram(buckets, max(self.total - older.total, 0.0), least, most)

    def quantile(self, share: float) -> float | None:
        """The smallest value that at least that share (0 to 1) of the samples do not exceed, within 1.6 %.

        None without samples. 0 and 1 are the least and the largest, exactly.
        """
        count = self.count
        if not count:
            return None
        if share <= 0:
            return self.least
        if share >= 1:
            return self.most
        # 0.07 * 100 is 7.000000000000001 in floats, and would be the eighth of a hundred.
        rank = ceil(round(share * count, 6))
        order = sorted(self.buckets)
        reached = accumulate(self.buckets[bucket] for bucket in order)
        bucket = next((bucket for bucket, seen in zip(order, reached, strict=True) if seen >= rank), order[-1])
        middle = (_start(bucket) + _start(bucket + 1)) / 2
        return min(max(middle, self.least), self.most)

    @property
    def count(self) -> int:
        """How many samples there are."""
        return sum(self.buckets.values())

    @property
    def mean(self) -> float | None:
        """The exact mean; None without samples."""
        count = self.count
        return self.total / count if count else None

    def dump(self) -> list[float]:
        """For msgpack and JSON: sum, least, largest, then each bucket's distance from the one before, and its count.

        Two hundred buckets take less than a kilobyte in msgpack.
        """
        dumped: list[float] = [self.total, self.least, self.most]
        before = 0
        for bucket in sorted(self.buckets):
            dumped += (bucket - before, self.buckets[bucket])
            before = bucket
        return dumped

    @staticmethod
    def load(dumped: Sequence[float]) -> Histogram:
        """What `dump` made; ValueError when it did not."""
        if len(dumped) < 3 or len(dumped) % 2 == 0:
            raise ValueError("is not a histogram")
        total, least, most = dumped[:3]
        order = list(accumulate(int(step) for step in dumped[3::2]))
        counts = [int(count) for count in dumped[4::2]]
        buckets = dict(zip(order, counts, strict=True))
        if any(not _LOWEST_BUCKET <= bucket <= _HIGHEST_BUCKET for bucket in order) or any(n < 1 for n in counts):
            raise ValueError("is not a histogram")
        return Histogram(buckets, total, least, most)


def _start(bucket: int) -> float:
    """Where a bucket begins: the inverse of what `add` computes.

    A mantissa from 0.5 up makes 32 to 63 of it; the 32 carries into the exponent above the five low bits.
    """
    return ldexp((bucket & 31) / 64 + 0.5, (bucket >> 5) - 1)
