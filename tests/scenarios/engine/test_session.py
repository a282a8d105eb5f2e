"""Sessions against scripted servers on real sockets: what is told, how it ends, and what stays bounded."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable

import gevent
import pytest
from gevent.monkey import get_original

from scenarios.engine import SEND_LIMIT, Handler, Opener, Session, loop, masked
from scenarios.engine.endpoint import READ

TEXT, BINARY, PONG = 1, 2, 10
WAIT_S = 20


def text(payload: bytes) -> bytes:
    size = len(payload)
    return (bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")) + payload


def spin(condition: Callable[[], object]) -> None:
    """Until a server's script, which nobody tells us of, has come that far; the test's time-out bounds it."""
    while not condition():
        gevent.sleep(0.005)


def drain(connection: socket.socket) -> bytes:
    """All that the client sends until it hangs up."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            data += part
    return data


def unmasked(data: bytes) -> list[tuple[int, bytes]]:
    """A client's frames."""
    frames = []
    while data:
        length, at = data[1] & 0x7F, 2
        if length == 126:
            length, at = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, at = int.from_bytes(data[2:10], "big"), 10
        mask, payload = data[at : at + 4], data[at + 4 : at + 4 + length]
        frames.append((data[0], bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))))
        data = data[at + 4 + length :]
    return frames


def test_it_hears_what_comes_even_in_the_same_segment_as_the_handshake(websocket_server, opens, recorder) -> None:
    port = websocket_server(lambda c: (c.sendall(text(b"two") + b"\x82\x01\x07\x8a\x01p"), drain(c)), text(b"one"))
    session = opens(port, recorder)
    assert recorder.heard(4) == [("text", b"one"), ("text", b"two"), ("binary", b"\x07"), ("pong", b"p")]
    assert (session.received, session.bytes_in) == (4, 8)
    assert all(session.opened_at - 1 <= at <= loop().now for at in recorder.times)


def test_fragments_with_a_ping_between_them(websocket_server, opens, recorder) -> None:
    sent: list[bytes] = []
    port = websocket_server(
        lambda c: (c.sendall(b"\x01\x03abc\x89\x02hi\x80\x03def"), sent.append(c.recv(100)), drain(c))
    )
    opens(port, recorder)
    assert recorder.heard(2) == [("ping", b"hi"), ("text", b"abcdef")]
    spin(lambda: bool(sent))
    assert unmasked(sent[0]) == [(0x8A, b"hi")]


def test_a_client_that_answers_no_pings(websocket_server, opens, recorder) -> None:
    sent: list[bytes] = []
    port = websocket_server(lambda c: (c.sendall(b"\x89\x02hi\x88\x00"), sent.append(drain(c))))
    opens(port, recorder, answers_pings=False)
    recorder.gone()
    spin(lambda: bool(sent))
    assert [first for first, _ in unmasked(sent[0])] == [0x88]


@pytest.mark.parametrize(
    ("bytes_", "code", "clean", "how", "problem"),
    [
        pytest.param(b"\x88\x05\x03\xf3bye", 1011, True, "close-frame", None, id="close frame"),
        pytest.param(b"\x88\x00", 1005, True, "close-frame", None, id="an empty one"),
        pytest.param(b"", 1006, False, "fin", None, id="hangs up"),
        pytest.param(b"\x81\x05he", 1006, False, "fin", None, id="hangs up inside a frame"),
        pytest.param(b"\x81\x05\xff\xff", 1006, False, "violation", "invalid-utf8", id="what half a frame proves"),
        pytest.param(b"\x81\x02\xc3\x28", 1006, False, "violation", "invalid-utf8", id="UTF-8"),
        pytest.param(b"\x81\x82abcdxx", 1006, False, "violation", "masked", id="masked"),
        pytest.param(b"\xc1\x01x", 1006, False, "violation", "rsv-bit", id="compressed, though not agreed"),
        pytest.param(b"\x83\x00", 1006, False, "violation", "bad-opcode", id="opcode"),
        pytest.param(b"HTTP/1.1 502 Bad Gateway\r\n\r\n", 1006, False, "violation", None, id="garbage"),
    ],
)
def test_how_it_ends(websocket_server, opens, recorder, bytes_, code, clean, how, problem) -> None:
    port = websocket_server(lambda c: (c.sendall(bytes_), c.shutdown(socket.SHUT_WR), drain(c)))
    session = opens(port, recorder)
    closed = recorder.gone()
    assert (closed.code, closed.clean, closed.how) == (code, clean, how)
    assert problem is None or closed.problem == problem
    assert session.observation().closed == closed
    assert not session.send(masked(TEXT, b"late"))


