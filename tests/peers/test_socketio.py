"""Socket.IO as it is often set up: of another version, without its WebSocket, over several processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from diag.model import ApiRequest, Client, Route, Target, Verdict
from diag.observations import Exchange
from diag.rules import judge
from diag.runner import probe

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
POLLING = "/socket.io/?EIO=4&transport=polling"


@pytest.fixture
def server(start, peer, new_port) -> Callable[[str], int]:
    """`server(kind)` runs Socket.IO set up in that way and returns its port."""

    def begin(kind: str) -> int:
        if not (HERE / "node_modules" / "socket.io").exists():
            complain = pytest.fail if os.environ.get("WSDIAG_REQUIRE_PEERS") else pytest.skip
            complain("the servers of package.json are not installed (make peers)")
        port = new_port()
        command = [peer("node"), str(HERE / "dialects" / "engineio.mjs"), str(port), kind]
        start(command, cwd=HERE).wait_for_port(port, "Socket.IO")
        return port

    return begin


def target_of(port: int, version: int = 4, *, polls: bool = False) -> Target:
    route = Route("direct", f"ws://127.0.0.1:{port}/socket.io/?EIO={version}&transport=websocket")
    client = Client(dialect="socketio", heartbeat_interval_s=0.5, heartbeat_timeout_s=2)
    api = (ApiRequest(f"http://127.0.0.1:{port}{POLLING}"),) if polls else ()
    return Target(route.origin, route.url, (route,), api=api, client=client, observe_s=1)


@pytest.mark.parametrize(
    ("kind", "version", "polls", "cause"),
    [
        pytest.param("usual", 3, False, "socketio-version-mismatch", id="an old client, a new server"),
        pytest.param("polling", 4, False, "socketio-polling-only", id="the WebSocket transport is switched off"),
        pytest.param(
            "two-in-turn", 4, True, "socketio-not-sticky", id="two processes in turn, and a client that polls"
        ),
    ],
)
def test_what_is_wrong_is_named(server: Callable[[str], int], kind: str, version: int, polls: bool, cause: str) -> None:
    report = judge(probe(target_of(server(kind), version, polls=polls)))
    assert report.primary_cause == cause
    assert report.verdict in (Verdict.BROKEN, Verdict.DEGRADED)


@pytest.mark.parametrize(
    ("kind", "version", "polls"),
    [
        pytest.param("usual", 4, True, id="one process"),
        pytest.param("old", 4, False, id="a server for both versions, and a new client"),
        pytest.param("two-in-turn", 4, False, id="two processes in turn, and a client that begins with WebSocket"),
    ],
)
def test_what_is_well_stays_healthy(server: Callable[[str], int], kind: str, version: int, polls: bool) -> None:
    report = judge(probe(target_of(server(kind), version, polls=polls)))
    assert (report.verdict, report.primary_cause) == (Verdict.HEALTHY, None)
    assert {item.code for item in report.findings} <= {"socketio-not-sticky"}


def test_a_healthy_server_is_asked_for_one_session_and_four_times_for_it(server: Callable[[str], int]) -> None:
    recording = probe(target_of(server("usual")))
    asked = [item for item in recording.observations if isinstance(item, Exchange)]
    assert sum(item.variant == "polling" for item in asked) == 1
    assert [item.status for item in asked if item.variant.startswith("sid=")] == [101] * 4
