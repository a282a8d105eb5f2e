"""What keeps a session alive must come before any limit, and not in masses."""

from __future__ import annotations

from itertools import pairwise

import pytest

from diag.probes.pulses import pulses


def pauses(found: list[float]) -> list[float]:
    return [after - before for before, after in pairwise([0.0, *found])]


@pytest.mark.parametrize("limit_s", [1.0, 3.0, 10.0, 60.0, 3600.0])
def test_before_any_limit_no_pause_is_near_it(limit_s: float) -> None:
    found = pulses(7200.0, 45.0)
    before = [pause for at, pause in zip(found, pauses(found), strict=True) if at <= limit_s]
    assert max(before) <= limit_s / 2


def test_a_long_search_takes_few_frames() -> None:
    assert len(pulses(3600.0, 45.0)) < 200


def test_a_short_search_has_some_all_the_same() -> None:
    assert pulses(0.8, 45.0)[:3] == pytest.approx([0.1, 0.2, 0.3])


def test_a_page_that_beats_often_is_not_outdone_by_the_search() -> None:
    assert max(pauses(pulses(600.0, 2.0))) <= 2.0 + 1e-9


def test_no_search_no_pulse() -> None:
    assert pulses(0.0, 45.0) == []
