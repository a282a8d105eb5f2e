"""How a live session ends: by a Close frame, by the stream's end, by a violation, by us."""

from __future__ import annotations

from queue import Queue

import pytest

TEXT, CLOSE, PING = 1, 8, 9


@pytest.mark.parametrize(
    ("code", "reason", "seen"),
    [
        pytest.param(1000, "bye", 1000, id="normal"),
        pytest.param(1008, "no token", 1008, id="policy"),
        pytest.param(1012, "Service Restart", 1012, id="restart"),
        pytest.param(4401, "token expired ✓", 4401, id="the application's own"),
        pytest.param(None, "", 1005, id="no code at all"),
    ],
)
def test_a_close_frame(accepting, watched, code: int | None, reason: str, seen: int) -> None:
    session = watched(accepting(lambda peer: peer.close(code, reason)), seconds=5)
    closed = session.closed
    assert closed is not None
    assert (closed.code, closed.reason, closed.clean, closed.how) == (seen, reason, True, "close-frame")
    assert (session.watched_ms, session.close_answered) == (closed.after_ms, None)


def test_the_servers_close_is_answered_with_its_code(accepting, watched, wire) -> None:
    got: Queue[tuple[int, bytes] | None] = Queue()

    def closes(peer) -> None:
        peer.send(wire.frame(CLOSE, b"\x0f\xa1no"))
        got.put(peer.frame())

    watched(accepting(closes), seconds=5)
    assert got.get(timeout=5) == (CLOSE, b"\x0f\xa1")


@pytest.mark.parametrize(
    ("end", "how"),
    [
        pytest.param(lambda peer: peer.finish(), "fin", id="FIN"),
        pytest.param(lambda peer: peer.reset(), "rst", id="RST"),
    ],
)
def test_an_end_without_a_close_frame(accepting, watched, end, how: str) -> None:
    closed = watched(accepting(end), seconds=5).closed
    assert closed is not None
    assert (closed.code, closed.clean, closed.how) == (1006, False, how)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(lambda wire: wire.frame(TEXT, b"hi", mask=b"abcd"), "masked", id="a masked frame"),
        pytest.param(lambda wire: wire.frame(TEXT, b"hi", rsv=4), "rsv-bit", id="a compressed frame without agreement"),
        pytest.param(lambda wire: wire.frame(3), "bad-opcode", id="a reserved opcode"),
        pytest.param(lambda wire: wire.frame(TEXT, b"\xff\xfe"), "invalid-utf8", id="text that is none"),
        pytest.param(lambda wire: wire.frame(CLOSE, b"\x03\xee"), "close-code-reserved", id="1006 on the wire"),
        pytest.param(lambda wire: wire.frame(PING, b"x" * 126), "control-too-long", id="a ping of 126 bytes"),
        pytest.param(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n", "control-fragmented", id="HTTP behind the 101"),
        pytest.param(lambda _: b"\x81\x7f" + b"\xff" * 8, "length-encoding", id="an impossible length"),
    ],
)
def test_what_a_browser_fails_the_connection_for(accepting, watched, wire, data, problem: str) -> None:
    def breaks(peer) -> None:
        peer.send(data(wire))
        peer.drain()

    closed = watched(accepting(breaks), seconds=5).closed
    assert closed is not None
    assert (closed.how, closed.problem, closed.code, closed.clean) == ("violation", problem, 1006, False)
    assert closed.message


def test_a_violation_is_what_counts_although_the_stream_ends_behind_it(accepting, watched, wire) -> None:
    port = accepting(lambda peer: (peer.send(wire.frame(3)), peer.finish()))
    closed = watched(port, seconds=5).closed
    assert closed is not None
    assert closed.how == "violation"


def test_when_the_watch_is_over_we_close_and_the_server_answers(accepting, watched) -> None:
    session = watched(accepting(lambda peer: list(peer.frames())), seconds=0.2)
    assert (session.closed, session.close_answered) == (None, True)
    assert session.watched_ms >= 200


def test_a_close_of_ours_that_stays_unanswered_is_seen(accepting, watched) -> None:
    session = watched(accepting(lambda peer: peer.drain()), seconds=0.2)
    assert (session.closed, session.close_answered) == (None, False)
