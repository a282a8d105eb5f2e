"""Every fault of the lab fails exactly the checks that it must, and leaves out those that need what it broke."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.exits import exit_code
from diag.lab import Lab
from diag.lab.fault import load_faults
from diag.model import Target
from diag.verify.plan import Pace, plan
from diag.verify.report import report
from diag.verify.run import verify

PACE = Pace(
    limit_s=30.0,
    watch_s=2.0,
    patience_s=2.5,
    handshake_s=1.2,
    answer_s=1.0,
    observe_s=4.0,
    back_s=0.6,
    resume_s=2.0,
)
NOTHING: frozenset[str] = frozenset()
CORS, UPDATES = frozenset({"no-cors-errors"}), frozenset({"status-updates", "health-updates"})
OFF = frozenset({"connects", "no-fallback"})
"""Without a socket the page is not on one: the checklist's first item and its fifth."""
NEEDS_A_SOCKET = UPDATES | {"heartbeat", "survives-refresh", "reconnects"}

FAILS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "auth": (OFF, NEEDS_A_SOCKET),
    "bad-accept": (OFF, NEEDS_A_SOCKET),
    "close-1008": (OFF, NEEDS_A_SOCKET),  # `open` fires, and the socket is taken away before it can be used
    "close-1012": (frozenset({"no-fallback"}), NOTHING),  # every session ends soon, and each works until then
    "connection-close": (OFF, NEEDS_A_SOCKET),
    "cors-duplicate": (CORS, NOTHING),
    "cors-missing": (CORS, NOTHING),
    "cors-wildcard-credentials": (CORS, NOTHING),
    "idle-cut": (frozenset({"no-fallback", "heartbeat"}), UPDATES),  # this fault's page expects no update
    "incident": (OFF, NEEDS_A_SOCKET),
    "mute-heartbeat": (frozenset({"no-fallback", "heartbeat"}), NOTHING),  # the page drops a socket that is mute
    "no-updates": (UPDATES, NOTHING),  # the greeting comes, goes and comes back
    "preflight-405": (CORS, NOTHING),
    "redirect": (OFF, NEEDS_A_SOCKET),
    "reject-origin": (OFF, NEEDS_A_SOCKET),
    "snake-case": (UPDATES, NOTHING),  # the updates come, with fields that the page does not find
    "spa-fallback": (OFF, NEEDS_A_SOCKET),
    "strip-upgrade": (OFF, NEEDS_A_SOCKET),
    "unanswered-upgrade": (OFF, NEEDS_A_SOCKET),
    "upstream-down": (OFF, NEEDS_A_SOCKET | CORS),  # a request that is refused says nothing about CORS
}


def hurried(target: Target) -> Target:
    """The same page with a short watch; a fault that is about time keeps its own times."""
    client = replace(target.client, heartbeat_timeout_s=0.8)
    if client.heartbeat_interval_s > 1:
        return replace(target, client=client)
    return replace(target, observe_s=1.5, client=replace(client, heartbeat_interval_s=0.4))


def test_the_table_knows_every_fault() -> None:
    assert FAILS.keys() == load_faults().keys()


@pytest.mark.parametrize("name", sorted(FAILS))
def test_a_fault_fails_the_checks_that_it_must(name: str) -> None:
    # given the lab with one fault, when the checklist is gone through
    with Lab((name,), push_interval_s=0.3) as lab:
        target = hurried(lab.target())
        seen, _ = verify(target, plan(target, PACE))
    told = report(seen)
    # then these checks fail, those are left out, and wsdiag could tell about all others
    outcomes = {check.id: check.outcome for check in told.checks}
    failing, skipped = FAILS[name]
    assert {check for check, outcome in outcomes.items() if outcome == "fail"} == failing
    assert {check for check, outcome in outcomes.items() if outcome == "skip"} == skipped
    assert "broken" not in outcomes.values()
    # and each names the fault's own cause
    causes = {check.cause for check in told.checks if check.outcome == "fail"}
    assert causes <= set(load_faults()[name].causes)
    assert told.primary_cause == load_faults()[name].causes[0]
    assert exit_code(told, "error") == 1


def test_the_healthy_lab_passes_eight_of_eight() -> None:
    with Lab(push_interval_s=0.3) as lab:
        target = hurried(lab.target())
        seen, _ = verify(target, plan(target, PACE))

    assert [check.outcome for check in report(seen).checks] == ["pass"] * 8
    assert exit_code(report(seen), "info") == 0
