"""A handshake that does not open must leave the same evidence as the prober's own."""

from __future__ import annotations

import errno
import socket
import struct
import time
from dataclasses import replace

import pytest

from diag.model import Tls
from diag.observations import Answer, Exchange, Phases
from diag.probes.requests import browser_request
from diag.probes.upgrade import upgrade
from diag.wire.dial import Dialer
from scenarios.engine import Handler, Opener, Session
from scenarios.engine.endpoint import Endpoint


def timeless(exchange: Exchange) -> Exchange:
    """Without times, keys and ports."""
    phases = Phases(*(None if value is None else 0.0 for value in (
        exchange.phases.dns and None, exchange.phases.tcp, exchange.phases.tls, exchange.phases.upgrade)))  # fmt: skip
    sent = tuple((name, "" if name == "Sec-WebSocket-Key" else value) for name, value in exchange.sent)
    attempts = tuple(replace(attempt, took_ms=0.0) for attempt in exchange.attempts)
    return replace(exchange, phases=phases, sent=sent, attempts=attempts, took_ms=0.0, key="")


def both(target) -> tuple[Exchange, Exchange]:
    """The engine's second try, with the address known, beside the prober's."""
    opener = Opener(target)
    first, second = opener.open(Handler()), opener.open(Handler())
    assert timeless(first) == timeless(second)
    deadline = time.monotonic() + target.client.connect_timeout_s
    theirs = upgrade(browser_request(target, target.page_route), Dialer.of(target), deadline=deadline)
    return timeless(second), timeless(theirs.exchange)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found", id="404 with a body"),
        pytest.param(b"HTTP/1.1 403 Forbidden\r\n\r\n", id="403"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", id="chunks"),
        pytest.param(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
            id="a wrong accept value",
        ),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 404 Not Found\n\nbare newlines", id="bare newlines"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2p1\r\n", id="no HTTP at all"),
        pytest.param(b"HTTP/1.1 101 Swi", id="half a head"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_the_same_evidence(answering, target, answer: bytes) -> None:
    ours, theirs = both(target(f"ws://127.0.0.1:{answering(answer).port}/ws?token=1"))
    assert ours == theirs


def test_a_reset_instead_of_an_answer(serve, target) -> None:
    def handler(connection: socket.socket) -> None:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    ours, theirs = both(target(f"ws://127.0.0.1:{serve(handler).port}/ws"))
    assert ours == theirs
    assert ours.outcome.reason == "reset"


def test_nobody_answers(serve, target) -> None:
    ours, theirs = both(
        target(f"ws://127.0.0.1:{serve(lambda c: c.recv(1) and time.sleep(3)).port}/ws", connect_timeout_s=0.3)
    )
    assert ours == theirs
    assert ours.outcome.reason == "timeout"


def test_nobody_listens(target, free_port: int) -> None:
    ours, theirs = both(target(f"ws://localhost:{free_port}/ws"))
    assert (ours.outcome, ours.addresses) == (theirs.outcome, theirs.addresses)


def test_an_unknown_name(target) -> None:
    ours, theirs = both(target("ws://no-such-host.invalid/ws", connect_timeout_s=3.0))
    assert (ours.outcome.stage, ours.outcome.reason) == (theirs.outcome.stage, theirs.outcome.reason)


@pytest.mark.parametrize("settings", [pytest.param(Tls(), id="untrusted"), pytest.param(None, id="another name")])
def test_a_certificate_that_does_not_fit(serve, server_tls, trust, target, settings) -> None:
    def handler(connection: socket.socket) -> None:
        with server_tls.wrap_socket(connection, server_side=True):
            pass

    port = serve(handler).port
    url = f"wss://elsewhere.example:{port}/ws" if settings is None else f"wss://localhost:{port}/ws"
    resolve = (("elsewhere.example", "127.0.0.1"), ("localhost", "127.0.0.1"))
    ours, theirs = both(target(url, tls=settings or trust, resolve=resolve))
    assert ours == theirs
    assert ours.outcome.stage == "tls"


def test_plain_text_where_tls_should_be(serve, target) -> None:
    port = serve(lambda c: (c.recv(1000), c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))).port
    ours, theirs = both(target(f"wss://127.0.0.1:{port}/ws", tls=Tls(insecure=True), connect_timeout_s=3.0))
    assert ours.outcome.reason == theirs.outcome.reason


def test_every_session_has_a_key_of_its_own(websocket_server, target) -> None:
    opener = Opener(target(f"ws://127.0.0.1:{websocket_server(lambda c: c.recv(100))}/ws"))
    sessions = [opener.open(Handler()) for _ in range(3)]
    assert all(isinstance(session, Session) for session in sessions)
    exchanges = [session.exchange() for session in sessions]
    assert len({exchange.key for exchange in exchanges}) == 3
    assert all(isinstance(exchange.outcome, Answer) and exchange.status == 101 for exchange in exchanges)
    for session in sessions:
        session.abort()


@pytest.mark.parametrize(
    ("code", "reason", "known"),
    [
        pytest.param(errno.EADDRNOTAVAIL, "no-ports", True, id="no port left"),
        pytest.param(errno.EMFILE, "no-descriptors", True, id="no descriptor left, this process"),
        pytest.param(errno.ENFILE, "no-descriptors", True, id="no descriptor left, this machine"),
        pytest.param(errno.ECONNREFUSED, "refused", False, id="refused"),
        pytest.param(errno.ECONNRESET, "reset", False, id="reset"),
    ],
)
def test_what_this_machine_lacks_is_not_held_against_the_address(
    answering, target, code: int, reason: str, known: bool
) -> None:
    url = f"ws://127.0.0.1:{answering(b'').port}/"
    endpoint = Endpoint(target(url), url)
    endpoint.dial(time.monotonic() + 5).close()
    assert endpoint.refused(OSError(code, ""), time.monotonic()).failure.reason == reason
    assert endpoint.known() is known
