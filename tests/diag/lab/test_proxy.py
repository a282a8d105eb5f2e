from __future__ import annotations

import socket
import struct

import pytest

from diag.lab.http1 import HEAD_LIMIT


def connect(port):
    return socket.create_connection(("127.0.0.1", port), 10)


@pytest.mark.parametrize("path", ["/", "/some/page?x=1", "/wsx", "/apis", "/favicon.ico"])
def test_a_path_that_is_not_forwarded_gets_the_page(healthy, wire, path):
    reply = wire.exchange(healthy.proxy_port, path=path)

    assert reply.status == 200
    assert reply.all("content-type") == ["text/html; charset=utf-8"]
    assert b'id="root"' in reply.body


@pytest.mark.parametrize("path", ["/api/health", "/api/bots?x=1", "/api/none", "/ws"])
def test_a_path_that_is_forwarded_gets_the_backends_answer(healthy, wire, path):
    reply = wire.exchange(healthy.proxy_port, path=path)

    assert reply.status == wire.exchange(healthy.backend_port, path=path).status
    assert reply.all("server") == ["uvicorn"]


def test_head_has_the_headers_and_no_body(healthy, wire):
    whole = wire.exchange(healthy.proxy_port, path="/")
    with connect(healthy.proxy_port) as sock:
        sock.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b"".join(iter(lambda: sock.recv(65536), b""))

    assert received.endswith(b"\r\n\r\n")
    assert f"Content-Length: {len(whole.body)}".encode() in received


def test_the_page_is_not_written_to(healthy, wire):
    reply = wire.exchange(healthy.proxy_port, "POST", "/")

    assert reply.status == 405
    assert reply.all("allow") == ["GET, HEAD"]


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\r\n\r\n", id="TLS"),
        pytest.param(b"GET /\r\n\r\n", id="no version"),
        pytest.param(b"GET http://other.example/ HTTP/1.1\r\n\r\n", id="a forward proxy's request"),
        pytest.param(b"GET / HTTP/2.0\r\n\r\n", id="another version"),
        pytest.param(b"GET / HTTP/1.1\r\nno colon\r\n\r\n", id="a line without a colon"),
        pytest.param(b"GET / HTTP/1.1\r\nName : value\r\n\r\n", id="a blank before the colon"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_LIMIT, id="too large, and no end in sight"),
    ],
)
def test_what_is_no_request_is_a_400(healthy, wire, head):
    with connect(healthy.proxy_port) as sock:
        sock.sendall(head)
        assert wire.read_reply(sock).status == 400


def test_a_client_that_leaves_in_the_middle_of_its_request_is_no_trouble(healthy, wire):
    with connect(healthy.proxy_port) as sock:
        sock.sendall(b"GET /api/hea")

    assert wire.exchange(healthy.proxy_port, path="/api/health").status == 200


def test_the_host_stays_as_the_client_sent_it(healthy, wire):
    own = f"http://localhost:{healthy.proxy_port}"
    other = "http://127.0.0.1:5555"

    assert wire.exchange(healthy.proxy_port, headers=wire.upgrade_headers(own)).status == 101
    assert wire.exchange(healthy.proxy_port, headers=wire.upgrade_headers(other)).status == 403


def test_large_messages_pass_both_ways(healthy, wire):
    session = wire.session(healthy.target().url, healthy.page)
    large = "x" * 300_000

    session.ask("connection:ping", messageId=large)

    assert session.until("connection:pong")["correlationId"] == large


def test_a_close_passes_both_ways(healthy, wire):
    session = wire.session(healthy.target().url, healthy.page)

    session.socket.send_close(1000)

    assert session.end() == (1000, "")


def test_a_request_body_is_forwarded(healthy, wire):
    with connect(healthy.proxy_port) as sock:
        sock.sendall(b"POST /api/bots HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
        assert wire.read_reply(sock).status == 405


def test_a_reset_client_leaves_the_proxy_serving(healthy, wire):
    session = wire.session(healthy.target().url, healthy.page)
    session.until("connection:established")

    session.socket.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    session.socket.sock.close()

    assert wire.session(healthy.target().url, healthy.page).until("connection:established")
