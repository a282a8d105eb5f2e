"""The live socket on a real pair of sockets: a peer that reads nothing must not hold anybody up."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from diag.browser.frame_events import Message, Opcode
from diag.wire.live import LiveSocket

LARGE = b" " * 4_000_000


@pytest.fixture
def pair() -> Iterator[tuple[LiveSocket, socket.socket]]:
    """A live socket, and the server's end of its connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield LiveSocket(ours), theirs


def test_a_peer_that_reads_nothing_is_waited_for_until_the_deadline(pair) -> None:
    live, _ = pair
    live.send(Opcode.TEXT, LARGE, time.monotonic() + 0.05)
    assert live.stuck


def test_behind_half_a_frame_nothing_is_sent(pair) -> None:
    live, theirs = pair
    live.send(Opcode.TEXT, LARGE, time.monotonic())
    taken = 0
    theirs.settimeout(0.05)
    live.send(Opcode.TEXT, b"hello", time.monotonic() + 5)
    live.close(1000, 0)
    while part := theirs.recv(1 << 20):
        taken += len(part)
    assert 0 < taken < len(LARGE)


def test_a_deadline_that_is_over_still_sends_what_fits(pair) -> None:
    live, theirs = pair
    live.send(Opcode.TEXT, b"hello", time.monotonic() - 1)
    assert not live.stuck
    assert len(theirs.recv(100)) == 11


def test_what_comes_is_read_and_the_end_is_seen(pair) -> None:
    live, theirs = pair
    theirs.sendall(b"\x81\x02hi")
    _, [event] = live.events(time.monotonic() + 5)
    assert isinstance(event, Message)
    assert event.data == "hi"
    theirs.close()
    assert live.events(time.monotonic() + 5)[1] == ()
    assert live.ended == "fin"


def test_nothing_comes_until_the_deadline(pair) -> None:
    live, _ = pair
    until = time.monotonic() + 0.01
    arrived, events = live.events(until)
    assert (events, live.ended) == ((), None)
    assert arrived >= until
