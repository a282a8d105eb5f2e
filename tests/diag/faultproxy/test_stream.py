from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.faultproxy.stream import HEAD_LIMIT, Part, Splitter, close_frame

REQUEST = b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
OPENED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
TEXT, PONG, PART, LAST = b"\x81\x02hi", b"\x8a\x00", b"\x01\x01a", b"\x80\x01b"
MASKED = b"\x81\x82\x01\x02\x03\x04ab"
LONG = b"\x82\x7e\x01\x00" + bytes(256)
LONGEST = b"\x82\x7f" + (70_000).to_bytes(8, "big") + bytes(70_000)


def pieces(data: bytes, size: int) -> list[tuple[bytes, Part, int, bool]]:
    splitter = Splitter()
    found = [piece for at in range(0, len(data), size) for piece in splitter.feed(data[at : at + size])]
    assert splitter.rest() == b""
    return [(piece.data, piece.part, piece.opcode, piece.ends) for piece in found]


def test_a_session_is_cut_where_its_frames_end() -> None:
    found = pieces(OPENED + TEXT + PONG + LONG + LONGEST, 1 << 20)

    assert [row[1:] for row in found] == [
        (Part.HEAD, -1, True),
        *((Part.FRAMES, code, True) for code in (1, 10, 2, 2)),
    ]
    assert [row[0] for row in found] == [OPENED, TEXT, PONG, LONG, LONGEST]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_bytes_are_the_same_however_they_come(size: int) -> None:
    data = REQUEST + MASKED + MASKED + b"\x8a\x80\x00\x00\x00\x00"
    found = pieces(data, size)

    assert b"".join(row[0] for row in found) == data
    assert [row[2] for row in found if row[3]] == [-1, 1, 1, 10]


def test_messages_are_counted_at_their_last_frame() -> None:
    splitter = Splitter()
    found = splitter.feed(OPENED + PART + PONG + LAST + TEXT)

    assert [piece.ends_message for piece in found] == [False, False, False, True, True]


def test_the_host_header_becomes_the_servers() -> None:
    (head,) = Splitter("app.example:8080").feed(REQUEST)

    assert head.data == REQUEST.replace(b"Host: a", b"Host: app.example:8080")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01", id="TLS"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\x8a\x00", id="no upgrade"),
        pytest.param(b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n\r\n\x8a\x00", id="a refusal"),
        pytest.param(b"HTTP/1.1 " + b"x" * HEAD_LIMIT, id="a head without end"),
    ],
)
def test_what_is_no_websocket_passes_as_it_comes(data: bytes) -> None:
    splitter = Splitter()
    found = splitter.feed(data)

    assert b"".join(piece.data for piece in found) == data
    assert (splitter.part, splitter.opened) == (Part.OPAQUE, False)


@given(st.binary(max_size=200), st.lists(st.integers(1, 40), max_size=20))
def test_no_byte_is_lost_whatever_a_peer_sends(data: bytes, sizes: list[int]) -> None:
    splitter, passed, stream = Splitter(), b"", OPENED + data
    for size in sizes:
        passed += b"".join(piece.data for piece in splitter.feed(stream[:size]))
        stream = stream[size:]
    passed += b"".join(piece.data for piece in splitter.feed(stream))

    assert passed + splitter.rest() == OPENED + data


def test_a_close_frame_of_the_proxys_own() -> None:
    assert close_frame(1012, "Service Restart") == b"\x88\x11\x03\xf4Service Restart"
    assert len(close_frame(1000, "ä" * 100)) == 2 + 2 + 122
