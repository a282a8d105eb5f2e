"""A scripted WebSocket server, the fault proxy in front of it, and a client on a raw socket."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from diag.browser.handshake import accept_value
from diag.faultproxy.proxy import FaultProxy, Upstream

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
PATIENCE_S = 20.0
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: somewhere\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY.encode() + b"\r\n\r\n"
)
OPENED = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Accept: {accept_value(KEY)}\r\n\r\n"
).encode()


def text(payload: str) -> bytes:
    """A server's text frame."""
    return bytes((0x81, len(payload))) + payload.encode()


class Server:
    """Accepts WebSockets; `sessions` hands out each connection with the head that came on it."""

    def __init__(self, serve: Callable[..., Any]) -> None:
        self.sessions: queue.Queue[tuple[socket.socket, bytes]] = queue.Queue()
        self._done: list[socket.socket] = []
        self._lock = threading.Lock()
        self._closed = False
        self.port = serve(self._handle).port

    def session(self) -> socket.socket:
        return self.session_and_head()[0]

    def session_and_head(self) -> tuple[socket.socket, bytes]:
        found = self.sessions.get(timeout=PATIENCE_S)
        self._done.append(found[0])
        return found

    def close(self) -> None:
        with self._lock:
            self._closed = True
        while not self.sessions.empty():
            self._done.append(self.sessions.get()[0])
        for connection in self._done:
            connection.close()

    def _handle(self, connection: socket.socket) -> None:
        mine = connection.dup()
        mine.settimeout(PATIENCE_S)
        head = b""
        while b"\r\n\r\n" not in head and (part := mine.recv(4096)):
            head += part
        with contextlib.suppress(OSError):
            if b"pgrade: websocket" in head:
                mine.sendall(OPENED)
            elif head:
                mine.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nplain")
        with self._lock:
            if head and not self._closed:
                self.sessions.put((mine, head))
                return
        mine.close()


@pytest.fixture
def server(serve: Callable[..., Any]) -> Iterator[Server]:
    started = Server(serve)
    yield started
    started.close()


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with FaultProxy(Upstream(("127.0.0.1",), server.port)) as running:
        yield running


class Client:
    """A raw client; `get` reads so many bytes, `until_end` the rest."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)

    def get(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                return data
            data += part
        return data

    def until_end(self) -> bytes:
        data = b""
        while part := self.socket.recv(4096):
            data += part
        return data

    def gets_nothing(self, for_s: float = 0.2) -> bool:
        """Nothing comes for a moment; that is no proof, and what comes later is checked as well."""
        self.socket.settimeout(for_s)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) is None
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE_S)


@pytest.fixture
def connect(proxy: FaultProxy) -> Iterator[Callable[[], Client]]:
    """`connect()` is a client of the proxy, before its handshake."""
    clients: list[Client] = []

    def start() -> Client:
        clients.append(Client(proxy.port))
        return clients[-1]

    yield start
    for client in clients:
        client.socket.close()


@pytest.fixture
def opened(connect: Callable[[], Client], server: Server) -> Callable[[], tuple[Client, socket.socket]]:
    """`opened()` is a client behind its handshake, and the server's end of it."""

    def start() -> tuple[Client, socket.socket]:
        client = connect()
        client.socket.sendall(UPGRADE)
        assert client.get(len(OPENED)) == OPENED
        return client, server.session()

    return start
