"""One extended CONNECT, against servers whose every byte is scripted."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable

import pytest

from diag.observations import Http2Answer
from diag.wire.http2 import PREFACE, extended_connect, status_of

HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 1, 3, 4, 6, 7
FIELDS = ((":method", "CONNECT"), (":protocol", "websocket"), ("Cookie", "a=" + "b" * 300))


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def settings(**values: int) -> bytes:
    numbers = {"connect": 8, "window": 4}
    return frame(SETTINGS, b"".join(struct.pack("!HI", numbers[name], value) for name, value in values.items()))


def headers(block: bytes, flags: int = 4, stream: int = 1) -> bytes:
    return frame(HEADERS, block, flags, stream)


@pytest.fixture
def asking(serve) -> Callable[..., Http2Answer]:
    """`asking(data)`: the answer of a server that writes these bytes and reads until we leave, or leaves itself."""

    def ask(*data: bytes, stays: bool = True, seconds: float = 5.0) -> Http2Answer:
        def handler(connection: socket.socket) -> None:
            connection.recv(4096)
            connection.sendall(b"".join(data))
            while stays and connection.recv(4096):
                pass

        port = serve(handler).port
        with socket.create_connection(("127.0.0.1", port)) as sock:
            return extended_connect(sock, FIELDS, deadline=time.monotonic() + seconds)

    return ask


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param((settings(connect=1), headers(b"\x88")), Http2Answer(True, "answered", 200), id="opened"),
        pytest.param((settings(connect=1), headers(b"\x8c")), Http2Answer(True, "answered", 400), id="refused"),
        pytest.param(
            (settings(window=65535, connect=0, ), ), Http2Answer(False, "not-asked"), id="announced as off"
        ),
        pytest.param((settings(),), Http2Answer(False, "not-asked"), id="not announced"),
        pytest.param(
            (settings(connect=1), frame(PING, b"12345678"), frame(RST_STREAM, struct.pack("!I", 2), stream=1)),
            Http2Answer(True, "reset", error=2),
            id="reset",
        ),
        pytest.param(
            (settings(connect=1), frame(GOAWAY, struct.pack("!II", 0, 1))),
            Http2Answer(True, "goaway", error=1),
            id="the whole connection ends",
        ),
        pytest.param(
            (settings(connect=1), headers(b"\x02\0\0\0\0\x10\x8d\0\0", flags=0x2C)),
            Http2Answer(True, "answered", 404),
            id="padding and priority",
        ),
        pytest.param((b"HTTP/1.1 400 Bad Request\r\n\r\n",), Http2Answer(False, "not-http2"), id="HTTP/1.1"),
        pytest.param((headers(b"\x88"),), Http2Answer(False, "not-http2"), id="no SETTINGS first"),
    ],
)  # fmt: skip
def test_what_servers_make_of_it(asking, data: tuple[bytes, ...], expected: Http2Answer) -> None:
    assert asking(*data) == expected


def test_a_server_that_leaves_and_one_that_falls_silent(asking) -> None:
    assert asking(settings(connect=1), stays=False) == Http2Answer(True, "eof")
    assert asking(settings(connect=1), seconds=0.3) == Http2Answer(True, "timeout")
    assert asking(seconds=0.3) == Http2Answer(False, "timeout")


def test_a_server_that_never_stops_is_left(asking) -> None:
    assert asking(settings(connect=1), frame(PING, b"12345678") * 20_000).outcome == "eof"


def test_what_is_sent(serve) -> None:
    received = []

    def handler(connection: socket.socket) -> None:
        connection.sendall(settings(connect=1) + headers(b"\x88"))
        while data := connection.recv(4096):
            received.append(data)

    server = serve(handler)
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        extended_connect(sock, FIELDS, deadline=time.monotonic() + 5.0)
    server.threads[-1].join(5)
    sent = b"".join(received)
    cookie = b"\0\x06cookie" + b"\x7f\xaf\x01" + b"a=" + b"b" * 300
    block = b"\0\x07:method\x07CONNECT" + b"\0\x09:protocol\x09websocket" + cookie
    assert sent == b"".join(
        (PREFACE, frame(SETTINGS), frame(SETTINGS, flags=1), headers(block), frame(RST_STREAM, b"\0\0\0\x08", stream=1))
    )


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        pytest.param("88", 200, id="indexed"),
        pytest.param("48 82 64 02", 302, id="Huffman-coded, as in RFC 7541, appendix C.6"),
        pytest.param("08 03 34 30 33", 403, id="a literal"),
        pytest.param("20 3f e1 1f 8c", 400, id="behind changes of the table's size"),
        pytest.param("82", None, id="another field first"),
        pytest.param("48 03 61 62 63", None, id="no number"),
        pytest.param("48", None, id="cut off"),
        pytest.param("3f ff", None, id="cut off in a number"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_status_of_a_header_block(block: str, expected: int | None) -> None:
    assert status_of(bytes.fromhex(block)) == expected
