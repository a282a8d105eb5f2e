from __future__ import annotations

import contextlib
import queue
import socket
import threading

import pytest

from diag.drill.listen import Listener
from diag.drill.notation import written_step
from diag.faultproxy.proxy import Upstream
from diag.model import Route, Target

PATIENCE_S = 20.0


@pytest.fixture
def listening(serve):
    """`listening(*faults)`: the lines of a listener in front of a server that echoes, and the listener."""
    started: list[tuple[Listener, threading.Thread]] = []

    def echo(connection: socket.socket) -> None:
        while data := connection.recv(4096):
            connection.sendall(data)

    def start(*faults: str) -> tuple[queue.Queue[str], Listener]:
        port = serve(echo).port
        lines: queue.Queue[str] = queue.Queue()
        url = f"ws://127.0.0.1:{port}/ws?a=1"
        target = Target("http://localhost", url, (Route("proxy", url),))
        steps = tuple(map(written_step, faults))
        listener = Listener(target, Upstream(("127.0.0.1",), port), steps, lines.put)
        thread = threading.Thread(target=listener.run, args=("127.0.0.1", 0))
        thread.start()
        started.append((listener, thread))
        return lines, listener

    yield start
    for listener, thread in started:
        listener.stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def address(line: str) -> tuple[str, int]:
    """Where the first line says that it listens."""
    host, _, port = line.removeprefix("ws://").partition("/")[0].partition(":")
    return host, int(port)


def test_it_relays_and_tells_of_connections(listening) -> None:
    lines, _ = listening()
    first = lines.get(timeout=PATIENCE_S)
    assert "/ws?a=1 leads to ws://127.0.0.1:" in first
    assert "it only relays" in lines.get(timeout=PATIENCE_S)
    with socket.create_connection(address(first), PATIENCE_S) as client:
        client.sendall(b"\x00hello")
        assert client.recv(6) == b"\x00hello"
        assert lines.get(timeout=PATIENCE_S).endswith("connection 1 opened")
    assert lines.get(timeout=PATIENCE_S).endswith("connection 1 ended")


def test_its_faults_begin_and_end(listening) -> None:
    lines, _ = listening("refuse,at=100ms,for=100ms")
    told = [lines.get(timeout=PATIENCE_S) for _ in range(4)]

    assert told[1] == "Ctrl-C ends it."
    assert told[2].endswith("▼ new connections are refused")
    assert told[3].endswith("▲ the way is clear")
    socket.create_connection(address(told[0]), PATIENCE_S).close()


def test_it_ends_when_nobody_listens_to_it(listening) -> None:
    lines, listener = listening()
    first = lines.get(timeout=PATIENCE_S)
    assert lines.get(timeout=PATIENCE_S)

    def gone(_: str) -> None:
        raise BrokenPipeError

    listener.say = gone
    with contextlib.suppress(ConnectionResetError):  # it may have ended before `connect` has looked
        socket.create_connection(address(first), PATIENCE_S).close()

    assert listener.stop.wait(PATIENCE_S)
