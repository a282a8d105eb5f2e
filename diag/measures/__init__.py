"""What a load run measures, as values: pure, without Locust, gevent or I/O, so that the CLI reads results without them.

* `histogram.Histogram`: times in milliseconds in log-linear buckets, at most 1.6 % wrong in every quantile; merges and
  subtracts. `add(ms)`, `add_many`, `merge(other)`, `minus(older)`, `quantile(0.99)`, `dump()` and
  `Histogram.load(dumped)`.
* `tally.Tally`: the state of one process since the start of its run: `counters`, `gauges`, `codes` (counts by family
  and code) and `histograms`, all by name. `dump()` is a small dict for msgpack and JSON, always cumulative, never a
  delta: a report that is lost loses nothing. `merge(dumps, alive)` is the run's: gauges are of those alive only.
* `metrics`: the names that thresholds know, and what each one is.
* `staleness.Feed`: one page's updates: their ages on arrival, and those that were due and did not come.
* `health.Saturation`: whether the generator was too busy for its figures to be the target's.
* `thresholds.parse("p95(heartbeat_rtt_ms) < 200")` is a `Threshold`, or a ValueError that says what is wrong;
  `.judge(tally, elapsed_s)` is a `Judged(expression, value, ok)`.
* `series.Series`: `add(t, tally)` makes one `Point` of what happened since the last one, for charts; bounded.
* `result.Result`: what `wsdiag load` promises as JSON; `to_json()` and `Result.from_json(...)` agree exactly.
  `building.result(tally, ...)` makes one. `comparison.Comparison`: two of them and their ratios, for `wsdiag compare`.
"""
