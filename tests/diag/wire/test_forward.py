"""A real CONNECT proxy, of few lines: what it lets through, and what it says when it does not."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import replace

import pytest

from diag.model import ApiRequest, Client, Route, Target
from diag.observations import Answer, NoAnswer
from diag.rules import judge
from diag.runner import probe
from diag.wire.dial import Dialer, dial
from diag.wire.rest import send

OK = b"HTTP/1.1 200 Connection established\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def head_of(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and (part := connection.recv(4096)):
        data += part
    return data


def relay(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(4096):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(serve):
    """`proxy(said)`: a proxy that answers CONNECT so, and relays when that is a 200. Its heads are in `proxy.asked`."""

    class Proxy:
        def __init__(self) -> None:
            self.asked: list[str] = []

        def __call__(self, said: bytes = OK) -> str:
            def handler(connection: socket.socket) -> None:
                head = head_of(connection).decode("latin-1")
                self.asked.append(head)
                connection.sendall(said)
                host, _, port = head.split(" ")[1].rpartition(":")
                if said == OK:
                    with socket.create_connection((host.strip("[]"), int(port))) as upstream:
                        back = threading.Thread(target=relay, args=(upstream, connection), daemon=True)
                        back.start()
                        relay(connection, upstream)
                        back.join(5)

            return f"http://127.0.0.1:{serve(handler).port}"

    return Proxy()


def test_a_tunnel_leads_to_the_target(proxy, answering) -> None:
    server = answering(ANSWER)
    dialer = Dialer(forward_proxy=proxy())
    url, until = f"http://localhost:{server.port}/", time.monotonic() + 5.0
    answer = send("GET", url, (("Host", "localhost"), ("Connection", "close")), dialer, deadline=until)
    assert isinstance(answer, Answer)
    assert answer.body == b"hi"
    assert proxy.asked[0].startswith(f"CONNECT localhost:{server.port} HTTP/1.1\r\nHost: localhost:{server.port}\r\n")


@pytest.mark.parametrize(
    ("said", "reason", "detail"),
    [
        pytest.param(b"HTTP/1.1 403 Forbidden\r\n\r\n", "refused", "with 403 Forbidden", id="403"),
        pytest.param(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n", "refused", "with 407 Who", id="407"),
        pytest.param(b"", "eof", "no answer to CONNECT", id="it hangs up"),
    ],
)
def test_no_tunnel(proxy, said: bytes, reason: str, detail: str) -> None:
    dialled = dial("wss://app.example/ws", Dialer(forward_proxy=proxy(said)), deadline=time.monotonic() + 5.0)
    assert dialled.sock is None
    assert dialled.failure is not None
    assert (dialled.failure.stage, dialled.failure.reason) == ("proxy", reason)
    assert detail in dialled.failure.detail
    assert "app.example:443" in dialled.failure.detail


def test_a_proxy_that_is_not_there_is_not_the_targets_fault() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        dialer = Dialer(forward_proxy=f"http://127.0.0.1:{held.getsockname()[1]}")
        dialled = dial("ws://app.example/ws", dialer, deadline=time.monotonic() + 5.0)
    assert dialled.failure == NoAnswer("proxy", "unreachable", "the forward proxy itself: 127.0.0.1 refused")


def test_credentials_of_its_url(proxy) -> None:
    address = proxy(b"HTTP/1.1 403 No\r\n\r\n").replace("http://", "http://me:p%40ss@")
    dial("ws://app.example/ws", Dialer(forward_proxy=address), deadline=time.monotonic() + 5.0)
    assert "\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n" in proxy.asked[0]


@pytest.mark.parametrize(
    ("no_proxy", "asked"),
    [
        pytest.param("", 1, id="nothing is exempt"),
        pytest.param("other.example,localhost", 0, id="the host is"),
        pytest.param(" .LOCALHOST ", 0, id="in other words"),
        pytest.param("host,alhost", 1, id="whole labels only"),
        pytest.param("*", 0, id="everything is"),
    ],
)
def test_hosts_that_go_around_it(proxy, answering, no_proxy: str, asked: int) -> None:
    server = answering(ANSWER)
    dialer = Dialer(forward_proxy=proxy(), no_proxy=no_proxy)
    dialled = dial(f"ws://localhost:{server.port}/", dialer, deadline=time.monotonic() + 5.0)
    assert dialled.sock is not None
    dialled.sock.close()
    assert len(proxy.asked) == asked


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        pytest.param(OK, "ws-path-not-found", id="a tunnel: the target's own answer is judged"),
        pytest.param(b"HTTP/1.1 405 No\r\n\r\n", "forward-proxy-blocks-upgrade", id="none: the proxy is the cause"),
    ],
)
def test_a_whole_run(proxy, answering, said: bytes, cause: str) -> None:
    server = answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope")
    route = Route("proxy", f"ws://127.0.0.1:{server.port}/ws")
    client = Client(connect_timeout_s=5.0)
    target = Target(route.origin, route.url, (route,), (ApiRequest(f"{route.origin}/api"),), client, observe_s=0.3)
    report = judge(probe(replace(target, forward_proxy=proxy(said))))
    assert report.primary_cause == cause
    assert proxy.asked
