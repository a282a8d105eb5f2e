from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.measures.tally import Tally
from diag.measures.thresholds import judge, parse, parse_list


@pytest.fixture
def tally() -> Tally:
    """100 beats from 1 to 100 ms; 8 handshakes opened and 2 failed; 500 messages; polls of two kinds."""
    found = Tally()
    found.histograms["heartbeat_rtt_ms"].add_many(float(number) for number in range(1, 101))
    found.counters.update({"sessions_opened": 8, "sessions_failed": 2, "messages_received": 500})
    found.labelled("poll_ms", "GET /a").add(10)
    found.labelled("poll_ms", "GET /b").add(30)
    return found


@pytest.mark.parametrize(
    ("expression", "value", "ok"),
    [
        pytest.param("p95(heartbeat_rtt_ms) < 200", 95, True, id="percentile"),
        pytest.param("p99.9(heartbeat_rtt_ms) < 50", 100, False, id="percentile with decimals"),
        pytest.param("min(heartbeat_rtt_ms) >= 1", 1, True, id="min"),
        pytest.param("max(heartbeat_rtt_ms) <= 100", 100, True, id="max"),
        pytest.param("avg(heartbeat_rtt_ms) == 50.5", 50.5, True, id="avg"),
        pytest.param("mean(heartbeat_rtt_ms) != 50.5", 50.5, False, id="mean"),
        pytest.param("med(heartbeat_rtt_ms) < 40", 50, False, id="med"),
        pytest.param("mean(poll_ms) < 25", 20, True, id="all requests together"),
        pytest.param("count(heartbeat_rtt_ms) > 99", 100, True, id="count of samples"),
        pytest.param("count(workers_lost) == 0", 0, True, id="counter that never counted"),
        pytest.param("rate(messages_received) > 100", 50, False, id="per second"),
        pytest.param("failed_ratio(sessions) < 0.2", 0.2, False, id="ratio"),
        pytest.param("  p95( heartbeat_rtt_ms )<200 ", 95, True, id="spaces"),
    ],
)
def test_threshold_against_what_was_measured(tally: Tally, expression: str, value: float, ok: bool) -> None:
    judged = parse(expression).judge(tally, elapsed_s=10.0)
    assert judged.value == pytest.approx(value, rel=1 / 64)
    assert judged.ok is ok


@pytest.mark.parametrize(
    ("expression", "ok"),
    [
        pytest.param("p95(handshake_ms) < 1000000", False, id="percentile of nothing"),
        pytest.param("failed_ratio(http) < 1", False, id="ratio of nothing"),
        pytest.param("mean(poll_ms) != 3", False, id="even when it must merely differ"),
        pytest.param("count(http_requests) == 0", True, id="a count of nothing is 0"),
        pytest.param("rate(updates_received) < 1", True, id="so is a rate"),
    ],
)
def test_nothing_measured_holds_for_counts_only(expression: str, ok: bool) -> None:
    assert parse(expression).judge(Tally(), elapsed_s=10.0).ok is ok


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        pytest.param(
            "p95(heartbeat_rtt) < 200",
            'there is no metric "heartbeat_rtt"; did you mean heartbeat_rtt_ms?',
            id="misspelt metric",
        ),
        pytest.param("q95(poll_ms) < 2", 'there is no function "q95"; did you mean p95?', id="misspelt function"),
        pytest.param("p999(poll_ms) < 2", "p999 is no percentile: they end at p100", id="percentile beyond the end"),
        pytest.param("p95(sessions_opened) < 2", "p95 cannot be asked of sessions_opened, only count", id="counter"),
        pytest.param("rate(sessions) < 2", "rate cannot be asked of sessions, only failed_ratio", id="ratio"),
        pytest.param("failed_ratio(poll_ms) < 2", "failed_ratio cannot be asked of poll_ms", id="trend"),
        pytest.param("p95(poll_ms) < 200ms", '"200ms" is not a number', id="unit"),
        pytest.param("p95(poll_ms) < nan", '"nan" is not a number', id="nan"),
        pytest.param("p95(poll_ms)", "is not a threshold (like p95(heartbeat_rtt_ms) < 200)", id="no bound"),
        pytest.param("__import__('os')", "is not a threshold", id="code"),
        pytest.param("p95(poll_ms) < 1\n2", "is not a threshold", id="two lines"),
        pytest.param("", "is not a threshold", id="nothing"),
    ],
)
def test_what_cannot_be_understood_says_what_and_what_would_be(expression: str, message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is looked at below
        parse(expression)
    assert message in str(refused.value)
    assert str(refused.value).isprintable()


@given(st.text(max_size=300))
def test_any_text_is_a_threshold_or_a_value_error_in_one_line(text: str) -> None:
    said = ""
    try:
        parse(text)
    except ValueError as error:
        said = str(error)
    assert said.isprintable()


def test_several_in_one_line() -> None:
    thresholds = parse_list("p95(poll_ms) < 20; count(workers_lost) == 0;")
    assert [one.expression for one in thresholds] == ["p95(poll_ms) < 20", "count(workers_lost) == 0"]
    assert parse_list("") == ()


def test_all_are_judged_in_their_order(tally: Tally) -> None:
    judged = judge(parse_list("max(poll_ms) < 20; min(poll_ms) < 20"), tally, 1.0)
    assert [(one.expression, one.ok) for one in judged] == [("max(poll_ms) < 20", False), ("min(poll_ms) < 20", True)]


@pytest.mark.parametrize(
    ("abort", "delay_s", "elapsed_s", "ends"),
    [
        pytest.param(True, 0.0, 1.0, True, id="at once"),
        pytest.param(True, 10.0, 9.0, False, id="not before its delay"),
        pytest.param(True, 10.0, 10.0, True, id="after it"),
        pytest.param(False, 0.0, 1.0, False, id="never unasked"),
    ],
)
def test_broken_threshold_ends_the_run(tally: Tally, abort: bool, delay_s: float, elapsed_s: float, ends: bool) -> None:
    threshold = parse("failed_ratio(sessions) < 0.01", abort=abort, delay_s=delay_s)
    assert threshold.breaks(tally, elapsed_s) is ends


def test_what_has_no_value_yet_does_not_end_the_run() -> None:
    assert not parse("p95(handshake_ms) < 1", abort=True).breaks(Tally(), 5.0)
