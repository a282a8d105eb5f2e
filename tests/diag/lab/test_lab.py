from __future__ import annotations

import contextlib
import gc
import json
import socket
import threading

import pytest
import websocket

from diag.lab import Lab, PortInUseError, UnknownFaultError
from diag.model import Route


def listener(port=0):
    return socket.create_server(("127.0.0.1", port))


def send_until_nobody_reads(sock, data):
    """The peer stops reading when its own answers have nowhere to go."""
    sock.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while True:
            sock.sendall(data)


def test_both_servers_accept_on_both_loopback_families(healthy, wire):
    for port in (healthy.backend_port, healthy.proxy_port):
        for address in ("127.0.0.1", "::1"):
            assert wire.exchange(port, path="/", address=address).status == 200


def test_ports_that_are_asked_for_are_used(wire, new_port):
    free = new_port(), new_port()
    lab = wire.opened.enter_context(Lab(backend_port=free[0], proxy_port=free[1]))

    assert (lab.backend_port, lab.proxy_port) == free
    assert lab.page == f"http://localhost:{free[1]}"


@pytest.mark.parametrize("which", ["backend_port", "proxy_port"])
def test_a_port_in_use_is_one_clear_line(which):
    with listener() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError) as raised, Lab(**{which: port}):
            pass

    assert raised.value.format_message() == f"port {port} on 127.0.0.1 cannot be used: address already in use"
    assert raised.value.exit_code == 2


def test_a_port_in_use_on_the_other_family_only_is_in_use_too():
    with (
        socket.create_server(("::1", 0), family=socket.AF_INET6) as taken,
        pytest.raises(PortInUseError, match="::1"),
        Lab(backend_port=taken.getsockname()[1]),
    ):
        pass


def test_a_failed_start_leaves_the_other_port_free(free_port):
    with listener() as taken, pytest.raises(PortInUseError), Lab((), free_port, taken.getsockname()[1]):
        pass

    with listener(free_port):
        pass


def test_an_unknown_fault_names_close_ones():
    with pytest.raises(UnknownFaultError, match="no fault is named cors-mising; did you mean cors-missing"):
        Lab(["cors-mising"])


def test_an_unknown_fault_that_is_close_to_none_points_at_the_list():
    with pytest.raises(UnknownFaultError, match="no fault is named qqq; wsdiag lab --list names them"):
        Lab(["qqq"])


def test_a_push_interval_that_is_not_positive_is_refused_at_start():
    with pytest.raises(ValueError, match="positive"), Lab(push_interval_s=0):
        pass


def test_the_target_describes_the_page(healthy):
    target = healthy.target()
    proxy, backend = (f"localhost:{port}" for port in (healthy.proxy_port, healthy.backend_port))

    assert target.page == f"http://{proxy}"
    assert target.routes == (Route("proxy", f"ws://{proxy}/ws"), Route("direct", f"ws://{backend}/ws"))
    assert target.page_route.name == "proxy"
    assert [request.url for request in target.api] == [
        f"http://{proxy}/api/health",
        f"http://{proxy}/api/bots",
        f"http://{backend}/api/health",
    ]
    assert [request.credentials for request in target.api] == ["same-origin", "same-origin", "include"]
    assert target.expect == ("bot:status_change", "system:health_update")
    assert target.client.dialect == "orchestration"
    assert target.client.fallback is not None
    assert target.client.fallback.request == target.api[1]


def test_stopping_ends_open_sessions_and_leaves_no_thread_socket_or_port(wire):
    before = threading.active_count()
    with Lab() as lab:
        through_proxy = wire.session(lab.target().url, lab.page)
        straight = wire.session(f"ws://localhost:{lab.backend_port}/ws", lab.page)
        waiting = socket.create_connection(("127.0.0.1", lab.proxy_port))
        for session in (through_proxy, straight):
            session.until("connection:established")
        ports = lab.backend_port, lab.proxy_port

    assert straight.end() == (1012, "")
    assert through_proxy.end() in ((1012, ""), None)
    with waiting, contextlib.suppress(ConnectionResetError):
        assert waiting.recv(1) == b""
    assert threading.active_count() == before
    for port in ports:
        with listener(port):
            pass
    gc.collect()  # an unclosed socket or transport would be an error here


def test_stopping_does_not_wait_for_a_client_that_never_reads(wire):
    ping = json.dumps({"type": "connection:ping", "messageId": "x" * 500_000}).encode()
    unmasked = b"\x81\xff" + len(ping).to_bytes(8, "big") + bytes(4) + ping
    with Lab() as lab:
        ports = (lab.backend_port, lab.proxy_port)
        sessions = [wire.session(f"ws://localhost:{port}/ws", lab.page) for port in ports]
        for session in sessions:
            send_until_nobody_reads(session.socket.sock, unmasked)

    gc.collect()  # an unclosed socket or transport would be an error here


def test_two_labs_run_at_once(wire):
    first, second = wire.lab(), wire.lab("auth")

    assert wire.session(first.target().url, first.page).until("connection:established")
    with pytest.raises(websocket.WebSocketBadStatusException, match="401"):
        wire.session(second.target().url, second.page)


def test_a_lab_can_be_started_again(wire):
    lab = Lab()
    for _ in range(2):
        with lab:
            assert wire.exchange(lab.proxy_port, path="/api/health").status == 200