def test_a_reset(websocket_server, opens, recorder) -> None:
    def script(connection: socket.socket) -> None:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    opens(websocket_server(script), recorder).send(masked(TEXT, b"x" * 1000))
    assert recorder.gone().how == "rst"


def test_our_close_is_answered(websocket_server, opens, recorder) -> None:
    sent: list[bytes] = []
    port = websocket_server(lambda c: (sent.append(c.recv(100)), c.sendall(text(b"late") + b"\x88\x02\x03\xe8")))
    session = opens(port, recorder)
    session.close(1001)
    assert recorder.gone() is None
    assert session.close_answered is True
    assert unmasked(sent[0]) == [(0x88, b"\x03\xe9")]
    assert recorder.events == []


def test_our_close_is_bounded_when_nobody_answers(websocket_server, opens, recorder) -> None:
    session = opens(websocket_server(drain), recorder)
    session.close(1001, wait_s=0.05)
    assert recorder.gone() is None
    assert session.close_answered is False


class Careless(Handler):
    def __init__(self) -> None:
        self.ends: list = []

    def on_text(self, session: Session, data: bytes, at: float) -> None:
        raise KeyError("a handler's mistake")

    def on_closed(self, session: Session, closed: object) -> None:
        self.ends.append(closed)


def test_a_handlers_mistake_ends_its_own_session_and_no_other(websocket_server, opens, recorder) -> None:
    port = websocket_server(lambda c: (c.recv(100), c.sendall(text(b"go")), drain(c)))
    careless = Careless()
    bad, good = opens(port, careless), opens(port, recorder)
    bad.send(masked(TEXT, b"x"))
    spin(lambda: bool(careless.ends))
    assert (careless.ends[0].how, careless.ends[0].problem, type(bad.defect)) == ("defect", "KeyError", KeyError)
    good.send(masked(TEXT, b"x"))
    assert recorder.heard(1) == [("text", b"go")]


def test_what_a_full_socket_leaves_is_sent_later_whole_and_in_order(websocket_server, opens, recorder, gate) -> None:
    received: list[bytes] = []
    port = websocket_server(lambda c: (gate.wait(WAIT_S), received.append(drain(c))))
    session = opens(port, recorder)
    frames = 0
    while session.send(masked(BINARY, frames.to_bytes(4, "big") * 4096)):
        frames += 1
        assert frames < 10_000
    refused_at = session.sent
    gate.set()
    while not session.send(masked(TEXT, b"last")):
        gevent.sleep(0.01)
    session.close(wait_s=0.5)
    recorder.gone()
    spin(lambda: bool(received))
    got = unmasked(received[0])
    assert [first for first, _ in got] == [0x82] * refused_at + [0x81, 0x88]
    assert [payload[:4] for _, payload in got[:refused_at]] == [n.to_bytes(4, "big") for n in range(refused_at)]
    assert frames * 16_384 > SEND_LIMIT


