"""Real sockets for every test: scripted servers on port 0, and an environment without forward proxies."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import random
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

Handler = Callable[[socket.socket], None]
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a background job's children would be deaf to Ctrl-C as well
    signal.signal(signal.SIGINT, signal.default_int_handler)

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ws_proxy", "wss_proxy")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy variable and no wsdiag setting of the developer's own shell reaches a test."""
    for name in os.environ:
        if name.lower() in PROXY_VARIABLES or (name.startswith("WSDIAG_") and name != "WSDIAG_REQUIRE_PEERS"):
            monkeypatch.delenv(name)


class ScriptedServer:
    """Accepts on 127.0.0.1 (or ::1) and gives every connection to `handler` in a thread of its own."""

    def __init__(self, handler: Handler, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family)
        self.port: int = self.listener.getsockname()[1]
        self.handler = handler
        self.connections: list[socket.socket] = []
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self.threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self.handler(connection)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(5)


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """`serve(handler)` starts a scripted server; all of them end with the test."""
    started: list[ScriptedServer] = []

    def start(handler: Handler, host: str = "127.0.0.1") -> ScriptedServer:
        started.append(ScriptedServer(handler, host))
        return started[-1]

    yield start
    for server in started:
        server.close()


def read_head(connection: socket.socket) -> bytes:
    """A request's head, up to and including the blank line."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(4096)
        if not part:
            break
        data += part
    return data


# Below those that the system hands out by itself (32768 on Linux, 49152 elsewhere), below those of our own masters, and
# beyond the last that browsers refuse (10080; Fetch, section 2.9).
PORTS = range(10_100, 20_000)


def is_free(port: int) -> bool:
    """On both loopback addresses, as far as the machine has them."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            socket.create_server((address, port), family=family).close()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
    return True


@pytest.fixture(scope="session")
def new_port() -> Callable[[], int]:
    """`new_port()`: a port where nobody listens, for a program that takes no port 0, or for a target that is not there.

    A port that the system has handed out can be taken by any connection between the look and the use. These cannot,
    each process of the tests has its own, and none is given twice before all of them were.
    """
    share = len(PORTS) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    first = share * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    mine = PORTS[first : first + share]
    begin = random.randrange(share)
    turns = itertools.cycle((*mine[begin:], *mine[:begin]))
    return lambda: next(port for port in turns if is_free(port))


@pytest.fixture
def free_port(new_port: Callable[[], int]) -> int:
    """A port where nobody listens."""
    return new_port()


@pytest.fixture
def answering(serve: Callable[..., ScriptedServer]) -> Callable[[bytes], ScriptedServer]:
    """`answering(data)`: a server that reads a request's head, answers with these bytes and closes."""

    def start(data: bytes) -> ScriptedServer:
        def handler(connection: socket.socket) -> None:
            read_head(connection)
            connection.sendall(data)

        return serve(handler)

    return start


def need_peer(name: str) -> str:
    """The path of a real peer's program; without it the test is skipped, and fails where peers are required."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        complain = pytest.fail if os.environ.get("WSDIAG_REQUIRE_PEERS") else pytest.skip
        complain(f"{name} is not installed (make peers)")
    return str(found)


@pytest.fixture
def peer() -> Callable[[str], str]:
    """`peer("nginx")` is the path of a real program, or the end of the test."""
    return need_peer
