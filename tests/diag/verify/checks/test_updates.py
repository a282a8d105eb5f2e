from __future__ import annotations

from dataclasses import replace

import pytest

from diag.model import Evidence
from diag.verify.checks import updates
from diag.verify.observed import Visit

STATUS, HEALTH = "bot:status_change", "system:health_update"


@pytest.mark.parametrize(
    ("name", "health"),
    [
        pytest.param("system:health_update", True, id="health"),
        pytest.param("HealthChanged", True, id="whatever the case"),
        pytest.param("bot:status_change", False, id="status"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_health_in_the_name_decides(name: str, health: bool) -> None:
    assert updates.is_health(name) is health


@pytest.mark.parametrize("health", [True, False])
def test_messages_that_go_on_pass(made, health: bool) -> None:
    ruling = updates.check(made(), health=health)

    assert ruling.outcome == "pass"
    assert ruling.saw == f"3 {HEALTH if health else STATUS}, the first after 2 ms, sequence 4 to 6, timestamps advance"


def test_only_the_type_that_stays_away_fails(made, visit_of) -> None:
    seen = made(listened=visit_of(HEALTH, shapeless=2))
    ruling = updates.check(seen, health=False)

    assert (ruling.outcome, ruling.cause) == ("fail", "ws-connected-but-no-updates")
    assert ruling.saw == f"came: {HEALTH}, and 2 messages without a type"
    assert updates.check(seen, health=True).outcome == "pass"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"sequences": (4, 4)}, id="sequence"),
        pytest.param({"stamps": (1000.0, 1000.0)}, id="timestamp"),
        pytest.param({"sequences": (4, 2)}, id="backwards"),
        pytest.param({"sequences": None, "stamps": (5.0, 5.0)}, id="timestamp alone"),
    ],
)
def test_what_stands_still_is_stale(made, push, changes) -> None:
    visit = Visit(pushes={STATUS: push(**changes), HEALTH: push()}, lasted_ms=2000.0)
    ruling = updates.check(made(listened=visit), health=False)

    assert (ruling.outcome, ruling.cause) == ("fail", "ui-stale-but-green")
    assert ruling.finding is not None
    assert updates.check(made(listened=visit), health=True).outcome == "pass"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"count": 1, "sequences": (4, 4)}, "once: whether it goes on was not seen", id="one message"),
        pytest.param({"sequences": None, "stamps": None}, "neither numbered nor dated", id="nothing to tell by"),
        pytest.param({"last_ms": 100.0, "stamps": (5.0, 5.0)}, "stand still", id="a burst in one millisecond"),
    ],
)
def test_what_cannot_be_seen_to_stand_still_passes_and_says_so(made, push, changes, words: str) -> None:
    visit = Visit(pushes={STATUS: push(**changes)}, lasted_ms=2000.0)
    ruling = updates.check(made(listened=visit), health=False)

    assert (ruling.outcome, words in ruling.saw) == ("pass", True)


def test_a_type_that_nobody_expects_is_named_for_the_flag(made, scene, visit_of) -> None:
    scene.given(expect=()).opens("proxy").opens("direct")
    seen = made(listened=visit_of(STATUS, HEALTH))

    assert updates.check(seen, health=True).because == (
        f"no health update is expected (--expect TYPE); what came: {HEALTH}"
    )
    assert updates.check(seen, health=False).outcome == "skip"


def test_fields_that_the_rest_answers_spell_differently_fail_the_check_they_are_in(made, scene, push) -> None:
    scene.given(expect=(STATUS, HEALTH)).opens("proxy").opens("direct")
    scene.session("proxy").rest("http://localhost:5173/api/bots", scene.answer(200, '{"bot_id": 1}'))
    seen = made(listened=Visit(pushes={STATUS: push(fields=frozenset({"botId"})), HEALTH: push()}, lasted_ms=1.0))
    found = replace(
        seen.report.findings[0] if seen.report.findings else updates.own(seen, "api-field-case-mismatch", "differs"),
        evidence=(Evidence("WebSocket botId", "REST bot_id"),),
    )
    seen = replace(seen, report=replace(seen.report, findings=(found,)))

    assert updates.check(seen, health=False).cause == "api-field-case-mismatch"
    assert updates.check(seen, health=True).outcome == "pass"


def test_a_second_socket_that_is_refused_fails(made) -> None:
    ruling = updates.check(made(listened=Visit(refused="429 Too Many Requests")), health=False)

    assert (ruling.outcome, ruling.cause) == ("fail", "handshake-rate-limited")
