from __future__ import annotations

import random
from dataclasses import replace

import pytest

from diag.client.reference import ReferenceClient
from diag.drill import schedule
from diag.drill.schedule import OUTAGES_S, herd, proposal, simulated, table
from diag.model import Client, Fallback, Reconnect

INCIDENT = Client(fallback=Fallback())
LAB = Client(reconnect=Reconnect(3, 1.0, max_interval_s=3.0), fallback=Fallback(3, 1.0))


def test_the_incidents_policy_and_where_it_ends() -> None:
    rows = table(INCIDENT)

    assert [row.outage_s for row in rows] == list(OUTAGES_S)
    assert [row.back_s for row in rows] == [10.0, 10.0, 10.0, 10.0, 30.0, 30.0, 60.0, None, None, None]
    assert [row.attempts for row in rows] == [1, 1, 1, 1, 2, 2, 3, 3, 3, 3]
    assert {(row.ends, row.gave_up_s) for row in rows if row.back_s is None} == {("polling", 60.0)}
    assert {row.ends for row in rows if row.back_s is not None} == {"connected"}


def test_without_a_fallback_it_gives_up() -> None:
    assert {(row.ends, row.gave_up_s) for row in table(Client())[-3:]} == {("gave up", 60.0)}


@pytest.mark.parametrize("client", [INCIDENT, LAB, Client(), replace(INCIDENT, reconnect=Reconnect(0))])
def test_the_proposal_always_comes_back(client: Client) -> None:
    better = proposal(client)

    assert 30 <= better.cap_s <= 60
    for row in table(client):
        assert row.outage_s <= row.proposal_s <= row.proposal_worst_s <= row.outage_s + max(better.cap_s, 60.0)


def test_it_is_the_same_every_time() -> None:
    assert table(INCIDENT) == table(INCIDENT)
    assert herd(INCIDENT, 500) == herd(INCIDENT, 500)


def test_the_delays_of_the_proposal_are_random_and_bounded() -> None:
    better = proposal(INCIDENT)
    waits = list(better.waits(random.Random(1)))

    assert sum(waits[:-1]) < better.window_s <= sum(waits)
    assert all(wait <= min(better.cap_s, better.base_s * 2**number) for number, wait in enumerate(waits))
    assert waits != list(better.waits(random.Random(2)))


def test_beyond_its_window_the_proposal_tries_again_and_again() -> None:
    better = proposal(INCIDENT)
    events, _ = simulated(INCIDENT, 700.0, lambda: better.waits(random.Random(1)), better.reprobe_s)

    assert [event.kind for event in events][-1] == "opened"
    assert events[-1].at_s - 5.0 - 700.0 <= better.reprobe_s


def test_a_herd_without_jitter_comes_in_one_second() -> None:
    found = herd(INCIDENT, 1000)

    assert max(found.configured) == found.configured[10] == sum(found.configured) == 1000
    assert sum(found.proposed) == 1000
    assert max(found.proposed) < 250


def test_a_herd_that_gives_up_does_not_come() -> None:
    impatient = replace(INCIDENT, reconnect=Reconnect(2, 1.0, max_interval_s=1.0))

    assert herd(impatient, 10).configured == ()


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        pytest.param(
            INCIDENT,
            ["fallback-permanent", "retry-window-too-short", "fallback-silent", "retry-no-jitter"],
            id="the incident's",
        ),
        pytest.param(
            Client(), ["retry-gives-up-silently", "retry-window-too-short", "retry-no-jitter"], id="no fallback"
        ),
        pytest.param(
            Client(reconnect=Reconnect(200, 5.0, "fixed")), ["retry-no-backoff", "retry-no-jitter"], id="stubborn"
        ),
    ],
)
def test_what_a_policy_by_itself_is_found_guilty_of(client: Client, expected: list[str]) -> None:
    assert [item.code for item in schedule.findings(client)] == expected


@pytest.mark.parametrize("client", [LAB, replace(LAB, fallback=None), replace(LAB, fallback=Fallback(1, 1.0))])
def test_the_simulation_does_what_the_reference_client_does(client: Client, timeline) -> None:
    """The same turns in the same order, when nothing ever answers."""
    from diag.drill.through import at_speed
    from diag.model import Route, Target

    url = "ws://127.0.0.1:1/ws"  # nobody may listen there without being root
    target = at_speed(Target("http://localhost", url, (Route("proxy", url),), client=client), 200.0)
    seen = []
    ReferenceClient(target, target.page_route, seen.append).run(0.2 if client.fallback else 60.0)
    real = [event.kind for event in seen if event.kind not in ("polled", "ended")][2:]
    events, _ = simulated(client, 1000.0)
    played = [event.kind for event in events if event.kind != "polled"][3:]

    assert real == played
