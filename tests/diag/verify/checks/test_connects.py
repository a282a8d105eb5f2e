from __future__ import annotations

from diag.verify.checks import connects


def test_a_good_101_passes(made) -> None:
    ruling = connects.check(made())

    assert (ruling.outcome, ruling.saw) == ("pass", "101 in 2 ms, and it stays open")


def test_a_session_that_ends_later_still_connects(made, scene) -> None:
    scene.closes("proxy", 1012, "restart", after_ms=2500.0).switches("proxy").opens("direct")
    ruling = connects.check(made())

    assert (ruling.outcome, ruling.saw) == ("pass", "101 in 2 ms, and close 1012 restart after 2.5 s")


def test_a_session_that_is_taken_away_at_once_does_not(made, scene) -> None:
    scene.switches("proxy").closes("proxy", 1008, "authentication required", after_ms=3.0).opens("direct")
    ruling = connects.check(made())

    assert (ruling.outcome, ruling.cause) == ("fail", "close-policy-or-app-auth")
    assert ruling.saw == "close 1008 authentication required after 3 ms"


def test_a_refusal_names_its_cause_and_the_console(made, scene) -> None:
    scene.answers("proxy", 401, headers={"WWW-Authenticate": "Bearer"}).opens("direct")
    ruling = connects.check(made())

    assert (ruling.outcome, ruling.cause) == ("fail", made().report.primary_cause)
    assert "401" in ruling.saw


def test_a_route_that_was_not_reached_in_time_is_broken(made, scene) -> None:
    scene.opens("direct")
    assert connects.check(made()).outcome == "broken"
