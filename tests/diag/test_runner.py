"""The whole run against real servers: what is asked, how often, and what remains when it is cut short."""

from __future__ import annotations

import _thread
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import diag
from diag.browser.handshake import accept_value
from diag.lab import Lab
from diag.model import ApiRequest, Client, Route, Target
from diag.observations import Broken, Environment, Exchange, RestCall, Session
from diag.recording import Recording
from diag.rules import judge
from diag.runner import patience, probe
from diag.seen import Seen

Handler = Callable[[socket.socket, str], None]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(diag.__file__).parents[1])}


def head_of(connection: socket.socket) -> str:
    """A request's head; what begins like TLS is none."""
    data = b""
    while b"\r\n\r\n" not in data and data[:1] != b"\x16" and (part := connection.recv(4096)):
        data += part
    return data.decode("latin-1")


def is_upgrade(head: str) -> bool:
    return "\r\nUpgrade: websocket\r\n" in head


def refuse(connection: socket.socket, status: int = 404) -> None:
    connection.sendall(f"HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\nno".encode())


def accept(connection: socket.socket, head: str) -> None:
    key = head.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
    lines = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept_value(key)}")
    connection.sendall("\r\n".join(("HTTP/1.1 101 Switching Protocols", *lines, "", "")).encode())


def listen(connection: socket.socket) -> None:
    """Reads to the end, and answers the Close that a watch ends with."""
    while data := connection.recv(4096):
        if data[0] == 0x88:
            connection.sendall(b"\x88\x02\x03\xe8")


def opens(connection: socket.socket, head: str) -> None:
    """A backend that opens every upgrade and refuses every plain request."""
    if is_upgrade(head):
        accept(connection, head)
        listen(connection)
    else:
        refuse(connection)


@pytest.fixture
def serving(serve):
    """`serving(handler)`: a server whose handler gets every connection and the head of its request."""
    return lambda handler: serve(lambda connection: handler(connection, head_of(connection)))


def one_route(port: int, **changes) -> Target:
    route = Route("proxy", f"ws://127.0.0.1:{port}/ws")
    client = Client(connect_timeout_s=10.0, dialect="protocol")
    return replace(Target(route.origin, route.url, (route,), client=client, observe_s=0.3), **changes)


def variants(recording: Recording) -> Counter[str]:
    return Counter(item.variant for item in recording.observations if isinstance(item, Exchange))


def exchange(recording: Recording, variant: str = "browser") -> Exchange:
    found = Seen(recording.target, recording.observations).exchange(recording.target.page_route, variant)
    assert found is not None
    return found


def test_a_healthy_target_is_asked_once_on_every_route_and_a_proxy_once_more() -> None:
    with Lab(push_interval_s=0.1) as lab:
        recording = probe(replace(lab.target(), observe_s=0.5))
    found = Counter((item.route, item.variant) for item in recording.observations if isinstance(item, Exchange))
    again = {("proxy", "repeat"), ("proxy", "repeat=2")}  # a proxy may have several upstreams
    assert set(found) - again == {("proxy", "browser"), ("direct", "browser"), ("proxy", "page")}
    assert set(found.values()) == {1}
    sessions = [item for item in recording.observations if isinstance(item, Session)]
    assert {(item.route, item.closed) for item in sessions} == {("proxy", None), ("direct", None)}
    calls = Counter(item.variant for item in recording.observations if isinstance(item, RestCall))
    assert calls == {"page": 3, "foreign-origin": 1}  # one request of the lab's page has credentials
    assert recording.interrupted is False


def test_every_exchange_is_one_connection_and_none_is_tried_again(serving) -> None:
    server = serving(lambda connection, _: refuse(connection, 403))
    recording = probe(one_route(server.port))
    asked = variants(recording)
    assert set(asked.values()) == {1}
    assert {"browser", "page", "get", "no-origin", "sibling"} <= set(asked)
    elsewhere = sum(count for variant, count in asked.items() if variant.startswith("drift"))
    assert len(server.connections) == asked.total() - elsewhere


def test_while_a_handshake_hangs_the_experiments_already_run(serving) -> None:
    """The server answers the first upgrade only when a plain GET has come behind it."""
    first, asked = threading.Event(), threading.Event()

    def waits(connection: socket.socket, head: str) -> None:
        if is_upgrade(head) and not first.is_set():
            first.set()
            assert asked.wait(10)
            opens(connection, head)
        elif head.startswith("GET /ws ") and not is_upgrade(head):
            asked.set()
            refuse(connection)

    recording = probe(one_route(serving(waits).port))
    assert (exchange(recording).status, exchange(recording, "get").status) == (101, 404)
    assert variants(recording)["browser"] == 1


