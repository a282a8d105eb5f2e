"""Successes into Locust's own tables, many at a time.

An event for each costs 3 us, most of a heartbeat's price; adding a batch to the two entries that it belongs to costs a
tenth of it for each. What Locust cannot tell apart afterwards: every figure of its tables is the same, but a request
counts for the second in which its batch was added, and listeners of `events.request` do not hear of it.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from locust import stats as locust_stats


@dataclass(slots=True)
class _Batch:
    times_ms: list[float] = field(default_factory=list)
    size: int = 0


class Fold:
    """The successes since the last time, by request type and name. For use by greenlets of one thread only."""

    def __init__(self) -> None:
        """Without any."""
        self._batches: dict[tuple[str, str], _Batch] = defaultdict(_Batch)

    def add(self, request_type: str, name: str, took_ms: float, size: int) -> None:
        """One more."""
        self.extend(request_type, name, (took_ms,), size)

    def extend(self, request_type: str, name: str, times_ms: Iterable[float], size: int) -> None:
        """Several, with their bytes in all."""
        batch = self._batches[request_type, name]
        batch.times_ms.extend(times_ms)
        batch.size += size

    def into(self, stats: Any) -> None:
        """Adds all of them to Locust's RequestStats, as its `log_request` would have one by one."""
        batches, self._batches = self._batches, defaultdict(_Batch)
        now = time.time()
        for (request_type, name), batch in batches.items():
            buckets = Counter(map(locust_stats.bucket_response_time, batch.times_ms))
            for entry in (stats.total, stats.entries[name, request_type]):
                _extend(entry, batch, buckets, now)

    def discard(self) -> None:
        """Forgets them, as `--reset-stats` forgets what was before the last user was there."""
        self._batches.clear()


def _extend(entry: Any, batch: _Batch, buckets: Counter[float], now: float) -> None:
    """What StatsEntry.log does, for all of a batch at once, with its own fields."""
    second, last = int(now), entry.last_request_timestamp
    if entry.use_response_times_cache and last and second > int(last):
        entry._cache_response_times(second - 1)
    count = len(batch.times_ms)
    least, most = min(batch.times_ms), max(batch.times_ms)
    entry.num_requests += count
    entry.num_reqs_per_sec[second] += count
    entry.last_request_timestamp = now
    entry.total_response_time += sum(batch.times_ms)
    entry.min_response_time = least if entry.min_response_time is None else min(entry.min_response_time, least)
    entry.max_response_time = max(entry.max_response_time, most)
    entry.total_content_length += batch.size
    for bucket, times in buckets.items():
        entry.response_times[bucket] += times
