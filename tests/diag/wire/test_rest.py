"""REST by httpx over our own connections: bounded, undisturbed by the environment, every failure a value."""

from __future__ import annotations

import gzip
import socket
import time

import pytest

from diag.observations import Answer, NoAnswer
from diag.wire.dial import Dialer
from diag.wire.rest import BODY_LIMIT, send


def get(port: int, seconds: float = 5.0) -> Answer | NoAnswer:
    headers = (("Host", f"localhost:{port}"), ("Accept", "*/*"))
    return send("GET", f"http://localhost:{port}/api", headers, Dialer(), deadline=time.monotonic() + seconds)


def test_duplicate_headers_survive(answering) -> None:
    server = answering(b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: a\r\nAccess-Control-Allow-Origin: b\r\n\r\n{}")
    answer = get(server.port)
    assert isinstance(answer, Answer)
    assert answer.all("access-control-allow-origin") == ("a", "b")
    assert answer.body == b"{}"


def test_no_forward_proxy_of_the_environment_is_ever_used(answering, serve, monkeypatch) -> None:
    # given a sentinel proxy that counts its connections, named by every variable there is
    sentinel = serve(lambda _: None)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{sentinel.port}")
    # when a request is sent
    answer = get(answering(b"HTTP/1.1 200 OK\r\n\r\n").port)
    # then it went straight to its server
    assert isinstance(answer, Answer)
    assert sentinel.connections == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "eof", id="closed without a word"),
        pytest.param(b"banana\r\n\r\n", "not-http", id="garbage"),
    ],
)
def test_no_answer(answering, data: bytes, reason: str) -> None:
    outcome = get(answering(data).port)
    assert isinstance(outcome, NoAnswer)
    assert outcome.reason == reason


def test_a_dripping_head_ends_at_the_deadline(serve) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX")
        connection.settimeout(10)
        connection.recv(1)

    outcome = get(serve(drip).port, 0.3)
    assert isinstance(outcome, NoAnswer)
    assert outcome.reason == "timeout"


def test_an_endless_body_and_a_bomb_are_bounded(serve, answering) -> None:
    def endless(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    flood = get(serve(endless).port)
    bomb = gzip.compress(bytes(5 * 1024 * 1024))
    blown = get(answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + bomb).port)
    assert isinstance(flood, Answer)
    assert isinstance(blown, Answer)
    assert (len(flood.body), flood.body_complete) == (BODY_LIMIT, False)
    assert len(blown.body) == BODY_LIMIT
