"""The tab's data, from values alone."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from diag.catalogue import entries
from diag.measures.building import Circumstances, result
from diag.measures.result import Result
from diag.measures.series import LIMIT, Series
from diag.measures.tally import Tally


@pytest.fixture(scope="module")
def web() -> Iterator[ModuleType]:
    """The file by itself: its package would import Locust, which patches the process for good."""
    file = Path(__file__).resolve().parents[3] / "scenarios" / "web" / "snapshot.py"
    spec = importlib.util.spec_from_file_location("snapshot_by_itself", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


class Recorded:
    """A run of so many seconds, in which every second a session opens."""

    def __init__(self, seconds: int, codes: dict[str, str] | None = None) -> None:
        self.series = Series()
        for second in range(1, seconds + 1):
            self.series.add(float(second), self._at(second))
        self.last = self._at(seconds)
        for family, code in (codes or {}).items():
            self.last.count_code(family, code)

    def tally(self) -> Tally:
        return self.last

    def result(self) -> Result:
        return result(self.last, Circumstances("websocket", 5, 9.0), (), self.series.points)

    def _at(self, second: int) -> Tally:
        tally = Tally()
        tally.counters["sessions_opened"] = second
        tally.gauges["open_sessions"] = second
        return tally


def test_without_a_run_there_is_nothing_but_the_workers(web: ModuleType) -> None:
    found = web.snapshot(None, 0.0, [web.Worker("1: host", "ready", 0, 0.5, 51.2)])
    assert (found["total"], found["points"], found["result"], found["meanings"]) == (0, [], None, {})
    assert found["workers"][0]["name"] == "1: host"


@pytest.mark.parametrize(
    ("since", "times"),
    [
        pytest.param(-1.0, [1.0, 2.0, 3.0, 4.0], id="everything"),
        pytest.param(2.0, [3.0, 4.0], id="what is newer"),
        pytest.param(2.5, [3.0, 4.0], id="between two points"),
        pytest.param(4.0, [], id="nothing is newer"),
        pytest.param(99.0, [], id="from a longer run"),
    ],
)
def test_only_newer_points_are_sent_and_all_are_counted(web: ModuleType, since: float, times: list[float]) -> None:
    found = web.snapshot(Recorded(4), since, [])
    assert [point[found["fields"].index("t")] for point in found["points"]] == times
    assert found["total"] == 4


def test_a_long_runs_merged_points_change_the_total_so_that_a_browser_asks_anew(web: ModuleType) -> None:
    before, after = web.snapshot(Recorded(LIMIT - 1), LIMIT - 1, []), web.snapshot(Recorded(LIMIT), LIMIT - 1, [])
    assert before["total"] == LIMIT - 1
    assert after["total"] == LIMIT // 2
    assert after["total"] != before["total"] + len(after["points"])


def test_the_series_is_sent_as_points_and_not_again_in_the_result(web: ModuleType) -> None:
    found = web.snapshot(Recorded(3), 0.0, [])
    assert found["result"]["series"] == []
    assert found["open_sessions"] == 3
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("family", "code", "meaning"),
    [
        pytest.param("sessions_failed", "tcp-refused", entries()["tcp-refused"].title, id="cause"),
        pytest.param("sessions_failed", "<script>", None, id="cause that nobody knows"),
        pytest.param("close_codes", "1012", "Service restart", id="close code"),
        pytest.param("close_codes", "4999", None, id="the application's own close code"),
    ],
)
def test_each_code_that_has_occurred_has_its_meaning(
    web: ModuleType, family: str, code: str, meaning: str | None
) -> None:
    assert web.snapshot(Recorded(1, {family: code}), 0.0, [])["meanings"].get(code) == meaning
