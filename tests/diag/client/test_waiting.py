from __future__ import annotations

import socket
import time
from contextlib import suppress

import pytest

from diag.client.waiting import readable, writable


@pytest.fixture
def pair() -> object:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_what_is_there_is_seen_even_when_the_time_is_over(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].send(b"x")
    assert readable(pair[0], time.monotonic() - 1)
    assert readable(pair[0], time.monotonic() + 60)


def test_the_end_of_a_stream_is_something_to_read(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()
    assert readable(pair[0], time.monotonic() + 60)


def test_nothing_comes_and_the_time_is_not_cut_short(pair: tuple[socket.socket, socket.socket]) -> None:
    until = time.monotonic() + 0.01
    assert not readable(pair[0], until)
    assert time.monotonic() >= until


def test_a_peer_that_reads_nothing_leaves_no_room(pair: tuple[socket.socket, socket.socket]) -> None:
    assert writable(pair[0])
    pair[0].setblocking(False)
    with suppress(BlockingIOError):
        while True:
            pair[0].send(b"x" * 65536)
    assert not writable(pair[0])
