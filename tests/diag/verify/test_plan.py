from __future__ import annotations

from dataclasses import replace

import pytest

from diag.model import Client, Fallback, Reconnect, Route, Target
from diag.verify.plan import FULL, QUICK, attempts, plan

URL = "ws://localhost:5173/ws"


def target(**client) -> Target:
    return Target("http://localhost:5173", URL, (Route("proxy", URL),), client=Client(**client))


@pytest.mark.parametrize(("pace", "most_s"), [(QUICK, 15.0), (FULL, 90.0)], ids=["quick", "full"])
def test_the_limit_leaves_time_to_end_and_to_tell(pace, most_s: float) -> None:
    found = plan(target(), pace)

    assert found.limit_s + 1.5 < most_s
    assert found.probed.deadline_s is not None
    assert found.probed.deadline_s < found.limit_s


def test_a_deadline_of_the_users_own_counts() -> None:
    found = plan(replace(target(), deadline_s=0.5), FULL)

    assert (found.limit_s, found.watch_s) == (0.5, 0.5)
    assert found.probed.deadline_s == 0.25


def test_looking_for_an_idle_limit_takes_its_time() -> None:
    assert plan(replace(target(), idle_limit_s=60.0), QUICK).limit_s == QUICK.limit_s + 60.0


def test_the_watch_keeps_the_pages_own_heartbeat_and_policy() -> None:
    page = target()
    for pace in (QUICK, FULL):
        watched = plan(page, pace).watched.client
        assert watched.heartbeat_interval_s == page.client.heartbeat_interval_s
        assert watched.reconnect == page.client.reconnect


@pytest.mark.parametrize(
    ("interval_s", "pace", "beats", "every_s"),
    [
        pytest.param(45.0, FULL, 5, 1.0, id="too rare: quickened"),
        pytest.param(5.0, FULL, 4, 5.0, id="fits a few times"),
        pytest.param(1.0, QUICK, 5, 1.0, id="fits often"),
        pytest.param(5.0, QUICK, 5, 1.0, id="too rare for a quick run"),
    ],
)
def test_heartbeats_are_quickened_where_three_do_not_fit(interval_s, pace, beats: int, every_s: float) -> None:
    found = plan(target(heartbeat_interval_s=interval_s), pace)
    assert (found.beats, found.beating.client.heartbeat_interval_s) == (beats, every_s)


@pytest.mark.parametrize(("count", "beats"), [(1, 3), (4, 4), (1000, 5)], ids=["few", "some", "many"])
def test_a_count_is_kept_within_reason(count: int, beats: int) -> None:
    assert plan(replace(target(heartbeat_interval_s=1.0), count=count), QUICK).beats == beats


@pytest.mark.parametrize(
    ("policy", "pace", "outage_s", "speed"),
    [
        pytest.param(Reconnect(), FULL, 2.0, 1.0, id="the incident's, at its own pace"),
        pytest.param(Reconnect(), QUICK, 2.0, 10 / 3, id="the incident's, quick"),
        pytest.param(Reconnect(3, 0.2, "fixed"), QUICK, 0.3, 1.0, id="a short one gets a short outage"),
        pytest.param(Reconnect(0), QUICK, 0.2, 1.0, id="none at all"),
        pytest.param(Reconnect(3, 0.0, "fixed"), QUICK, 0.2, 1.0, id="no pause"),
    ],
)
def test_the_outage_is_one_that_the_policy_can_mend(policy, pace, outage_s: float, speed: float) -> None:
    found = plan(target(reconnect=policy), pace)

    assert (found.outage_s, found.speed) == pytest.approx((outage_s, speed))
    assert found.cutting.client.reconnect.interval_s == pytest.approx(policy.interval_s / speed)


def test_only_the_attempts_before_the_fallback_count() -> None:
    client = Client(reconnect=Reconnect(5, 1.0, "fixed"), fallback=Fallback(after_attempts=2))

    assert attempts(client) == (1.0, 2.0)
    assert attempts(replace(client, fallback=None)) == (1.0, 2.0, 3.0, 4.0, 5.0)


def test_a_fallback_that_is_too_far_off_is_not_waited_for() -> None:
    near = {"reconnect": Reconnect(2, 1.0, "fixed"), "fallback": Fallback(after_attempts=2, every_s=0.5)}

    assert plan(target(), FULL).patience_s == 0.0
    assert plan(target(**near), QUICK).patience_s == 3.0