def test_a_loud_session_does_not_starve_the_quiet_ones(websocket_server, opens, recorders) -> None:
    """By counts: while 50 quiet sessions get one message each, the loud one gets no more than its share of reads."""
    order: list[str] = []

    class Ordered(recorders):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def note(self, kind: str, data: bytes, at: float) -> None:
            order.append(self.name)
            super().note(kind, data, at)

    flood = text(b"y" * 100) * 20_000

    def loud(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(flood)
        drain(connection)

    noisy = Ordered("loud")
    noisy_session = opens(websocket_server(loud), noisy)
    quiet_port = websocket_server(lambda c: (c.recv(1), c.sendall(text(b"q")), drain(c)))
    quiet = [Ordered("quiet") for _ in range(50)]
    sessions = [opens(quiet_port, handler) for handler in quiet]
    noisy_session.send(masked(TEXT, b"go"))
    noisy.heard(1)
    for session in sessions:
        session.send(masked(TEXT, b"go"))
    for handler in quiet:
        handler.heard(1)
    noisy.heard(20_000)
    assert noisy.events[-1] == ("text", b"y" * 100)
    in_one_read = READ // 102 + 2
    assert order.index("quiet") < 20_000 - in_one_read


def test_a_flood_leaves_nothing_behind(websocket_server, opens) -> None:
    class Counter(Handler):
        count = 0

        def on_text(self, session: Session, data: bytes, at: float) -> None:
            self.count += 1

    counter = Counter()
    flood = text(b'{"type":"bot:status_change","n":1}') * 50_000
    session = opens(websocket_server(lambda c: (c.sendall(flood), drain(c))), counter)
    while counter.count < 50_000:
        gevent.sleep(0.01)
    assert (session.received, session.bytes_in) == (50_000, 50_000 * 34)
    assert session.is_open


def test_over_tls(serve, handshake, server_tls, trust, target, recorder) -> None:
    def handler(connection: socket.socket) -> None:
        with server_tls.wrap_socket(connection, server_side=True) as secured:
            handshake(secured, text(b"hello"))
            for _ in range(3):
                secured.sendall(text(b"z" * 60_000))
            secured.recv(100)
            secured.sendall(b"\x88\x02\x03\xe8")

    port = serve(handler).port
    session = Opener(target(f"wss://localhost:{port}/ws", tls=trust)).open(recorder)
    assert isinstance(session, Session), session
    assert recorder.heard(4) == [("text", b"hello"), *[("text", b"z" * 60_000)] * 3]
    session.send(masked(TEXT, b"bye"))
    assert recorder.gone().code == 1000
    exchange = session.exchange()
    assert (exchange.status, exchange.certificate.names) == (101, ("localhost", "127.0.0.1"))
    assert None not in (exchange.phases.tcp, exchange.phases.tls, exchange.phases.upgrade)


def test_stopping_the_loop_ends_what_is_open(websocket_server, opens, recorder) -> None:
    opens(websocket_server(drain), recorder)
    loop().stop()
    assert recorder.gone() is None


def test_a_ping_that_was_answered_leaves_nobody_waiting(websocket_server, opens, recorder) -> None:
    opens(websocket_server(lambda connection: (connection.sendall(b"\x89\x00"), drain(connection))), recorder)
    recorder.heard(1)
    assert loop().awaiting == 0


@pytest.mark.parametrize("answers", [True, False], ids=["answered", "ended without an answer"])
def test_the_loop_knows_who_awaits_an_answer(websocket_server, opens, recorder, answers: bool) -> None:
    def server(connection: socket.socket) -> None:
        connection.recv(100)
        if answers:
            connection.sendall(text(b"answer"))
            drain(connection)

    session = opens(websocket_server(server), recorder)
    assert loop().awaiting == 0
    session.send(masked(TEXT, b"ask"))
    session.send(masked(TEXT, b"and again"))
    assert loop().awaiting == 1
    recorder.until(lambda: bool(recorder.events or recorder.ends))
    assert loop().awaiting == 0


def test_after_a_stall_what_has_come_is_read_before_it_is_given_up(websocket_server, opens, recorder) -> None:
    connections: list[socket.socket] = []
    seen: list[int] = []
    opens(websocket_server(lambda connection: (connections.append(connection), drain(connection))), recorder)
    spin(lambda: connections)

    loop().at(time.monotonic() + 0.03, lambda due: seen.append(len(recorder.events)))
    connections[0].sendall(text(b"answer"))
    get_original("time", "sleep")(0.1)
    spin(lambda: seen)
    assert seen == [1]


def test_timers_of_the_loop(recorder) -> None:
    lags: list[float] = []
    loop().on_lag = lags.append
    loop().every(0.01, 0.0, lambda due: recorder.note("beat", b"", due))
    loop().at(0.0, lambda due: 1 / 0)
    recorder.heard(3)
    gaps = [b - a for a, b in zip(recorder.times, recorder.times[1:], strict=False)]
    assert all(round(gap / 0.01, 6) == round(gap / 0.01) for gap in gaps)
    assert lags
    assert min(lags) >= 0
