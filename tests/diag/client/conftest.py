"""A scripted WebSocket server: it shakes hands, and then does what the test says."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from diag.browser.handshake import accept_value
from diag.client.events import ClientEvent
from diag.client.reference import ReferenceClient
from diag.model import Client, Reconnect, Route, Target

QUICK = Client(
    dialect="plain",
    heartbeat_interval_s=0.05,
    heartbeat_timeout_s=0.4,
    connect_timeout_s=2.0,
    reconnect=Reconnect(attempts=3, interval_s=0.02, max_interval_s=0.04),
)


class Peer:
    """The server's side of one open socket."""

    def __init__(self, connection: socket.socket, head: bytes) -> None:
        self.connection = connection
        self.head = head
        self.buffer = b""

    def send(self, payload: bytes, opcode: int = 1) -> None:
        size = len(payload)
        length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
        self.connection.sendall(bytes([0x80 | opcode]) + length + payload)

    def receive(self) -> tuple[int, bytes]:
        """The next frame: opcode and unmasked payload. OSError at the end of the stream."""
        first, second = self._take(2)
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(self._take(2), "big")
        mask, data = self._take(4), self._take(length)
        return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))

    def pong_until(self, beats: int) -> None:
        """Answers so many application heartbeats and every ping."""
        while beats:
            opcode = self._answer()
            if opcode == 8:
                return
            beats -= opcode == 1

    def pong_what_came(self) -> None:
        """Answers without waiting; the short frames of a client arrive whole."""
        with suppress(BlockingIOError):
            self.buffer += self.connection.recv(65536, socket.MSG_DONTWAIT)
        while self.buffer:
            self._answer()

    def _answer(self) -> int:
        opcode, payload = self.receive()
        reply = {1: 1, 8: 8, 9: 10}[opcode]
        self.send(b'{"type":"pong"}' if reply == 1 else payload, reply)
        return opcode

    def _take(self, size: int) -> bytes:
        while len(self.buffer) < size:
            part = self.connection.recv(65536)
            if not part:
                raise ConnectionError("the client is gone")
            self.buffer += part
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken


def shaken(connection: socket.socket) -> Peer:
    """A peer behind a good handshake."""
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(4096)
        if not part:
            raise ConnectionError("no handshake")
        head += part
    found = re.search(rb"Sec-WebSocket-Key: (\S+)", head)
    assert found
    accept = accept_value(found[1].decode())
    lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
    connection.sendall("\r\n".join((*lines, f"Sec-WebSocket-Accept: {accept}", "", "")).encode())
    return Peer(connection, head)


Script = Callable[[Peer], None]


@pytest.fixture
def speaking(serve: Callable[..., Any]) -> Callable[..., Any]:
    """`speaking(first, second, …)`: the first connection gets the first script, and the last one all that follow."""

    def start(*scripts: Script) -> Any:
        turns = iter(scripts)
        last = scripts[-1]
        lock = threading.Lock()

        def handle(connection: socket.socket) -> None:
            with lock:
                script = next(turns, last)
            script(shaken(connection))

        return serve(handle)

    return start


@pytest.fixture
def target() -> Callable[..., Target]:
    """`target(port, …)`: a target at that port; further arguments are the client's."""

    def make(port: int, **changes: Any) -> Target:
        url = f"ws://127.0.0.1:{port}/ws"
        return Target("http://127.0.0.1", url, (Route("direct", url),), client=replace(QUICK, **changes))

    return make


class Life:
    """A client that runs in a thread, and everything that it said."""

    def __init__(self, target: Target, until_s: float = 60.0, **options: Any) -> None:
        self.events: list[ClientEvent] = []
        self.changed = threading.Condition()
        self.stop = threading.Event()
        self.client = ReferenceClient(target, target.page_route, self._take, **options)
        self.thread = threading.Thread(target=self.client.run, args=(until_s, self.stop), daemon=True)
        self.thread.start()

    def _take(self, event: ClientEvent) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def of(self, *kinds: str) -> list[ClientEvent]:
        return [event for event in self.events if event.kind in kinds]

    def until(self, kind: str, times: int = 1) -> ClientEvent:
        """Waits for the so manieth event of a kind."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.of(kind)) >= times, 30), self.events[-5:]
        return self.of(kind)[times - 1]

    def over(self) -> None:
        """Waits for the client's own end."""
        self.thread.join(30)
        assert not self.thread.is_alive()

    def leave(self) -> None:
        self.stop.set()
        self.over()


@pytest.fixture
def live() -> Any:
    """`live(target, …)` starts a client; all of them end with the test."""
    started: list[Life] = []

    def start(target: Target, **options: Any) -> Life:
        started.append(Life(target, **options))
        return started[-1]

    yield start
    for life in started:
        life.leave()
