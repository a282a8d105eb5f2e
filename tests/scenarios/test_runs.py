"""Headless runs of the locustfile against the lab, each in a process of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from diag.lab import Lab

USERS = ("-u", "5", "-r", "5", "-t", "2s")


def of(lab: Lab) -> tuple[str, ...]:
    return "--ws-url", lab.target().url, "--page", lab.page, "--heartbeat-interval", "300ms"


def test_healthy_target_is_beaten_and_passes(load: Callable) -> None:
    with Lab() as lab:
        run = load(*USERS, *of(lab), "--wsdiag-updates")
    assert run.exit_code == 0, run.output
    assert run.failures == {}
    assert run.requests["WS", "connect"] == 5
    assert run.requests["WS", "heartbeat"] > 0
    assert run.requests["WS", "update connection:established"] == 5
    assert "Traceback" not in run.output


def test_environment_comes_before_the_file_and_workers_share_the_load(
    load: Callable, tmp_path: Path, free_port: int
) -> None:
    port = str(free_port)
    with Lab() as lab:
        (tmp_path / "wsdiag.yaml").write_text(
            f'routes: {{proxy: "ws://127.0.0.1:9/ws"}}\npage: {lab.page}\n'
            "client: {dialect: protocol, heartbeat: {interval: 200ms}}\n"
        )
        run = load(
            *("--processes", "2", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port),
            *USERS,
            *("-t", "4s"),  # beyond the workers' first report: the last one of a run can come too late
            environment={"WSDIAG_URL": lab.target().url},
        )
    assert run.exit_code == 0, run.output
    assert run.requests["WS", "connect"] == 5
    assert set(run.requests) == {("WS", "connect"), ("WS", "heartbeat")}, "pushes count only when asked for"


@pytest.mark.parametrize(
    ("fault", "name", "code"),
    [
        pytest.param("reject-origin", "connect", "origin-rejected", id="a cause that one exchange cannot prove"),
        pytest.param("close-1008", "session", "close-policy-or-app-auth", id="opened, and closed at once"),
    ],
)
def test_failures_carry_the_code_of_their_cause(load: Callable, fault: str, name: str, code: str) -> None:
    with Lab([fault]) as lab:
        run = load(*USERS, *of(lab))
    assert run.failures == {("WS", name): {f"WsFailure('{code}')"}}
    assert run.exit_code == 1


def test_refused_target_fails_and_no_user_ends(load: Callable, free_port: int) -> None:
    run = load(*USERS, "--ws-url", f"ws://127.0.0.1:{free_port}/ws")
    assert run.failures == {("WS", "connect"): {"WsFailure('tcp-refused')"}}
    assert run.requests.keys() == {("WS", "connect")}
    assert "Traceback" not in run.output
    assert run.exit_code == 1


def test_run_that_ends_while_handshakes_hang_does_not_pass(load: Callable) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        run = load(*USERS, "-t", "3s", "--ws-url", f"ws://127.0.0.1:{silent.getsockname()[1]}/ws")
    assert run.failures == {("WS", "connect"): {"WsFailure('handshake-unanswered')"}}
    assert run.exit_code == 1


def test_fallback_is_polled_and_its_failures_carry_a_code(load: Callable, tmp_path: Path, free_port: int) -> None:
    with Lab() as lab:
        (tmp_path / "wsdiag.yaml").write_text(
            f"url: {lab.target().url}\nclient: {{fallback: {{every: 300ms}}}}\n"
            f'api: ["{lab.page}/api/bots", "{lab.page}/api/health/none", "http://127.0.0.1:{free_port}/gone"]\n'
        )
        run = load(*USERS, "PollingUser")
    assert run.requests["GET", "/api/bots"] > 5, "one round would be five"
    assert run.failures == {
        ("GET", "/api/health/none"): {"RestFailure('http-404')"},
        ("GET", "/gone"): {"RestFailure('rest-unreachable')"},
    }
    assert run.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(
            ("--ws-url", "ws://localhost/ws", "--heartbeat-interval", "5"),
            "wsdiag: --heartbeat-interval: ",
            id="a duration without unit",
        ),
        pytest.param((), "wsdiag: nothing to load: ", id="no target"),
        pytest.param(
            ("--ws-url", "ws://localhost/ws", "--wsdiag-mix", "websocket=8,poling=1"),
            'wsdiag: --wsdiag-mix: "poling" is not one of ',
            id="a mistyped kind of page",
        ),
        pytest.param(
            ("--ws-url", "ws://localhost/ws", "--wsdiag-shape", "stairs"),
            'wsdiag: --wsdiag-shape: "stairs" is not one of find-capacity, ',
            id="a shape that does not exist",
        ),
        pytest.param(("--ws-url", "ws://localhost/ws", "PollingUser"), "wsdiag: nothing to poll: ", id="no request"),
    ],
)
def test_bad_option_ends_the_run_before_it_starts(load: Callable, arguments: tuple[str, ...], line: str) -> None:
    run = load(*USERS, *arguments)
    said = [row for row in run.output.splitlines() if "locust.main: Starting Locust" not in row and row]
    assert run.exit_code == 2
    assert len(said) == 1
    assert said[0].startswith(line)
