"""What users measure, on its way from their greenlets to Locust's tables, the thresholds and the result file.

For users and engines::

    from scenarios.metrics import record

    record.opened(took_s)                         # a handshake opened: WS connect
    record.failed(code, took_s)                   # it did not: WS connect, failed
    record.closed(lived_s)                        # we ended the session
    record.dropped(code, close_code, lived_s)     # it ended without our doing: WS session, failed
    record.beat_sent()                            # a heartbeat went out
    record.beat(rtt_s, size)                      # its answer came, from the intended time of sending: WS heartbeat
    record.unanswered(code, waited_s)             # it did not: WS heartbeat, failed
    record.poll(method, path, took_s, size_in, size_out, code)   # a request of the fallback; code None when it was ok
    record.traffic(received, sent, bytes_in, bytes_out)          # of sockets, since the last call; in bulk
    record.before_fold(callback)                  # called twice a second: the place to call traffic() from
    record.count(name, n)                         # anything else that is counted
    feed = record.feed("websocket")               # one for each page, kept while the page reconnects
    feed.update(age_s, gap=0)                     # an update came, so old by the server's timestamp (None without one)
    feed.close()                                  # the page is left

All of it is O(1) and cheap enough to be called for every message. `record` is the process's; a run clears it.
Successes reach Locust's own tables in batches twice a second (`fold`), failures as events at once; `--wsdiag-events`
fires an event for every success too, for listeners of `events.request` that want each of them.

For reports, web UI and `wsdiag load`, on the process that leads the run (the only one, or the master)::

    from scenarios.metrics import run             # None before the first test_start, and always on workers

    run().series.points                           # tuple of diag.measures.series.Point, one a second
    run().tally()                                 # the merged diag.measures.tally.Tally, now
    run().result()                                # the diag.measures.result.Result: so far, or final when it has ended

`--wsdiag-threshold "EXPR; EXPR"` replaces the thresholds of wsdiag.yaml, `--wsdiag-out FILE` writes the final result
as JSON, atomically, also after SIGINT, SIGTERM and a threshold with `abort: true`. The exit code is 1 when a threshold
fails, a worker is lost or a user has raised; with thresholds it is 0 otherwise, whatever single requests failed;
without any, Locust decides. A threshold that cannot be understood ends the process with one line and 2.
`--reset-stats` resets Locust's tables only: the result covers the whole run.

`install()` does the wiring, once; importing `scenarios.user` calls it.
"""

from __future__ import annotations

from scenarios.metrics.recorder import Recorder
from scenarios.metrics.shared import record
from scenarios.metrics.wiring import install, run

__all__ = ["Recorder", "install", "record", "run"]
