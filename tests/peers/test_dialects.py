"""Dialects against the servers that people really run: Socket.IO, graphql-ws, a STOMP broker, mosquitto."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from diag.client.reference import ReferenceClient
from diag.dialects import AUTO, load
from diag.model import Client, Route, Target, Verdict
from diag.observations import Session
from diag.rules import judge
from diag.runner import probe

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
SOCKETIO = "/socket.io/?EIO=4&transport=websocket"
GRAPHQL = "graphql-transport-ws"


@pytest.fixture
def node(start, peer, new_port) -> Callable[[str], int]:
    """`node(name)` runs `dialects/NAME.mjs` and returns its port."""

    def begin(name: str) -> int:
        if not (HERE / "node_modules" / "socket.io").exists():
            complain = pytest.fail if os.environ.get("WSDIAG_REQUIRE_PEERS") else pytest.skip
            complain("the servers of package.json are not installed (make peers)")
        port = new_port()
        command = [peer("node"), str(HERE / "dialects" / f"{name}.mjs"), str(port)]
        start(command, cwd=HERE).wait_for_port(port, name)
        return port

    return begin


@pytest.fixture
def mosquitto(start, peer, new_port, tmp_path: Path) -> Callable[[str], int]:
    """`mosquitto()` runs the broker with a WebSocket listener and returns its port.

    Version 2.0 takes a WebSocket listener for none at all, so it gets one more, on a Unix socket.
    """

    def begin(_: str) -> int:
        port = new_port()
        config = tmp_path / "mosquitto.conf"
        config.write_text(
            f"user root\nallow_anonymous true\nlistener 0 {tmp_path}/broker\n"
            f"listener {port} 127.0.0.1\nprotocol websockets\n"
        )
        start([peer("mosquitto"), "-c", str(config)], cwd=tmp_path).wait_for_port(port, "mosquitto")
        return port

    return begin


@pytest.fixture
def server(node, mosquitto) -> Callable[[str], int]:
    """`server(name)` starts the real server of that name and returns its port."""
    return lambda name: mosquitto(name) if name == "mosquitto" else node(name)


def target_of(port: int, path: str, dialect: str, subprotocols: tuple[str, ...], *expect: str) -> Target:
    """Half a second between beats: mosquitto 2.0 may look at its WebSockets only every 100 ms."""
    route = Route("direct", f"ws://127.0.0.1:{port}{path}")
    client = Client(dialect=dialect, subprotocols=subprotocols, heartbeat_interval_s=0.5, heartbeat_timeout_s=2)
    return Target(route.origin, route.url, (route,), client=client, observe_s=1.6, expect=expect)


SERVERS = [
    pytest.param("socketio", SOCKETIO, "socketio", ("bot:status_change",), id="Socket.IO"),
    pytest.param("graphql", "/ws", GRAPHQL, ("connection_ack",), id="graphql-ws"),
    pytest.param("stomp", "/ws", "stomp", (), id="a STOMP broker"),
    pytest.param("mosquitto", "/mqtt", "mqtt", (), id="mosquitto"),
]


@pytest.mark.parametrize(("name", "path", "dialect", "expect"), SERVERS)
def test_a_real_server_is_healthy_in_its_own_dialect(
    server: Callable[[str], int], name: str, path: str, dialect: str, expect: tuple[str, ...]
) -> None:
    # given a real server
    port = server(name)
    # when it is probed in its dialect
    recording = probe(target_of(port, path, dialect, load(dialect).subprotocols, *expect))
    report = judge(recording)
    # then it is healthy: our beats are answered, and its own came as it promised
    assert (report.verdict, report.findings) == (Verdict.HEALTHY, ())
    heartbeat = report.routes[0].heartbeat
    assert heartbeat is not None
    assert heartbeat.kind == load(dialect).beat_kind
    assert heartbeat.received == heartbeat.sent >= 3
    [session] = [item for item in recording.observations if isinstance(item, Session)]
    assert all(beat.answered_ms is not None for beat in session.server_beats)
    assert len(session.server_beats) >= (2 if load(dialect).server_beat else 0)
    assert session.close_answered


@pytest.mark.parametrize(("name", "path", "dialect", "expect"), SERVERS)
def test_auto_recognises_a_real_server(
    server: Callable[[str], int], name: str, path: str, dialect: str, expect: tuple[str, ...]
) -> None:
    # given a page that offers what its library offers, and a user who names no dialect
    target = target_of(server(name), path, AUTO, load(dialect).subprotocols[:1], *expect)
    # when it is probed
    report = judge(probe(target))
    # then the dialect is known, and why
    assert (report.verdict, report.findings) == (Verdict.HEALTHY, ())
    why = "the subprotocol" if load(dialect).subprotocols else "the server greets in it"
    assert any(note.startswith(f"direct: the dialect is {dialect}: {why}") for note in report.notes)


@pytest.mark.parametrize(
    ("name", "path", "dialect", "subprotocols", "cause"),
    [
        pytest.param(
            "socketio", SOCKETIO, "orchestration", (), "plain-client-to-socketio", id="a plain client to Socket.IO"
        ),
        pytest.param(
            "graphql",
            "/ws",
            "orchestration",
            (GRAPHQL,),
            "close-policy-or-app-auth",
            id="not GraphQL: closed with 4400",
        ),
        pytest.param(
            "graphql", "/ws", "plain", (GRAPHQL,), "closed-by-server", id="no connection_init: closed with 4408"
        ),
        pytest.param("stomp", "/ws", "orchestration", (), "heartbeat-unanswered", id="JSON to a STOMP broker"),
        pytest.param("stomp", "/ws", "socketio", (), "heartbeat-unanswered", id="Socket.IO to a STOMP broker"),
        pytest.param("mosquitto", "/mqtt", "orchestration", (), "heartbeat-unanswered", id="no subprotocol, no MQTT"),
        pytest.param(
            "mosquitto", "/mqtt", "plain", ("mqtt",), "backend-handler-crash", id="JSON to mosquitto: dropped"
        ),
    ],
)
def test_the_wrong_dialect_is_found_out(
    server: Callable[[str], int], name: str, path: str, dialect: str, subprotocols: tuple[str, ...], cause: str
) -> None:
    report = judge(probe(target_of(server(name), path, dialect, subprotocols)))
    assert report.verdict in (Verdict.BROKEN, Verdict.DEGRADED)
    assert report.primary_cause == cause


@pytest.mark.parametrize(("name", "path", "dialect", "expect"), SERVERS)
def test_the_reference_client_lives_in_it(
    server: Callable[[str], int], name: str, path: str, dialect: str, expect: tuple[str, ...]
) -> None:
    # given the client that watch and the drills run
    target = target_of(server(name), path, dialect, load(dialect).subprotocols)
    events = []
    # when it lives for longer than the server waits for an introduction, or for an answer to its pings
    ReferenceClient(target, target.page_route, events.append).run(2)
    # then nothing was lost
    kinds = [event.kind for event in events]
    assert kinds.count("opened") == 1
    assert kinds.count("answered") == kinds.count("beat") >= 3
    assert not {"missed", "closed", "refused"} & set(kinds)
