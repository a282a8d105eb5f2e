"""What users call, and where it stands afterwards."""

from __future__ import annotations

from collections.abc import Callable

PAGES = """
import json, time
import scenarios.metrics
from scenarios.metrics.recorder import Recorder

recorder = Recorder()
counted = [5]
recorder.before_fold(lambda: recorder.traffic(received=counted.pop() if counted else 0, bytes_in=10))
recorder.clear()
before = dict(recorder.tally.counters)
counted.append(7)

recorder.opened(0.002)
recorder.opened(0.004)
recorder.failed("tcp-refused", 1.0)
recorder.dropped("close-going-away", 1001, 3.0)
recorder.closed(5.0)
recorder.beat_sent()
recorder.beat(0.003)
recorder.unanswered("pong-missing", 10.0)
recorder.poll("GET", "/api/bots", 0.01, 4000, 200)
recorder.poll("GET", "/api/bots", 0.01, 0, 200, code="http-404")
recorder.count("fallbacks")
recorder.gap(2)

page, blind, left = recorder.feed("websocket", 1.0), recorder.feed("polling"), recorder.feed("websocket", 1.0)
now = time.monotonic()
page.update(0.5, at=now - 3.5)
left.update(0.5, at=now - 3.5)
left.close()
blind.update(None)
blind.update(1.7e9)
recorder.flush()
print(json.dumps([before, recorder.tally.dump(), recorder.peak_open]))
"""


def test_everything_has_its_place(in_locust: Callable) -> None:
    before, tally, peak_open = in_locust(PAGES)
    assert before == {}, "what engines counted before the run is not part of it"
    assert tally["counters"] == {
        "sessions_opened": 2,
        "sessions_failed": 1,
        "sessions_dropped": 1,
        "heartbeats_sent": 1,
        "heartbeats_answered": 1,
        "heartbeats_unanswered": 1,
        "http_requests": 2,
        "http_failures": 1,
        "http_bytes_in": 4000,
        "http_bytes_out": 400,
        "fallbacks": 1,
        "sequence_gaps": 2,
        "updates_received": 4,
        "messages_received": 7,
        "messages_sent": 0,
        "messages_bytes_in": 10,
        "messages_bytes_out": 0,
    }
    assert tally["codes"] == {
        "sessions_failed": {"tcp-refused": 1},
        "sessions_dropped": {"close-going-away": 1},
        "close_codes": {"1001": 1},
        "heartbeats_unanswered": {"pong-missing": 1},
        "http_failures": {"http-404": 1},
        "poll_requests": {"GET /api/bots": 2},
        "poll_bytes_in": {"GET /api/bots": 4000},
        "poll_failures": {"GET /api/bots": 1},
    }
    assert (tally["gauges"]["open_sessions"], peak_open) == (0, 2)


def test_silence_of_a_page_that_is_there_grows_stale_and_of_one_that_left_does_not(in_locust: Callable) -> None:
    _, tally, _ = in_locust(PAGES)
    total_ms, least_ms, most_ms, *_ = tally["histograms"]["update_staleness_ms.websocket"]
    assert least_ms == 500
    assert round(most_ms) == 3500
    assert round(total_ms) == 500 + 500 + 2500 + 3500, "two arrivals, and what one page missed"
    assert "update_staleness_ms.polling" not in tally["histograms"], "an age that cannot be one is none"


HANGING = """
import json
import scenarios.metrics
from scenarios.metrics.recorder import Recorder

recorder = Recorder()
quick = [recorder.hangs("poll_ms", waited_s) for waited_s in (0.9, 1.1)]
recorder.poll("GET", "/api/bots", 2.0, 4000)
slow = [recorder.hangs("poll_ms", waited_s) for waited_s in (1.1, 2.1)]
print(json.dumps([quick, slow, recorder.hangs("handshake_ms", 1.1)]))
"""


def test_a_wait_is_in_vain_when_it_is_longer_than_any_answer_took(in_locust: Callable) -> None:
    assert in_locust(HANGING) == [[False, True], [False, True], True]
