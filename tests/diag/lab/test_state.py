from __future__ import annotations

import pytest

from diag.lab.state import State


def pushed(state, sequence):
    return dict(state.pushed(sequence))


def test_changes_are_numbered_and_bots_take_turns():
    state = State(1.0)

    changes = [pushed(state, sequence)["bot:status_change"] for sequence in range(7)]

    assert [change["sequence"] for change in changes] == list(range(7))
    assert [change["botId"] for change in changes] == ["bot-1", "bot-2", "bot-3"] * 2 + ["bot-1"]
    assert [change["status"] for change in changes] == ["running"] * 3 + ["paused"] * 3 + ["running"]


def test_a_change_is_dated_by_the_clock_not_by_who_asks():
    state = State(0.25)

    times = [pushed(state, sequence)["bot:status_change"]["lastUpdate"] for sequence in (0, 4, 8)]

    assert [time - times[0] for time in times] == [0, pytest.approx(1000, abs=1), pytest.approx(2000, abs=1)]


def test_a_change_is_due_when_its_interval_has_passed():
    state = State(3600.0)

    assert state.sequence() == 0
    assert state.due_in_s(0) <= 0 < state.due_in_s(1) <= 3600


def test_rest_and_pushes_tell_the_same():
    state = State(3600.0)
    update = pushed(state, state.sequence())["bot:status_change"]

    bot = state.bots()["bots"][0]

    assert bot == {name: update[name] for name in ("botId", "status", "lastUpdate")}
    assert state.health()["services"] == pushed(state, state.sequence())["system:health_update"]["services"]


@pytest.mark.parametrize("name", ["database", "websocket", "trading-engine"])
def test_a_service_is_found_by_name(name):
    assert State(1.0).service(name)["serviceName"] == name


@pytest.mark.parametrize("name", ["", "Database", "no-such"])
def test_an_unknown_service_is_none(name):
    assert State(1.0).service(name) is None


@pytest.mark.parametrize("interval_s", [0, -1, float("nan")])
def test_an_interval_must_be_positive(interval_s):
    with pytest.raises(ValueError, match="positive"):
        State(interval_s)
