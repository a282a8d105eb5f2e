"""Drills on the lab, ten times as fast: real sockets, a real client, and real faults between them."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from diag.drill import judgement, schedule
from diag.drill.losses import Summary, summary
from diag.drill.report import details, masked, report
from diag.drill.run import Drill, drill
from diag.drill.timeline import Timeline, load
from diag.lab import Lab
from diag.model import Client, Target, Verdict

SPEED = 10.0


def run(lab: Lab, timeline: Timeline, **options) -> tuple[Drill, Summary, list[str]]:
    done = drill(lab.target(), timeline, speed=SPEED, **options)
    codes = [item.code for item in judgement.judge(done.events, done.client, done.timeline, done.ended_s)]
    return done, summary(done.events, done.timeline, done.ended_s), codes


def test_a_blip_is_survived(lab: Lab) -> None:
    done, found, codes = run(lab, load("blip"))

    assert (found.ended, len(found.losses), done.opened) == ("connected", 1, True)
    assert found.losses[0].attempts[0].failure == "tcp-refused"
    assert not {"fallback-permanent", "retry-window-too-short"} & set(codes)
    assert found.messages.missed > 0
    assert "messages-lost-on-reconnect" in codes


def test_a_deployment_ends_in_polling_for_ever(lab: Lab) -> None:
    done, found, codes = run(lab, load("deploy"))
    told = report(done)

    (loss,) = found.losses
    assert (loss.code, loss.clean, loss.back_s) == (1012, True, None)
    assert [attempt.failure for attempt in loss.attempts] == ["tcp-refused"] * 3
    assert (found.ended, details(done)["returned_from_fallback"]) == ("polling", False)
    assert found.polls > found.polls_failed > 0
    assert {"fallback-permanent", "retry-window-too-short", "fallback-silent", "retry-no-jitter"} <= set(codes)
    assert (told.verdict, told.primary_cause) == (Verdict.BROKEN, "fallback-permanent")


def test_the_proposed_policy_survives_the_same_deployment(lab: Lab) -> None:
    better = schedule.proposal(lab.target().client)
    done, found, codes = run(lab, load("deploy"), proposal=better)

    assert (found.ended, found.losses[-1].back_s is not None) == ("connected", True)
    assert not {"fallback-permanent", "retry-window-too-short", "retry-no-jitter"} & set(codes)
    assert "the client followed the proposed policy, not its own" in report(done).notes


def test_a_silent_network_is_noticed_by_the_heartbeat(lab: Lab) -> None:
    _, found, codes = run(lab, load("wifi-roam"))

    assert found.losses[0].noticed_after_s is not None
    assert found.losses[0].noticed_after_s > 1
    assert found.losses[0].attempts[0].failure == "http-timeout"
    assert "half-open-undetected" not in codes


def test_a_heartbeat_that_is_too_slow_notices_nothing(lab: Lab) -> None:
    target = lab.target()
    slow = replace(target, client=replace(target.client, heartbeat_interval_s=300.0))
    hole = Timeline("hole", tuple(replace(step, for_s=35.0) for step in load("wifi-roam").steps))
    done = drill(slow, hole, speed=SPEED)
    found = judgement.judge(done.events, done.client, done.timeline, done.ended_s)

    assert [item.code for item in found] == ["half-open-undetected"]
    assert summary(done.events, done.timeline, done.ended_s).longest_silence_s >= 34


def test_accept_and_drop_shows_what_open_is_worth(lab: Lab) -> None:
    _, found, codes = run(lab, load("accept-then-drop"))

    assert (found.ended, codes[0]) == ("connected", "retry-resets-on-open")
    assert len(found.losses) > 3


def test_a_target_that_does_not_open_is_left_alone(serve) -> None:
    server = serve(lambda connection: connection.close())
    url = f"ws://127.0.0.1:{server.port}/ws"
    done = drill(Target("http://localhost", url, (replace(Lab().target().routes[0], url=url),)), load("blip"))

    assert (done.opened, done.timeline) == (False, load("blip"))


def test_a_client_without_fallback_gives_up(lab: Lab) -> None:
    target = lab.target()
    done = drill(replace(target, client=replace(target.client, fallback=None)), load("deploy"), speed=SPEED)
    told = report(done)

    assert (told.verdict, told.primary_cause) == (Verdict.BROKEN, "retry-gives-up-silently")


def test_the_deadline_is_kept_and_said(lab: Lab) -> None:
    done = drill(replace(lab.target(), deadline_s=0.8), load("deploy"), speed=SPEED)

    assert done.cut_short
    assert done.duration_ms < 3000
    assert "the deadline came before the end of the drill" in report(done).notes


def test_it_leaves_no_thread_behind(lab: Lab) -> None:
    before = set(threading.enumerate())
    drill(replace(lab.target(), deadline_s=0.8), load("wifi-roam"), speed=SPEED)

    assert set(threading.enumerate()) <= before


def test_a_flood_of_messages_costs_no_memory(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diag.drill.run.EVENTS", 20)
    done = drill(lab.target(), load("blip"), speed=SPEED)

    assert done.forgotten > 0
    assert sum(event.kind == "message" for event in done.events) <= 20
    assert f"{done.forgotten} messages were counted and not looked at" in report(done).notes


def test_an_error_of_ours_is_not_the_targets(lab: Lab) -> None:
    target = lab.target()
    broken = replace(target, client=replace(target.client, subprotocols=(1,)))
    with pytest.raises(TypeError):
        drill(broken, load("blip"), speed=SPEED)


def test_secrets_do_not_leave_the_drill() -> None:
    url = "ws://h/ws?token=hunter2hunter2"
    target = Target("http://h", url, (replace(Lab().target().routes[0], url=url),), client=Client())
    done = Drill(target, Client(), load("blip"), (), 0.0, "", 0.0)

    assert "hunter2" in str(done)
    assert "hunter2" not in str(masked(done))
