from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from diag.browser.handshake import accept_value
from diag.lab import Lab
from diag.model import Route, Target
from diag.verify.observed import Visit
from diag.verify.reloads import reloads, settled
from diag.verify.visit import LEFT, RELOADED, visit

PATIENCE_S = 20.0


def seen(number: int) -> Callable[[Visit], bool]:
    return lambda found: sum(push.count for push in found.pushes.values()) + found.shapeless >= number


def visited(port: int, done: Callable[[Visit], bool], code: int = LEFT) -> Visit:
    url = f"ws://127.0.0.1:{port}/ws"
    target = Target("http://127.0.0.1", url, (Route("direct", url),))
    return visit(target, time.monotonic() + PATIENCE_S, done, code=code)


@pytest.fixture
def saying(serve: Callable[..., Any]) -> Callable[..., tuple[int, list[bytes]]]:
    """`port, heard = saying(frame, …)`: opens, sends these frames, and hears what the client sends until its end."""

    def start(*frames: bytes) -> tuple[int, list[bytes]]:
        heard: list[bytes] = []

        def handle(connection: Any) -> None:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            key = next(line[19:].decode() for line in head.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key: "))
            lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
            answer = "\r\n".join((*lines, f"Sec-WebSocket-Accept: {accept_value(key)}", "", ""))
            connection.sendall(answer.encode() + b"".join(frames))
            while data := connection.recv(4096):
                heard.append(data)

        return serve(handle).port, heard

    return start


def frame(payload: bytes, opcode: int = 1) -> bytes:
    return bytes([0x80 | opcode, len(payload)]) + payload


def closes_with(data: bytes) -> list[int]:
    """The codes of the masked Close frames in what a client sent, each as it stands at the end of a batch."""
    tail = data[-8:]
    unmasked = bytes(byte ^ tail[2 + index % 4] for index, byte in enumerate(tail[6:]))
    return [int.from_bytes(unmasked, "big")] if tail[:1] == b"\x88" else []


def test_messages_are_looked_at_closely(saying) -> None:
    first = b'{"type":"a","sequence":4,"timestamp":10,"data":{"connections":3}}'
    port, _ = saying(frame(first), frame(b'{"type":"a","sequence":6,"timestamp":30}'), frame(b"{"), frame(b"\0", 2))
    found = visited(port, seen(4))
    push = found.pushes["a"]

    assert (push.count, push.sequences, push.stamps, found.shapeless) == (2, (4, 6), (10.0, 30.0), 2)
    assert found.counts == {"a: data.connections": 3}
    assert "connections" in push.fields


@pytest.mark.parametrize("code", [LEFT, RELOADED])
def test_the_page_leaves_with_its_code(saying, code: int) -> None:
    port, heard = saying(frame(b'{"type":"a"}'))
    visited(port, seen(1), code)

    assert closes_with(b"".join(heard)) == [code]


@pytest.mark.parametrize(
    ("frames", "closed"),
    [
        pytest.param(frame(b"\x03\xf4restart", 8), "1012 restart", id="close frame"),
        pytest.param(b"\xff\x00", "1006, One or more reserved bits are on", id="a broken frame"),
    ],
)
def test_how_the_server_ended_it(saying, frames: bytes, closed: str) -> None:
    port, _ = saying(frames)
    assert visited(port, seen(1)).closed.startswith(closed)


def test_a_refusal_is_a_visit_too(answering) -> None:
    server = answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    found = visited(server.port, seen(1))

    assert (found.opened, found.refused) == (False, "403 Forbidden")


def test_a_page_is_reloaded_until_its_state_is_back() -> None:
    with Lab(push_interval_s=0.2) as lab:
        found = reloads(lab.target(), frozenset({"bot:status_change"}), PATIENCE_S, lambda: False)

    assert len(found) == 2
    assert all("bot:status_change" in each.pushes for each in found)


def test_reloads_end_where_no_socket_opens(answering) -> None:
    url = f"ws://127.0.0.1:{answering(b'').port}/ws"
    target = Target("http://127.0.0.1", url, (Route("direct", url),))

    assert [each.opened for each in reloads(target, frozenset(), 1.0, lambda: False)] == [False]


def test_only_get_requests_are_asked_for_counts() -> None:
    with Lab() as lab:
        target = lab.target()
        posts = replace(target, api=tuple(replace(request, method="POST") for request in target.api))

        assert settled(posts, {}, lambda: False) == {}
        assert settled(target, {}, lambda: False) == {}
