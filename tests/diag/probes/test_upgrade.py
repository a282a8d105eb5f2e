"""One handshake: what goes onto the wire, and what comes back as an observation."""

from __future__ import annotations

import threading
import time

import pytest

from diag.model import Route, Target
from diag.observations import Answer, NoAnswer
from diag.probes.requests import request
from diag.probes.upgrade import check_port, upgrade
from diag.wire.dial import Dialer


def shake(port: int, variant: str = "browser", seconds: float = 5.0):
    route = Route("proxy", f"ws://127.0.0.1:{port}/ws?a=1")
    target = Target("http://localhost:5173", route.url, (route,))
    return upgrade(request(target, route, variant), Dialer(), deadline=time.monotonic() + seconds)


def test_a_good_101_hands_over_the_socket_and_what_came_behind_the_head(accepting) -> None:
    opened = shake(accepting(lambda peer: peer.drain(), behind=b"\x81\x02hi"))
    assert opened.sock is not None
    with opened.sock:
        assert (opened.verdict.opens, opened.rest) == (True, b"\x81\x02hi")
    assert opened.exchange.phases.upgrade is not None
    assert [(attempt.address, attempt.outcome) for attempt in opened.exchange.attempts] == [("127.0.0.1", "connected")]


def test_the_request_on_the_wire_is_the_one_that_is_recorded(speaking) -> None:
    heads: list[str] = []
    opened = shake(speaking(lambda peer: heads.append(peer.head)))
    lines = ["GET /ws?a=1 HTTP/1.1", *(f"{name}: {value}" for name, value in opened.exchange.sent)]
    assert heads == ["\r\n".join(lines)]
    assert dict(opened.exchange.sent)["Sec-WebSocket-Key"] == opened.exchange.key


def test_http_1_0_is_the_request_lines_version(speaking) -> None:
    heads: list[str] = []
    shake(speaking(lambda peer: heads.append(peer.head)), "http-1.0")
    assert heads[0].startswith("GET /ws?a=1 HTTP/1.0\r\n")


@pytest.mark.parametrize(
    ("respond", "variant", "status"),
    [
        pytest.param(lambda peer: peer.answer(404, "gone"), "browser", 404, id="another status"),
        pytest.param(
            lambda peer: peer.send(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), "browser", 101, id="a bad 101"
        ),
        pytest.param(lambda peer: peer.answer(200, "hi"), "get", 200, id="the answer to a plain GET"),
    ],
)
def test_whatever_does_not_open_is_closed(speaking, respond, variant: str, status: int) -> None:
    left = threading.Event()

    def script(peer) -> None:
        respond(peer)
        peer.drain()
        left.set()

    opened = shake(speaking(script), variant)
    assert (opened.sock, opened.verdict.opens, opened.exchange.status) == (None, False, status)
    assert left.wait(5)


def test_the_body_of_a_refusal_is_kept(speaking) -> None:
    outcome = shake(speaking(lambda peer: peer.answer(403, "nobody"))).exchange.outcome
    assert isinstance(outcome, Answer)
    assert (outcome.body, outcome.body_complete) == (b"nobody", True)


@pytest.mark.parametrize(
    ("script", "reason", "received"),
    [
        pytest.param(lambda peer: peer.finish(), "eof", b"", id="closed without a word"),
        pytest.param(lambda peer: peer.reset(), "reset", b"", id="reset"),
        pytest.param(lambda peer: peer.send(b"SSH-2.0-x\r\n"), "not-http", b"SSH-2.0-x\r\n", id="another protocol"),
    ],
)
def test_no_answer_is_an_observation(speaking, script, reason: str, received: bytes) -> None:
    outcome = shake(speaking(script)).exchange.outcome
    assert isinstance(outcome, NoAnswer)
    assert (outcome.stage, outcome.reason, outcome.received) == ("http", reason, received)


@pytest.mark.parametrize(
    ("data", "reason"),
    [pytest.param(b"", "timeout", id="no byte"), pytest.param(b"HTTP/1.1 101 Swi", "slow", id="some bytes")],
)
def test_a_silent_server_is_left_at_the_deadline(speaking, data: bytes, reason: str) -> None:
    outcome = shake(speaking(lambda peer: (peer.send(data), peer.drain())), seconds=0.2).exchange.outcome
    assert isinstance(outcome, NoAnswer)
    assert (outcome.stage, outcome.reason) == ("http", reason)


def test_a_closed_port_is_an_observation(free_port: int) -> None:
    opened = shake(free_port)
    assert opened.exchange.outcome == NoAnswer("tcp", "refused", "127.0.0.1 refused")
    assert (opened.sock, opened.exchange.phases.upgrade) == (None, None)


@pytest.mark.parametrize("listens", [pytest.param(True, id="connected"), pytest.param(False, id="refused")])
def test_a_bare_connect_to_one_address(serve, free_port: int, listens: bool) -> None:
    port = serve(lambda connection: connection.recv(1)).port if listens else free_port
    check = check_port("direct", "127.0.0.1", port, deadline=time.monotonic() + 5)
    assert (check.route, check.variant) == ("direct", "port=127.0.0.1")
    assert check.attempt.outcome == ("connected" if listens else "refused")


def test_a_bare_connect_that_has_no_time_is_a_time_out() -> None:
    assert check_port("direct", "127.0.0.1", 1, deadline=time.monotonic()).attempt.outcome == "timeout"