def test_a_hanging_server_is_cut_off_once_by_the_connect_timeout(serving) -> None:
    def hangs(connection: socket.socket, head: str) -> None:
        listen(connection) if is_upgrade(head) else refuse(connection)

    server = serving(hangs)
    target = one_route(server.port, client=Client(connect_timeout_s=1.5))
    recording = probe(target)
    seen = Seen(target, recording.observations)
    assert seen.hangs(seen.page)
    assert exchange(recording, "get").status == 404
    assert set(variants(recording).values()) == {1}
    assert len(server.connections) == variants(recording).total()


def test_no_forward_proxy_of_the_environment_is_ever_asked(serving, monkeypatch: pytest.MonkeyPatch) -> None:
    sentinel = serving(lambda *_: None)
    names = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "HTTP_PROXY", "WSS_PROXY")
    for name in names:
        monkeypatch.setenv(name, f"http://127.0.0.1:{sentinel.port}")
    port = serving(opens).port
    recording = probe(one_route(port, api=(ApiRequest(f"http://127.0.0.1:{port}/api"),)))
    assert sentinel.connections == []
    assert exchange(recording).status == 101
    [environment] = [item for item in recording.observations if isinstance(item, Environment)]
    assert set(environment.proxies_set) == set(names)


def test_a_sandboxed_page_has_no_document_to_ask_for(serving) -> None:
    server = serving(opens)
    recording = probe(one_route(server.port, page="null"))
    assert "page" not in variants(recording)
    assert dict(exchange(recording).sent)["Origin"] == "null"


def test_a_session_that_ended_is_tried_again_with_the_suspect_left_out(serving) -> None:
    """The handler dies of our first message, and lives as long as we are silent."""

    def crashes(connection: socket.socket, head: str) -> None:
        if is_upgrade(head):
            accept(connection, head)
            connection.recv(1)
        else:
            refuse(connection)

    recording = probe(one_route(serving(crashes).port, client=Client(), observe_s=1.0))
    sessions = {item.variant: item for item in recording.observations if isinstance(item, Session)}
    closed = sessions["browser"].closed
    assert closed is not None
    assert closed.how in ("fin", "rst")
    assert (sessions["silent"].closed, sessions["silent"].sent_total) == (None, 0)


def test_an_idle_limit_is_looked_for_if_asked(serving) -> None:
    server = serving(opens)
    recording = probe(one_route(server.port, idle_limit_s=0.4))
    [idle] = [item for item in recording.observations if isinstance(item, Session) and item.variant == "idle"]
    assert (idle.closed, idle.sent_total) == (None, 0)
    assert idle.watched_ms >= 400


def test_a_deadline_ends_everything(serving) -> None:
    """Half a second for a handshake that never comes back, and a minute's watch beside it."""
    open_ended = serving(opens)
    mute = serving(lambda connection, _: listen(connection))
    proxy = Route("proxy", f"ws://127.0.0.1:{open_ended.port}/ws")
    direct = Route("direct", f"ws://127.0.0.1:{mute.port}/ws")
    recording = probe(Target(proxy.origin, proxy.url, (proxy, direct), observe_s=60.0, deadline_s=0.6))
    seen = Seen(recording.target, recording.observations)
    session = seen.session(proxy)
    assert session is not None
    assert session.closed is None
    assert session.watched_ms < 60_000
    assert seen.hangs(direct)
    assert not recording.interrupted


def test_a_defect_of_ours_is_reported_as_such(serving) -> None:
    def progress(_: str) -> None:
        raise ZeroDivisionError("boom")

    recording = probe(one_route(serving(opens).port), progress)
    [broken] = [item for item in recording.observations if isinstance(item, Broken)]
    assert (broken.probe, broken.route, broken.reason) == ("probe", "proxy", "ZeroDivisionError: boom")
    assert exchange(recording).status == 101


def test_progress_is_told_in_words(serving) -> None:
    said: list[str] = []
    probe(one_route(serving(opens).port), said.append)
    assert said == ["proxy: open, watching for 0.3 s"]


def test_ctrl_c_keeps_what_was_seen_until_then(serving) -> None:
    """The interrupt comes at the beginning of a watch of ten minutes."""
    recording = probe(one_route(serving(opens).port, observe_s=600.0), lambda _: _thread.interrupt_main())
    assert recording.interrupted
    assert exchange(recording).status == 101
    [session] = [item for item in recording.observations if isinstance(item, Session)]
    assert session.closed is None
    assert session.watched_ms < 600_000


