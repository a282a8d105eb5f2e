"""All eight together: their names, their order, and what a page without a socket means for each."""

from __future__ import annotations

import pytest

from diag.verify import checks, observed
from diag.verify.checks import IDS, rulings
from diag.verify.checks.ruling import NO_PAGE

CONTRACT = [
    "connects",
    "no-cors-errors",
    "status-updates",
    "health-updates",
    "no-fallback",
    "heartbeat",
    "survives-refresh",
    "reconnects",
]


def test_the_ids_are_those_of_the_contract_in_their_order() -> None:
    assert list(IDS) == CONTRACT


def test_a_healthy_page_passes_all_that_was_named(made) -> None:
    outcomes = {name: ruling.outcome for name, ruling in rulings(made()).items()}

    assert outcomes == {**dict.fromkeys(CONTRACT, "pass"), "no-cors-errors": "skip"}


def test_every_pass_says_what_it_did_and_what_it_saw(made) -> None:
    passed = [ruling for ruling in rulings(made()).values() if ruling.outcome == "pass"]

    assert all(ruling.did and ruling.saw and ruling.because is None for ruling in passed)


def test_without_a_socket_only_what_the_page_itself_suffers_fails(made, scene, life) -> None:
    scene.given(expect=("bot:status_change",)).refused("proxy").opens("direct")
    ruled = rulings(made(watch=life("0.1 refused 0 tcp-refused"), beats=None, cut=None, listened=None, reloads=None))

    assert [name for name, ruling in ruled.items() if ruling.outcome == "fail"] == ["connects", "no-fallback"]
    skipped = [ruling.because for name, ruling in ruled.items() if ruling.outcome == "skip" and "cors" not in name]
    assert skipped == [NO_PAGE] * 5
    assert ruled["connects"].cause == ruled["no-fallback"].cause == made().report.primary_cause


@pytest.mark.parametrize(
    ("activity", "broken"),
    [
        pytest.param(observed.LISTEN, ["status-updates", "health-updates"], id="updates"),
        pytest.param(observed.WATCH, ["no-fallback"], id="watch"),
        pytest.param(observed.BEATS, ["heartbeat"], id="heartbeat"),
        pytest.param(observed.RELOADS, ["survives-refresh"], id="refresh"),
        pytest.param(observed.CUT, ["reconnects"], id="cut"),
    ],
)
def test_what_was_not_done_to_its_end_is_broken_and_never_a_pass(made, activity: str, broken: list[str]) -> None:
    ruled = rulings(made(broken={activity: "the deadline came first"}))

    assert [name for name, ruling in ruled.items() if ruling.outcome == "broken"] == broken
    assert {ruled[name].because for name in broken} == {"the deadline came first"}


@pytest.mark.parametrize("missing", ["watch", "beats", "cut", "listened", "reloads"])
def test_what_nobody_did_is_broken(made, missing: str) -> None:
    assert "broken" in [ruling.outcome for ruling in rulings(made(**{missing: None})).values()]


def test_the_time_of_a_check_is_that_of_what_it_looks_at(made) -> None:
    seen = made(took_ms={observed.WATCH: 5000.0})

    assert [checks.took_ms(seen, name) for name in ("no-fallback", "heartbeat")] == [5000.0, 0.0]
