from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from diag.model import Reconnect


@pytest.fixture(scope="module")
def pacing() -> ModuleType:
    """The file by itself: its package would import Locust, which patches the process for good."""
    file = Path(__file__).resolve().parents[2] / "scenarios" / "pacing.py"
    spec = importlib.util.spec_from_file_location("pacing", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("backoff", "delays"),
    [
        pytest.param("exponential", [10, 20, 30, 30], id="doubles up to the longest"),
        pytest.param("linear", [10, 20, 30, 30], id="grows by the interval"),
        pytest.param("fixed", [10, 10, 10, 30], id="stays until the attempts are used up"),
    ],
)
def test_reconnect_follows_the_pages_policy(pacing: ModuleType, backoff: str, delays: list[float]) -> None:
    policy = Reconnect(attempts=3, interval_s=10, backoff=backoff, max_interval_s=30)
    assert [pacing.reconnect_delay(policy, attempt, 0.0) for attempt in (1, 2, 3, 4)] == delays


def test_chance_takes_up_to_half_of_the_delay_off(pacing: ModuleType) -> None:
    policy = Reconnect(interval_s=10)
    assert pacing.reconnect_delay(policy, 1, 1.0) == 5
    assert pacing.reconnect_delay(policy, 1, 0.5) == 7.5


def test_longest_interval_never_undercuts_the_interval_itself(pacing: ModuleType) -> None:
    policy = Reconnect(interval_s=60, max_interval_s=30)
    assert pacing.reconnect_delay(policy, 1, 0.0) == 60


def test_thousandth_attempt_does_not_overflow(pacing: ModuleType) -> None:
    policy = Reconnect(attempts=1000, interval_s=10, max_interval_s=30)
    assert pacing.reconnect_delay(policy, 1000, 0.0) == 30