def test_ctrl_c_in_a_shell_prints_what_was_found_and_exits_with_130(serving, tmp_path) -> None:
    opened = threading.Event()

    def watched(connection: socket.socket, head: str) -> None:
        if is_upgrade(head):
            accept(connection, head)
            connection.recv(1)  # the first beat: the watch has begun
            opened.set()
            listen(connection)
        else:
            refuse(connection)

    url = f"ws://127.0.0.1:{serving(watched).port}/ws"
    line = [sys.executable, "-c", "from diag.cli import main; main()", "probe", url, "--observe", "600s"]
    process = subprocess.Popen(
        [*line, "--format", "json"], cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert opened.wait(20)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    report = json.loads(out)
    assert process.returncode == 130
    assert (report["verdict"], report["routes"]["proxy"]["opened"]) == ("unknown", True)
    assert any(note.startswith("interrupted") for note in report["notes"])


def test_the_limit_of_a_message_is_looked_for_where_ours_was_too_big(serving) -> None:
    """A library with a limit of 100 bytes: a heartbeat is longer."""

    def limits(connection: socket.socket, head: str) -> None:
        if not is_upgrade(head):
            refuse(connection)
            return
        accept(connection, head)
        stream = connection.makefile("rb")
        while begin := stream.read(2):
            size = begin[1] & 127
            size = int.from_bytes(stream.read(2)) if size == 126 else size
            mask, payload = stream.read(4), stream.read(size)
            if begin[0] == 0x81 and size > 100:
                connection.sendall(b"\x88\x02\x03\xf1")
                return
            if begin[0] in (0x89, 0x88):
                plain = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
                connection.sendall(bytes([begin[0] + (begin[0] == 0x89), size]) + plain)

    recording = probe(one_route(serving(limits).port, client=Client(heartbeat_interval_s=0.1), observe_s=1.0))
    tried = Seen(recording.target, recording.observations).sizes(recording.target.page_route)
    assert 3 <= len(tried) <= 8
    assert {size: taken for size, taken in tried.items() if taken is not (size <= 100)} == {}
    found = next(item for item in judge(recording).findings if item.code == "message-too-big-1009")
    assert {"the smallest message refused", "the largest message taken"} <= {item.label for item in found.evidence}


def test_an_answer_for_any_origin_is_asked_for_by_a_foreign_one(serving) -> None:
    def reflects(connection: socket.socket, head: str) -> None:
        if is_upgrade(head):
            opens(connection, head)
            return
        origin = head.partition("Origin: ")[2].partition("\r\n")[0]
        allowed = f"Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true"
        connection.sendall(f"HTTP/1.1 200 OK\r\n{allowed}\r\nContent-Length: 2\r\n\r\n{{}}".encode())

    port = serving(reflects).port
    request = ApiRequest(f"http://127.0.0.1:{port}/api", credentials="include")
    recording = probe(one_route(port, page="http://localhost:5173", api=(request,)))
    calls = [item for item in recording.observations if isinstance(item, RestCall)]
    assert [call.variant for call in calls] == ["page", "foreign-origin"]
    assert [item.code for item in judge(recording).findings] == ["cors-reflects-any-origin"]


@pytest.mark.parametrize(
    ("took_ms", "longest_s", "seconds"),
    [
        pytest.param(3.0, 15.0, 2.0, id="a quick server gets a moment"),
        pytest.param(4000.0, 15.0, 8.0, id="a slow one twice its time"),
        pytest.param(14_000.0, 15.0, 15.0, id="and no more than any handshake"),
        pytest.param(3.0, 0.5, 0.5, id="a user in a hurry"),
    ],
)
def test_how_long_an_experiment_may_take(took_ms: float, longest_s: float, seconds: float) -> None:
    assert patience(took_ms, longest_s) == seconds


@pytest.mark.parametrize(
    ("answered", "asked", "found"),
    [
        pytest.param("stopped", ["page", "again"], ["ws-rest-value-divergence"], id="REST keeps to another value"),
        pytest.param("running", ["page"], [], id="both agree: nothing more is asked"),
    ],
)
def test_a_value_that_rest_contradicts_is_asked_for_once_more(
    serving, answered: str, asked: list[str], found: list[str]
) -> None:
    def pushes(connection: socket.socket, head: str) -> None:
        if is_upgrade(head):
            accept(connection, head)
            update = json.dumps({"type": "bot:status_change", "data": {"botId": "bot-1", "status": "running"}})
            connection.sendall((b"\x81" + bytes([len(update)]) + update.encode()) * 3)
            listen(connection)
        else:
            body = json.dumps([{"botId": "bot-1", "status": answered}])
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    port = serving(pushes).port
    recording = probe(one_route(port, api=(ApiRequest(f"http://127.0.0.1:{port}/api/bots"),)))
    calls = [item.variant for item in recording.observations if isinstance(item, RestCall)]
    assert calls == asked
    codes = [item.code for item in judge(recording).findings if item.layer == "updates"]
    assert codes == found
