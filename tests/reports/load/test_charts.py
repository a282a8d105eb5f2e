from __future__ import annotations

import re

import pytest

from reports.load._charts import HEIGHT, WIDTH, Line, chart
from reports.load._words import count, number, size, time


def drawn(*lines: Line, bars: bool = False) -> str:
    return chart("Title", lines, number, bars=bars)


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawn(Line("a", [(1.0, None), (2.0, None)])) == ""
    assert drawn(Line("a", [(1.0, 0.0)]), bars=True) == ""
    assert drawn() == ""


def test_a_gap_is_a_gap_and_a_lonely_value_a_dot() -> None:
    samples = [(1.0, 1.0), (2.0, 2.0), (3.0, None), (4.0, 4.0), (5.0, None), (6.0, 1.0), (7.0, 1.0)]
    path = re.findall(r'class="line k0" d="(M[^"]+)"', drawn(Line("a", samples)))[-1]
    assert path.count("M") == 3
    assert drawn(Line("a", samples)).count("<circle") == 1


@pytest.mark.parametrize("value", [0.0, 0.003, 1.0, 7.0, 99.9, 1e6])
def test_everything_stays_inside(value: float) -> None:
    places = re.findall(r"[ML]([\d.]+) ([\d.]+)", drawn(Line("a", [(0.5, 0.0), (1.0, value), (2.0, value / 3)])))
    assert places
    assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in places)


def test_a_long_run_is_thinned_and_keeps_its_worst() -> None:
    samples = [(float(t), 1.0) for t in range(3600)]
    samples[1777] = (1777.0, 900.0)
    shown = drawn(Line("a", samples))
    assert shown.count("<title>") <= 150
    assert "a from 1 to 900" in shown


def test_bars_are_stacked() -> None:
    shown = drawn(Line("a", [(1.0, 3.0), (2.0, 0.0)]), Line("b", [(1.0, 1.0), (2.0, 4.0)]), bars=True)
    heights = [float(height) for height in re.findall(r'class="bar k\d" x[^>]*height="([\d.]+)"/>', shown)]
    assert heights[0] == pytest.approx(3 * heights[1], abs=0.2)


def test_labels_are_escaped() -> None:
    assert "<b>" not in drawn(Line('<b>"', [(1.0, 1.0)]))


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (time(None), "—"),
        (time(0.414), "0.41 ms"),
        (time(7.31), "7.3 ms"),
        (time(120.4), "120 ms"),
        (time(999.6), "1.00 s"),
        (time(240_000), "4.0 min"),
        (size(310), "310 B"),
        (size(1234), "1.2 kB"),
        (size(3.4e6), "3.4 MB"),
        (size(2e9), "2.0 GB"),
        (number(None), "—"),
        (number(0.08551), "0.0855"),
        (number(87912.4), "87,912"),
        (count(1, "user"), "1 user"),
        (count(2000, "user"), "2,000 users"),
        (count(2, "process", "processes"), "2 processes"),
    ],
)
def test_figures_read_well(shown: str, text: str) -> None:
    assert shown == text
