from __future__ import annotations

import sys

import pytest

from diag.loading.plan import SCENARIOS, SOCKETS, Interface, Plan, Workers, command, worker_command


def built(plan: Plan) -> str:
    return " ".join(command(plan, "file.py", "out.json"))


def test_a_plain_run_is_headless_and_writes_its_result() -> None:
    line = built(Plan(users=20, spawn_rate=2.5, run_time_s=0.5))
    assert line.startswith(f"{sys.executable} -m locust -f file.py --users 20 --spawn-rate 2.5 --run-time 1s "), (
        "whole seconds"
    )
    assert "--headless" in line
    assert "--wsdiag-out out.json --wsdiag-scenario websocket" in line
    assert line.endswith(" WebSocketUser")
    assert "--master" not in line


@pytest.mark.parametrize(
    ("plan", "there", "not_there"),
    [
        pytest.param(Plan(scenario="mixed"), ["WebSocketUser PollingUser"], ["--processes"], id="two classes"),
        pytest.param(
            Plan(workers=Workers(processes=3, port=1234)),
            ["--processes 3 --master-bind-host 127.0.0.1 --master-bind-port 1234 --master-port 1234"],
            ["--expect-workers"],
            id="processes of ours",
        ),
        pytest.param(
            Plan(workers=Workers(expected=2)),
            ["--master --expect-workers 2 --master-bind-host 127.0.0.1 --master-bind-port 5557"],
            ["--processes"],
            id="workers of somebody's",
        ),
        pytest.param(
            Plan(ui=Interface(port=8090)),
            ["--web-host 127.0.0.1 --web-port 8090"],
            ["--headless", "--autostart"],
            id="web UI",
        ),
        pytest.param(
            Plan(ui=Interface(starts=True)), ["--autostart --autoquit 0"], ["--headless"], id="web UI, by itself"
        ),
    ],
)
def test_what_is_asked_for_is_on_the_command_line(plan: Plan, there: list[str], not_there: list[str]) -> None:
    line = built(plan)
    assert [part for part in there if part not in line] == []
    assert [part for part in not_there if part in line] == []


def test_nothing_listens_beyond_this_machine_unless_told_to() -> None:
    assert "0.0.0.0" not in built(Plan(workers=Workers(expected=1), ui=Interface()))
    assert "--master-bind-host 0.0.0.0" in built(Plan(workers=Workers(expected=1, host="0.0.0.0")))


def test_workers_are_told_where_the_master_is() -> None:
    plan = Plan(workers=Workers(expected=1, host="10.0.0.7", port=6000))
    assert " ".join(worker_command(plan, "f.py")) == "locust -f f.py --worker --master-host 10.0.0.7 --master-port 6000"


def test_every_scenario_has_its_sockets_counted() -> None:
    assert set(SOCKETS) == set(SCENARIOS)
    assert Workers(processes=4).count == 4
    assert Workers(expected=3).count == 3


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert Interface("::1", 80).url == "http://[::1]:80"
