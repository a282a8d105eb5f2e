"""One raw exchange: everything kept, everything bounded, nothing raised."""

from __future__ import annotations

import gzip
import socket
import time

import pytest

from diag.observations import Answer, NoAnswer
from diag.wire.dial import Dialer, dial
from diag.wire.http1 import BODY_LIMIT, HEAD_LIMIT, parse_head, request_bytes, roundtrip


def ask(port: int, seconds: float = 5.0) -> Answer | NoAnswer:
    deadline = time.monotonic() + seconds
    dialled = dial(f"http://127.0.0.1:{port}/", Dialer(), deadline=deadline)
    assert dialled.sock is not None
    with dialled.sock:
        return roundtrip(dialled.sock, request_bytes("GET", "/", (("Host", "x"),)), deadline=deadline).outcome


def test_keeps_duplicate_headers_their_order_and_their_spelling(answering) -> None:
    server = answering(
        b"HTTP/1.1 200 OK\r\nX-One: 1\r\naccess-control-allow-origin: a\r\nX-one: 2\r\nContent-Length: 2\r\n\r\nhi"
    )
    answer = ask(server.port)
    assert isinstance(answer, Answer)
    assert answer.headers == (
        ("X-One", "1"),
        ("access-control-allow-origin", "a"),
        ("X-one", "2"),
        ("Content-Length", "2"),
    )
    assert (answer.body, answer.body_complete) == (b"hi", True)
    assert answer.header("x-ONE") == "1, 2"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "not-http", id="another protocol"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02\x46", "not-http", id="a TLS alert"),
        pytest.param(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "not-http", id="HTTP/2 SETTINGS"),
        pytest.param(b"", "eof", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", "eof", id="cut inside the head"),
        pytest.param(b"HTTP/1.1 banana\r\n\r\n", "not-http", id="no status code"),
    ],
)
def test_what_is_no_answer_is_told_apart(answering, data: bytes, reason: str) -> None:
    outcome = ask(answering(data).port)
    assert isinstance(outcome, NoAnswer)
    assert (outcome.stage, outcome.reason) == ("http", reason)


def test_endless_headers_end_at_chromiums_limit(serve) -> None:
    def flood(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100 * 1024):
            connection.sendall(b"X-Filler: " + b"a" * 1014 + b"\r\n")

    outcome = ask(serve(flood).port)
    assert isinstance(outcome, NoAnswer)
    assert (outcome.reason, len(outcome.received)) == ("too-large", 512)
    assert str(HEAD_LIMIT) in outcome.detail


def test_a_silent_server_and_a_dripping_one_end_at_the_deadline(serve) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        connection.settimeout(10)
        connection.recv(1)

    def silent(connection: socket.socket) -> None:
        connection.settimeout(10)
        while connection.recv(100):
            pass

    dripped, waited = ask(serve(drip).port, 0.3), ask(serve(silent).port, 0.3)
    assert isinstance(dripped, NoAnswer)
    assert isinstance(waited, NoAnswer)
    assert (dripped.reason, waited.reason) == ("slow", "timeout")


def test_a_reset_is_not_an_end_of_stream(serve) -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(100)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()

    outcome = ask(serve(reset).port)
    assert isinstance(outcome, NoAnswer)
    assert outcome.reason == "reset"


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        pytest.param(
            b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n", b"abcde", id="chunked"
        ),
        pytest.param(b"Content-Encoding: gzip\r\n", gzip.compress(b"hello"), b"hello", id="gzip"),
        pytest.param(b"Content-Length: 3\r\n", b"abcdef", b"abc", id="more than announced"),
        pytest.param(b"Content-Length: banana\r\n", b"abc", b"abc", id="no number"),
        pytest.param(b"Content-Encoding: br\r\n", b"\x01\x02", b"\x01\x02", id="a coding that we leave alone"),
    ],
)
def test_bodies(answering, head: bytes, body: bytes, expected: bytes) -> None:
    answer = ask(answering(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body).port)
    assert isinstance(answer, Answer)
    assert answer.body == expected


def test_a_bomb_and_an_endless_body_are_cut_at_the_bound(answering) -> None:
    bomb = gzip.compress(bytes(5 * 1024 * 1024))
    answer = ask(answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + bomb).port)
    assert isinstance(answer, Answer)
    assert len(answer.body) == BODY_LIMIT


def test_folded_and_bare_line_feed_heads_are_read() -> None:
    answer = parse_head(b"HTTP/1.0 404 Not Found\nA: one\n two\nno colon\nB:\n\n")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.version, answer.headers) == (404, "HTTP/1.0", (("A", "one two"), ("B", "")))
