"""Run by tests/scenarios/test_engine.py in a process that Locust has patched, and by nobody else."""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Callable, Iterator

import pytest

if "locust" not in sys.modules:
    collect_ignore_glob = ["*"]
else:
    import socket
    import ssl
    import threading

    import trustme
    from gevent.event import Event

    from diag.model import Client, Route, Target, Tls
    from diag.observations import Closed
    from scenarios.engine import Handler, Opener, Session, loop

    GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    WAIT_S = 20

    class Recorder(Handler):
        """Keeps all that it hears; `heard(n)` waits for so many messages, `gone()` for the end."""

        def __init__(self) -> None:
            self.events: list[tuple[str, bytes]] = []
            self.times: list[float] = []
            self.ends: list[Closed | None] = []
            self.changed = Event()

        def note(self, kind: str, data: bytes, at: float) -> None:
            self.events.append((kind, data))
            self.times.append(at)
            self.changed.set()

        def on_text(self, session: Session, data: bytes, at: float) -> None:
            self.note("text", data, at)

        def on_binary(self, session: Session, data: bytes, at: float) -> None:
            self.note("binary", data, at)

        def on_ping(self, session: Session, payload: bytes, at: float) -> None:
            self.note("ping", payload, at)

        def on_pong(self, session: Session, payload: bytes, at: float) -> None:
            self.note("pong", payload, at)

        def on_closed(self, session: Session, closed: Closed | None) -> None:
            self.ends.append(closed)
            self.changed.set()

        def until(self, condition: Callable[[], bool]) -> None:
            while not condition():
                self.changed.clear()
                assert self.changed.wait(WAIT_S), (self.events[-3:], self.ends)

        def heard(self, count: int) -> list[tuple[str, bytes]]:
            self.until(lambda: len(self.events) >= count)
            return self.events

        def gone(self) -> Closed | None:
            self.until(lambda: bool(self.ends))
            assert len(self.ends) == 1
            return self.ends[0]

    @pytest.fixture
    def recorder() -> Recorder:
        return Recorder()

    @pytest.fixture
    def recorders() -> type[Recorder]:
        return Recorder

    @pytest.fixture(autouse=True)
    def engine() -> Iterator[None]:
        """A fresh loop for every test."""
        yield
        loop().stop()

    def shake_hands(connection: socket.socket, extra: bytes = b"") -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            part = connection.recv(4096)
            if not part:
                raise OSError("no request")
            head += part
        key = next(
            line.partition(b":")[2].strip() for line in head.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key")
        )
        accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + extra
        )

    @pytest.fixture
    def handshake() -> Callable[..., None]:
        return shake_hands

    @pytest.fixture
    def websocket_server(serve) -> Callable[..., int]:
        """`websocket_server(script)`: after the handshake `script(connection)` says what it likes; the port."""

        def start(script: Callable[[socket.socket], None], extra: bytes = b"") -> int:
            def handler(connection: socket.socket) -> None:
                shake_hands(connection, extra)
                script(connection)

            return serve(handler).port

        return start

    def target_of(url: str, **client: object) -> Target:
        tls = client.pop("tls", Tls())
        resolve = client.pop("resolve", ())
        return Target(
            page="http://localhost:5173", url=url, routes=(Route("direct", url),), client=Client(**client), tls=tls,
            resolve=resolve,
        )  # fmt: skip

    @pytest.fixture
    def target() -> Callable[..., Target]:
        return target_of

    @pytest.fixture
    def opens() -> Callable[..., Session]:
        """`opens(port, handler)`: an open session."""

        def start(port: int, handler: Handler, **client: object) -> Session:
            session = Opener(target_of(f"ws://127.0.0.1:{port}/ws", **client)).open(handler)
            assert isinstance(session, Session), session
            return session

        return start

    @pytest.fixture(scope="session")
    def authority() -> trustme.CA:
        return trustme.CA()

    @pytest.fixture
    def server_tls(authority) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        return context

    @pytest.fixture
    def trust(authority, tmp_path) -> Tls:
        file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(file))
        return Tls(cacert=str(file))

    @pytest.fixture
    def gate() -> threading.Event:
        """What a script waits for; open at the end in any case."""
        return threading.Event()
