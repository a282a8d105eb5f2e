from __future__ import annotations

import pytest

from diag.verify.checks import refresh
from diag.verify.observed import Visit

PLACE = "GET http://localhost:5173/api/health: activeConnections"


def counted(visit_of, *numbers: int, place: str = PLACE) -> tuple[Visit, ...]:
    return tuple(visit_of(counts={place: number}) for number in numbers)


def test_the_same_state_after_the_reload_passes(made) -> None:
    ruling = refresh.check(made())

    assert (ruling.outcome, ruling.did) == ("pass", "closed with 1001 and opened again, as a reload does")
    assert "the server tells no number of sessions" in ruling.saw


def test_a_count_that_grows_with_every_reload_is_a_leak(made, visit_of) -> None:
    ruling = refresh.check(made(reloads=counted(visit_of, 2, 3, 4, 5)))

    assert (ruling.outcome, ruling.cause) == ("fail", "refresh-leaks-session")
    assert ruling.finding is not None
    assert (ruling.finding.evidence[0].label, ruling.finding.evidence[0].value) == (PLACE, "2, 3, 4, 5")


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param((2, 2, 2, 2), id="steady"),
        pytest.param((2, 3, 2, 3), id="somebody comes and goes"),
        pytest.param((2, 3, 4, 4), id="two others came"),
        pytest.param((5, 4, 3, 2), id="others leave"),
        pytest.param((2, 3), id="too few readings"),
    ],
)
def test_other_users_are_no_leak(made, visit_of, numbers: tuple[int, ...]) -> None:
    ruling = refresh.check(made(reloads=counted(visit_of, *numbers)))

    assert ruling.outcome == "pass"
    assert ruling.saw.endswith(f"{PLACE} goes {', '.join(map(str, numbers))}")


def test_an_expected_type_that_does_not_come_back_fails(made, visit_of) -> None:
    ruling = refresh.check(made(reloads=(visit_of(), visit_of("system:health_update"))))

    assert (ruling.outcome, ruling.cause) == ("fail", "ws-connected-but-no-updates")
    assert ruling.because == "no bot:status_change after the reload"


def test_a_type_that_nobody_expects_may_stay_away(made, visit_of) -> None:
    before = visit_of("bot:status_change", "system:health_update", "welcome:first-time")
    assert refresh.check(made(reloads=(before, visit_of()))).outcome == "pass"


def test_a_page_that_gets_no_socket_again_fails(made, visit_of) -> None:
    ruling = refresh.check(made(reloads=(visit_of(), Visit(refused="403 Forbidden"))))
    assert (ruling.outcome, ruling.cause) == ("fail", "auth-forbidden")


def test_nothing_before_and_nothing_after_is_the_same_state(made) -> None:
    ruling = refresh.check(made(reloads=(Visit(), Visit())))
    assert (ruling.outcome, ruling.saw.startswith("open again; nothing is pushed")) == ("pass", True)


@pytest.mark.parametrize("visits", [(), (Visit(),)], ids=["none", "only the first page"])
def test_a_page_that_nobody_reloaded_is_broken(made, visits) -> None:
    assert refresh.check(made(reloads=visits)).outcome == "broken"
