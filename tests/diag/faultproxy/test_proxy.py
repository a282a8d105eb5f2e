"""Every fault, as it shows at the wire: a scripted server, the proxy in front of it, a client on a raw socket."""

from __future__ import annotations

import contextlib
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme

from diag.browser.handshake import accept_value
from diag.faultproxy.fault import (
    AcceptThenDrop,
    Bandwidth,
    BlackHole,
    CloseWith,
    Cut,
    DropPongs,
    Flap,
    Latency,
    Refuse,
    Reset,
    Restart,
)
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


Opened = Callable[[], tuple[Client, socket.socket]]
MASKED_HI = b"\x81\x82\x00\x00\x00\x00hi"
MASKED_PONG = b"\x8a\x80\x00\x00\x00\x00"
MASKED_CLOSE = b"\x88\x82\x00\x00\x00\x00\x03\xf3"


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE_S).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it was let in, and the proxy was quicker than `connect`
        pass
    return False


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def got(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (part := connection.recv(size - len(data))):
        data += part
    return data


def test_without_a_fault_both_directions_pass(opened: Opened) -> None:
    client, server = opened()
    client.socket.sendall(MASKED_HI)
    server.sendall(text("ho"))

    assert got(server, len(MASKED_HI)) == MASKED_HI
    assert client.get(4) == text("ho")


def test_an_end_is_handed_on(opened: Opened) -> None:
    client, server = opened()
    server.close()

    assert client.until_end() == b""


def test_a_reset_is_handed_on(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    server.close()

    with pytest.raises(ConnectionResetError):
        client.until_end()
    until(lambda: proxy.open == 0)


def test_refuse_closes_the_listener_and_nothing_else(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    proxy.set(Refuse())
    assert is_refused(proxy.port)
    server.sendall(text("still"))
    assert client.get(7) == text("still")

    proxy.set()
    assert not is_refused(proxy.port)


def test_the_port_stays_ours_while_it_refuses(proxy: FaultProxy) -> None:
    proxy.set(Refuse())

    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", proxy.port))


def test_reset_resets_both_sides(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    proxy.set(Reset())

    with pytest.raises(ConnectionResetError):
        client.until_end()
    with pytest.raises(ConnectionResetError):
        got(server, 1)
    opened()


def test_a_second_reset_strikes_again(opened: Opened, proxy: FaultProxy) -> None:
    for _ in range(2):
        client, _server = opened()
        proxy.set(Reset())
        with pytest.raises(ConnectionResetError):
            client.until_end()


def test_close_writes_a_frame_and_waits_for_the_clients(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    proxy.set(CloseWith(1011, "oops"))

    assert client.get(8) == b"\x88\x06\x03\xf3oops"
    client.socket.sendall(MASKED_CLOSE)
    assert got(server, len(MASKED_CLOSE)) == MASKED_CLOSE
    assert client.until_end() == b""


def test_close_waits_for_the_end_of_a_frame(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    server.sendall(text("half")[:4])
    assert client.get(4) == text("half")[:4]
    proxy.set(CloseWith(1011))
    server.sendall(text("half")[4:] + text("too late"))

    assert client.get(2 + 4) == b"lf\x88\x02\x03\xf3"
    client.socket.sendall(MASKED_CLOSE)
    assert client.until_end() == b""


def test_close_ends_a_connection_that_has_no_frames(connect: Callable[[], Client], proxy: FaultProxy) -> None:
    client = connect()
    client.socket.sendall(b"GET / HT")
    until(lambda: proxy.open == 1)
    proxy.set(CloseWith(1011))

    assert client.until_end() == b""


def test_restart_closes_with_1012_and_refuses(opened: Opened, proxy: FaultProxy) -> None:
    client, _ = opened()
    proxy.set(Restart())

    assert client.get(4) == b"\x88\x11\x03\xf4"
    assert is_refused(proxy.port)
    proxy.set()
    opened()


def test_a_black_hole_holds_everything_and_delivers_it_later(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    proxy.set(BlackHole())
    server.sendall(text("one"))
    client.socket.sendall(MASKED_HI)
    assert client.gets_nothing()
    server.sendall(text("two"))

    proxy.set()
    assert client.get(10) == text("one") + text("two")
    assert got(server, len(MASKED_HI)) == MASKED_HI


def test_an_end_does_not_pass_a_black_hole(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    proxy.set(BlackHole())
    server.close()
    assert client.gets_nothing()

    proxy.set()
    assert client.until_end() == b""


def test_a_black_hole_in_one_direction(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    proxy.set(BlackHole("to-server"))
    client.socket.sendall(MASKED_HI)
    server.sendall(text("down"))

    assert client.get(6) == text("down")
    server.settimeout(0.2)
    with pytest.raises(TimeoutError):
        server.recv(1)


def test_a_handshake_into_a_black_hole_gets_no_answer(connect: Callable[[], Client], proxy: FaultProxy) -> None:
    proxy.set(BlackHole())
    client, leaver = connect(), connect()
    client.socket.sendall(UPGRADE)
    assert client.gets_nothing()
    leaver.socket.close()

    proxy.set()
    assert client.get(len(OPENED)) == OPENED


def test_latency_delays_and_keeps_the_order(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    proxy.set(Latency(0.2, 0.1))
    began = time.monotonic()
    frames = [text(f"message {number}") for number in range(5)]
    for frame in frames:
        server.sendall(frame)

    assert client.get(len(b"".join(frames))) == b"".join(frames)
    assert time.monotonic() - began >= 0.1


def test_bandwidth_is_kept(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    proxy.set(Bandwidth(10_000.0))
    began = time.monotonic()
    data = b"\x82\x7e\x0b\xb8" + bytes(3000)
    server.sendall(data)

    assert client.get(len(data)) == data
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("direction", ["both", "to-client"])
def test_pongs_vanish_and_the_rest_passes(opened: Opened, proxy: FaultProxy, direction: str) -> None:
    client, server = opened()
    proxy.set(DropPongs(direction))
    server.sendall(b"\x8a\x02ab" + text("after"))
    client.socket.sendall(MASKED_PONG + MASKED_HI)

    assert client.get(7) == text("after")
    expected = MASKED_HI if direction == "both" else MASKED_PONG + MASKED_HI
    assert got(server, len(expected)) == expected


def test_cut_after_messages(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    server.sendall(text("before"))
    assert client.get(8) == text("before")
    proxy.set(Cut(after_messages=2))
    with contextlib.suppress(OSError):
        server.sendall(text("one") + b"\x8a\x00" + text("two") + text("three"))

    assert client.until_end() == text("one") + b"\x8a\x00" + text("two")


def test_cut_after_bytes(opened: Opened, proxy: FaultProxy) -> None:
    client, server = opened()
    proxy.set(Cut(after_bytes=7))
    server.sendall(text("one") + text("two"))

    assert client.until_end() == text("one") + text("two")[:2]


def test_accept_then_drop_ends_behind_the_101(
    opened: Opened, connect: Callable[[], Client], server: Server, proxy: FaultProxy
) -> None:
    older, its_server = opened()
    proxy.set(AcceptThenDrop())
    client = connect()
    client.socket.sendall(UPGRADE)
    assert client.until_end() == OPENED
    its_server.sendall(text("on"))
    assert older.get(4) == text("on")

    plain = connect()
    plain.socket.sendall(b"GET /api HTTP/1.1\r\nHost: a\r\n\r\n")
    server.session()
    plain_server = server.session()
    plain_server.close()
    assert plain.until_end().endswith(b"plain")


def test_flapping_goes_down_and_up_again(opened: Opened, proxy: FaultProxy) -> None:
    client, _ = opened()
    proxy.set(Flap(up_s=0.2, down_s=0.2))
    with pytest.raises(ConnectionResetError):
        client.until_end()
    until(lambda: is_refused(proxy.port))
    until(lambda: not is_refused(proxy.port))
    until(lambda: is_refused(proxy.port))

    proxy.set()
    assert not is_refused(proxy.port)
    opened()


def test_the_host_header_is_the_servers(server: Server) -> None:
    with FaultProxy(Upstream(("127.0.0.1",), server.port, "app.example")) as proxy:
        client = Client(proxy.port)
        client.socket.sendall(UPGRADE)
        assert client.get(len(OPENED)) == OPENED
        _, head = server.session_and_head()
        client.socket.close()

    assert b"\r\nHost: app.example\r\n" in head


@pytest.fixture
def tls_port(serve: Callable[..., Any]) -> tuple[int, ssl.SSLContext]:
    """A server that greets over TLS, and a context that trusts it."""
    authority = trustme.CA()
    theirs, ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("app.example").configure_cert(theirs)
    authority.configure_trust(ours)

    def handle(connection: socket.socket) -> None:
        with theirs.wrap_socket(connection, server_side=True) as encrypted:
            head = encrypted.recv(4096)
            encrypted.sendall(OPENED + text("secret") if head.startswith(b"GET") else b"?")
            encrypted.recv(4096)

    return serve(handle).port, ours


def test_the_proxy_encrypts_towards_the_server(tls_port: tuple[int, ssl.SSLContext]) -> None:
    port, context = tls_port
    with FaultProxy(Upstream(("127.0.0.1",), port, tls=context, server_name="app.example")) as proxy:
        client = Client(proxy.port)
        client.socket.sendall(UPGRADE)
        assert client.get(len(OPENED) + 8) == OPENED + text("secret")
        proxy.set(CloseWith(1011))
        assert client.get(4) == b"\x88\x02\x03\xf3"
        client.socket.close()


def test_what_the_client_encrypts_passes_as_it_is(tls_port: tuple[int, ssl.SSLContext]) -> None:
    port, context = tls_port
    with FaultProxy(Upstream(("127.0.0.1",), port)) as proxy:
        raw = socket.create_connection(("127.0.0.1", proxy.port), PATIENCE_S)
        with context.wrap_socket(raw, server_hostname="app.example") as encrypted:
            encrypted.sendall(UPGRADE)
            assert got(encrypted, len(OPENED)) == OPENED
            proxy.set(Restart())
            assert is_refused(proxy.port)


def test_a_certificate_that_is_not_trusted_ends_the_connection(tls_port: tuple[int, ssl.SSLContext]) -> None:
    context = ssl.create_default_context()
    with FaultProxy(Upstream(("127.0.0.1",), tls_port[0], tls=context, server_name="app.example")) as proxy:
        client = Client(proxy.port)
        assert client.until_end() == b""
        client.socket.close()


def test_a_server_that_is_down_shows_as_an_end() -> None:
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        with FaultProxy(Upstream(("127.0.0.1",), kept.getsockname()[1])) as proxy:
            client = Client(proxy.port)
            assert client.until_end() == b""
            client.socket.close()


def test_a_port_that_is_taken_is_an_error(proxy: FaultProxy) -> None:
    with pytest.raises(OSError, match="in use"), FaultProxy(proxy.upstream, proxy.port):
        pass


def test_it_leaves_no_port_and_no_thread(server: Server) -> None:
    before = threading.active_count()
    events: list[tuple[str, int]] = []
    with FaultProxy(Upstream(("127.0.0.1",), server.port), on_link=lambda *event: events.append(event)) as proxy:
        client = Client(proxy.port)
        client.socket.sendall(UPGRADE)
        assert client.get(len(OPENED)) == OPENED
        running = threading.active_count()

    with pytest.raises(ConnectionResetError):
        client.until_end()
    client.socket.close()
    assert is_refused(proxy.port)
    assert (threading.active_count() < running, before <= running) == (True, True)
    assert events == [("opened", 1), ("ended", 1)]
