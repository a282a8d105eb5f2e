from __future__ import annotations

import json

import pytest

from diag.measures.tally import CODES_LIMIT, LABELS_LIMIT, Tally, merge


def worker(beats_ms: list[float], opened: int = 1) -> Tally:
    tally = Tally()
    tally.counters["sessions_opened"] += opened
    tally.gauges["open_sessions"] = opened
    tally.count_code("sessions_failed", "tcp-refused", 2)
    tally.histograms["heartbeat_rtt_ms"].add_many(beats_ms)
    return tally


def test_run_is_the_sum_of_its_processes() -> None:
    whole = merge({"a": worker([1, 2, 3]), "b": worker([100], opened=4)})
    assert whole.counters["sessions_opened"] == 5
    assert whole.gauges["open_sessions"] == 5
    assert whole.codes == {"sessions_failed": {"tcp-refused": 4}}
    assert whole.trend("heartbeat_rtt_ms").count == 4
    assert whole.trend("heartbeat_rtt_ms").quantile(1) == 100


def test_of_a_missing_worker_what_it_counted_stays_and_its_sessions_are_closed() -> None:
    whole = merge({"a": worker([1]), "dead": worker([2], opened=7)}, missing={"dead"})
    assert whole.counters["sessions_opened"] == 8
    assert whole.trend("heartbeat_rtt_ms").count == 2
    assert whole.gauges["open_sessions"] == 1


def test_merging_leaves_the_parts_alone() -> None:
    part = worker([1])
    merge({"a": part, "b": worker([2])})
    assert part == worker([1])


def test_dumped_and_loaded_is_the_same_and_other_keys_do_not_matter() -> None:
    tally = worker([0.3, 5, 700])
    tally.counters["of_a_newer_version"] = 3
    dumped = json.loads(json.dumps({"run": "x", **tally.dump()}))
    assert Tally.load(dumped) == tally


@pytest.mark.parametrize(
    "dumped",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"counters": [], "gauges": {}, "codes": {}, "histograms": {}}, id="a list of counters"),
        pytest.param({"counters": {"a": "1"}, "gauges": {}, "codes": {}, "histograms": {}}, id="text for a number"),
        pytest.param({"counters": {"a": float("nan")}, "gauges": {}, "codes": {}, "histograms": {}}, id="NaN"),
        pytest.param({"counters": {}, "gauges": {}, "codes": {}, "histograms": {"h": [1]}}, id="no histogram"),
        pytest.param({"counters": {}, "gauges": {}, "codes": {"f": 1}, "histograms": {}}, id="no codes"),
    ],
)
def test_what_is_no_state_is_refused(dumped: dict) -> None:
    with pytest.raises(ValueError, match="is not a"):
        Tally.load(dumped)


def test_server_that_makes_up_codes_does_not_fill_the_memory() -> None:
    tally = Tally()
    for number in range(10 * CODES_LIMIT):
        tally.count_code("sessions_dropped", f"close-{number}")
    codes = tally.codes["sessions_dropped"]
    assert len(codes) == CODES_LIMIT + 1
    assert codes["other"] == 9 * CODES_LIMIT
    assert sum(codes.values()) == 10 * CODES_LIMIT


def test_code_is_cut_short_and_printable() -> None:
    tally = Tally()
    tally.count_code("sessions_dropped", "\x1b[31m" + "x" * 500)
    (code,) = tally.codes["sessions_dropped"]
    assert code == "?[31m" + "x" * 55


def test_labels_stand_together_under_their_name_and_end_somewhere() -> None:
    tally = Tally()
    for number in range(2 * LABELS_LIMIT):
        tally.labelled("poll_ms", f"GET /api/{number}").add(1)
    assert len(tally.labels("poll_ms")) == LABELS_LIMIT + 1
    assert tally.labels("poll_ms")["other"].count == LABELS_LIMIT
    assert tally.trend("poll_ms").count == 2 * LABELS_LIMIT
