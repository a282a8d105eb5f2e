from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diag.loading.blocks import Block, Spread, compared, order
from diag.loading.judging import report
from diag.loading.merging import merged
from diag.measures.result import Summary
from diag.model import Target


@pytest.fixture
def comparison(target: Target, websocket_run: Any, polling_run: Any) -> Any:
    """`comparison(ages)`: two blocks a side, the polling ones with these ages; the server took 1 s and 2 s of CPU."""

    def build(ages: tuple[float, float] = (500.0, 700.0), cpu: tuple[float | None, ...] = (1.0, 2.0)) -> Any:
        frame = report(target, websocket_run(), started_at="", duration_ms=1.0).report
        ours = [Block(websocket_run(), cpu[0]) for _ in range(2)]
        theirs = [Block(polling_run(age_ms=age), cpu[1]) for age in ages]
        return compared(frame, ours, theirs, 1.0)

    return build


def test_the_sides_take_turns_so_that_drift_hits_both() -> None:
    assert order(8) == ("websocket", "polling", "polling", "websocket") * 2
    assert order(2) == ("websocket", "polling")


def test_ratios_are_of_neighbouring_blocks_with_their_range(comparison: Any) -> None:
    spread = comparison().spreads["staleness_p50"]
    assert spread.min == pytest.approx(25, rel=0.04)
    assert spread.max == pytest.approx(35, rel=0.04)
    assert spread.median == pytest.approx(30, rel=0.04)


def test_costs_are_for_an_update_and_for_a_thousand_users(comparison: Any) -> None:
    found = comparison()
    assert found.websocket.requests_per_update.median == 0.6
    assert found.polling.requests_per_update.median == 2
    assert found.websocket.bytes_per_update.median == 250
    assert found.polling.requests_per_s.median == 2000
    assert found.polling.server_cores.median == pytest.approx(2.0)
    assert found.comparison.ratios.server_cpu == 2


def test_the_interval_that_would_match_is_twice_what_a_poll_leaves(comparison: Any) -> None:
    match = comparison().match
    assert match.interval_s == pytest.approx(2 * (0.020 - 0.005), rel=0.05)
    assert match.requests_per_s == pytest.approx(1000 / match.interval_s)


def test_no_interval_matches_a_socket_that_is_faster_than_one_poll(
    target: Target, websocket_run: Any, polling_run: Any
) -> None:
    frame = report(target, websocket_run(), started_at="", duration_ms=1.0).report
    found = compared(frame, [Block(websocket_run(age_ms=2.0), None)], [Block(polling_run(), None)], 1.0)
    assert (found.match.interval_s, found.match.requests_per_s) == (None, None)


def test_a_server_that_could_not_be_watched_has_no_ratio(comparison: Any) -> None:
    found = comparison(cpu=(None, 2.0))
    assert found.comparison.ratios.server_cpu is None
    assert found.spreads["server_cpu"] == Spread(None, None, None)


def test_merged_runs_add_up_and_keep_their_extremes(websocket_run: Any) -> None:
    one, other = websocket_run(age_ms=10.0), websocket_run(failed=4, dropped=3, age_ms=30.0)
    whole = merged([one, other])
    assert (whole.sessions.opened, whole.sessions.failed, whole.sessions.peak_open) == (196, 4, 100)
    assert (whole.users, whole.run_time_s, whole.scenario) == (100, 20.0, "websocket")
    assert whole.sessions.failed_by_cause == {"tcp-refused": 4}
    staleness = whole.update_staleness_ms
    assert (staleness.count, staleness.min, staleness.max, staleness.mean) == (2, 10.0, 30.0, 20.0)
    assert staleness.p50 == pytest.approx(20.0, rel=0.05)
    assert [point.t for point in whole.series] == [1.0, 11.0]
    assert {cause.code: cause.count for cause in whole.causes} == {"tcp-refused": 4, "close-restart": 3}


def test_a_threshold_holds_where_it_held_in_every_run(websocket_run: Any) -> None:
    whole = merged([websocket_run(), websocket_run(failed=50), websocket_run()])
    judged = {each.expression: each for each in whole.thresholds}
    assert (judged["failed_ratio(sessions) < 0.01"].ok, judged["failed_ratio(sessions) < 0.01"].value) == (False, 0.5)
    assert judged["count(workers_lost) == 0"].ok


def test_polls_of_one_name_are_one(polling_run: Any) -> None:
    (poll,) = merged([polling_run(), polling_run()]).polls
    assert (poll.name, poll.requests, poll.took_ms.count) == ("GET /api/bots", 4000, 2)


def test_one_run_is_itself_and_none_is_an_error(websocket_run: Any) -> None:
    run = websocket_run(failed=2)
    assert merged([run]) == replace(run, connection_lifetime_ms=Summary())
    with pytest.raises(ValueError, match="no result"):
        merged([])
