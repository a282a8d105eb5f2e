from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.measures.building import Circumstances, result
from diag.measures.comparison import Comparison, bytes_per_update, compare, requests_per_update
from diag.measures.result import Result
from diag.measures.series import Series
from diag.measures.tally import Tally
from diag.measures.thresholds import parse_list


def busy() -> Tally:
    tally = Tally()
    tally.counters.update(
        {
            "sessions_opened": 20,
            "sessions_failed": 3,
            "messages_sent": 80,
            "messages_bytes_in": 9000,
            "messages_bytes_out": 1000,
            "updates_received": 400,
            "workers_lost": 1,
            "fallbacks": 2,
            "generator_cpu_s": 1.23456,
            "generator_rss_peak_mb": 80.5,
        }
    )
    tally.count_code("sessions_failed", "tcp-refused", 1)
    tally.count_code("sessions_failed", "origin-rejected", 2)
    tally.count_code("http_failures", "http-404", 2)
    tally.count_code("poll_requests", "GET /api/bots", 5)
    tally.labelled("poll_ms", "GET /api/bots").add_many([1.23456, 2, 3])
    tally.labelled("update_staleness_ms", "websocket").add_many([1, 2, 3])
    return tally


def polled() -> Tally:
    tally = Tally()
    tally.counters.update(
        {"http_requests": 800, "http_bytes_in": 90_000, "http_bytes_out": 10_000, "updates_received": 400}
    )
    tally.labelled("update_staleness_ms", "polling").add_many([2000, 4000, 6000])
    return tally


OF = Circumstances(scenario="websocket", users=20, run_time_s=10.00049, workers_expected=2, peak_open=19)


def built(tally: Tally, thresholds: str = "") -> Result:
    series = Series()
    series.add(1.0, tally)
    return result(tally, OF, parse_list(thresholds), series.points)


def test_contract_of_load() -> None:
    document = built(busy(), "failed_ratio(sessions) < 0.01").to_json()
    distribution = {"count", "min", "p50", "p95", "p99", "p999", "max", "mean"}
    assert document["workers"] == {"expected": 2, "lost": 1}
    assert document["sessions"] == {
        "opened": 20,
        "failed": 3,
        "failed_by_cause": {"origin-rejected": 2, "tcp-refused": 1},
        "peak_open": 19,
        "dropped": 0,
        "dropped_by_close": {},
        "dropped_by_cause": {},
    }
    for name in ("handshake_ms", "heartbeat_rtt_ms", "update_staleness_ms", "poll_ms"):
        assert set(document[name]) == distribution
    assert {"received", "sent", "bytes_in", "bytes_out", "sequence_gaps"} <= set(document["messages"])
    assert {"requests", "failures", "bytes_in", "bytes_out"} <= set(document["http"])
    assert set(document["generator"]) == {"cpu_s", "rss_peak_mb", "loop_lag_ms", "saturated"}
    assert document["thresholds"] == [{"expression": "failed_ratio(sessions) < 0.01", "value": 0.13, "ok": False}]
    assert (document["scenario"], document["users"], document["run_time_s"]) == ("websocket", 20, 10.0)
    assert document["counts"] == {"fallbacks": 2}
    assert document["causes"][0] == {"code": "http-404", "where": "http", "count": 2}
    assert document["polls"][0]["took_ms"]["min"] == 1.235


@pytest.mark.parametrize("tally", [pytest.param(busy, id="busy"), pytest.param(Tally, id="nothing happened")])
def test_written_and_read_is_the_same(tally: Callable[[], Tally]) -> None:
    found = built(tally(), "p95(handshake_ms) < 3; count(workers_lost) == 0")
    assert Result.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found


@given(st.lists(st.floats(0, 1e7), max_size=30), st.dictionaries(st.text(max_size=5), st.integers(1, 10**9)))
def test_whatever_was_measured_is_read_as_it_was_written(samples: list[float], codes: dict[str, int]) -> None:
    tally = Tally()
    tally.histograms["handshake_ms"].add_many(samples)
    for code, count in codes.items():
        tally.count_code("sessions_failed", code, count)
    found = built(tally)
    assert Result.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found


def test_result_of_a_newer_version_is_read() -> None:
    found = built(busy())
    document = found.to_json() | {"added_later": 1}
    document["sessions"] |= {"also_later": []}
    assert Result.from_json(document) == found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"sessions": None}, "sessions must be an object", id="null"),
        pytest.param({"users": "3"}, "users must be a whole number", id="text"),
        pytest.param({"users": True}, "users must be a whole number", id="boolean"),
        pytest.param({"workers": {"expected": 1}}, "workers.lost is missing", id="missing"),
        pytest.param({"causes": [{"code": 1, "where": "", "count": 1}]}, r"causes\[0\].code must be a", id="in a list"),
    ],
)
def test_what_is_no_result_is_refused_by_name(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Result.from_json(built(busy()).to_json() | change)


@pytest.mark.parametrize(
    ("tally", "thresholds", "ok"),
    [
        pytest.param(Tally, "", True, id="nothing asked"),
        pytest.param(Tally, "count(sessions_opened) == 0", True, id="held"),
        pytest.param(Tally, "count(sessions_opened) > 0", False, id="did not hold"),
        pytest.param(busy, "count(sessions_opened) > 0", False, id="held, and a worker was lost"),
    ],
)
def test_run_is_ok_when_thresholds_hold_and_nobody_was_lost(
    tally: Callable[[], Tally], thresholds: str, ok: bool
) -> None:
    assert built(tally(), thresholds).ok is ok


def test_polling_is_compared_with_sockets_update_by_update() -> None:
    websocket, polling = built(busy()), built(polled())
    found = compare(websocket, polling, server_cpu_s=(0.5, 2.0))
    assert requests_per_update(websocket) == (20 + 3 + 80) / 400
    assert requests_per_update(polling) == 2
    assert bytes_per_update(websocket) == 25
    assert found.ratios.bytes_per_update == 10
    assert found.ratios.requests_per_update == pytest.approx(2 / 0.2575, abs=0.001)
    assert found.ratios.staleness_p50 == pytest.approx(2000, rel=0.04)
    assert found.ratios.server_cpu == 4
    assert Comparison.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_nothing_to_divide_is_null() -> None:
    ratios = compare(built(Tally()), built(polled())).to_json()["ratios"]
    assert set(ratios.values()) == {None}
