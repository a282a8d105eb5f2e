"""The shapes as tables, and the search for the capacity."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import pytest

from diag.loading.shapes import NAMES
from diag.loading.shapes.find_capacity import Search, broken
from diag.loading.stages import Stage, at
from diag.measures.tally import Tally
from diag.measures.thresholds import parse

STAGED = ("ramp_hold_ramp", "soak", "spike", "steps")


def shape(name: str) -> ModuleType:
    return import_module(f"diag.loading.shapes.{name}")


def test_the_folder_names_the_shapes() -> None:
    assert set(NAMES) == {"find-capacity", *(name.replace("_", "-") for name in STAGED)}


@pytest.mark.parametrize("name", STAGED)
@pytest.mark.parametrize(("users", "rate", "run_time_s"), [(1, 1.0, 4.0), (7, 0.1, 10.0), (5000, 100.0, 600.0)])
def test_stages_follow_each_other_to_the_end_and_reach_the_peak(
    name: str, users: int, rate: float, run_time_s: float
) -> None:
    table = shape(name).stages(users, rate, run_time_s)
    ends = [stage.until_s for stage in table]
    assert ends == sorted(set(ends))
    assert ends[-1] == pytest.approx(run_time_s)
    assert max(stage.users for stage in table) == users
    assert all(stage.users >= 0 and stage.rate > 0 for stage in table)


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        pytest.param("steps", [20, 40, 60, 80, 100], id="five equal steps"),
        pytest.param("ramp_hold_ramp", [100, 0], id="down to nobody"),
        pytest.param("spike", [10, 100, 10], id="calm, all, calm"),
        pytest.param("soak", [100], id="one level"),
    ],
)
def test_levels(name: str, levels: list[int]) -> None:
    assert [stage.users for stage in shape(name).stages(100, 10.0, 60.0)] == levels


def test_rate_is_raised_where_the_level_would_not_be_reached() -> None:
    slow, fast = (shape("steps").stages(100, rate, 10.0)[0].rate for rate in (1.0, 50.0))
    assert (slow, fast) == (20.0, 50.0)


def test_stage_of_a_moment() -> None:
    table = (Stage(10.0, 5, 1.0), Stage(20.0, 9, 1.0))
    assert [at(table, t) for t in (0.0, 9.9, 10.0, 20.0)] == [table[0], table[0], table[1], None]


@pytest.mark.parametrize("capacity", [0, 1, 2, 37, 99, 100, 400])
def test_search_ends_next_to_the_capacity(capacity: int) -> None:
    search, tried = Search(100), []
    while not search.done:
        tried.append(search.level)
        search.judge(held=search.level <= capacity)
    assert len(tried) < 15
    assert len(set(tried)) == len(tried), "nothing is tried twice"
    assert max(tried) <= 100
    assert min(capacity, 100) * 0.95 - 1 <= search.held <= capacity
    assert search.held in (0, *tried)


def test_only_the_window_is_judged() -> None:
    before, now = Tally(), Tally()
    for tally, opened, failed, ms in ((before, 10, 10, 500.0), (now, 30, 10, 500.0)):
        tally.counters.update(sessions_opened=opened, sessions_failed=failed)
        tally.histograms["heartbeat_rtt_ms"].add(ms)
    now.histograms["heartbeat_rtt_ms"].add(20.0)

    holding = [parse(text) for text in ("failed_ratio(sessions) < 0.01", "p95(heartbeat_rtt_ms) < 30",
                                        "rate(sessions_opened) == 10", "p95(poll_ms) < 1")]  # fmt: skip
    assert broken(holding, before, now, 2.0) is None, "what was never measured breaks nothing"
    culprit = broken([*holding, parse("count(sessions_opened) < 20")], before, now, 2.0)
    assert (culprit.expression, culprit.value) == ("count(sessions_opened) < 20", 20)
