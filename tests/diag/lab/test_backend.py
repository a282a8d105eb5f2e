from __future__ import annotations

import json

import pytest


@pytest.fixture
def session(healthy, wire):
    return wire.session(f"ws://localhost:{healthy.backend_port}/ws", healthy.page)


def names(value):
    """Every key of a JSON value."""
    if isinstance(value, dict):
        return set(value) | {name for part in value.values() for name in names(part)}
    return {name for part in value for name in names(part)} if isinstance(value, list) else set()


def test_a_session_is_greeted_and_told_the_latest_state_at_once(wire):
    lab = wire.lab(push_interval_s=3600)

    session = wire.session(lab.target().url, lab.page)
    messages = [session.next() for _ in range(3)]

    assert [message["type"] for message in messages] == [
        "connection:established",
        "bot:status_change",
        "system:health_update",
    ]
    assert all({"type", "data", "timestamp", "messageId"} == set(message) for message in messages)
    assert len({message["messageId"] for message in messages}) == 3


def test_pushes_go_on_without_a_gap(wire):
    lab = wire.lab(push_interval_s=0.01)
    session = wire.session(lab.target().url, lab.page)

    for type_ in ("bot:status_change", "system:health_update"):
        sequences = [session.until(type_)["data"]["sequence"] for _ in range(20)]
        assert sequences == list(range(sequences[0], sequences[0] + 20))


def test_a_ping_is_answered_with_its_id(session):
    session.ask("connection:ping", messageId="abc")

    pong = session.until("connection:pong")

    assert pong["correlationId"] == "abc"
    assert pong["data"]["timestamp"] == 1


def test_a_health_request_is_answered_by_an_update(session):
    session.ask("system:health_request", messageId="h1")

    while (update := session.until("system:health_update")).get("correlationId") != "h1":
        pass

    assert [service["serviceName"] for service in update["data"]["services"]] == [
        "database",
        "websocket",
        "trading-engine",
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("not json", id="no json"),
        pytest.param("[1, 2]", id="no object"),
        pytest.param('{"type": 7}', id="a type that is no text"),
        pytest.param('{"type": "connection:ping", "data": "x"}', id="data that is no object"),
        pytest.param("[" * 5000, id="deeply nested"),
    ],
)
def test_what_is_no_request_does_not_end_the_session(session, text):
    session.socket.send(text)

    assert session.answered(1)


def test_binary_messages_are_ignored(session):
    session.socket.send_binary(b"\x00\xff")

    assert session.answered(1)


def test_the_second_socket_route_speaks_the_same_dialect(healthy, wire):
    session = wire.session(f"ws://localhost:{healthy.proxy_port}/api/websocket/connect", healthy.page)

    assert "connection:pong" in session.answered(1)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param("http://localhost:{proxy}", 101, id="the development page"),
        pytest.param("http://localhost:{backend}", 101, id="the page in production"),
        pytest.param(None, 101, id="no browser"),
        pytest.param("http://127.0.0.1:{proxy}", 403, id="another name of this machine"),
        pytest.param("http://localhost", 403, id="without the port"),
        pytest.param("http://localhost:{proxy}.evil.example", 403, id="a longer name"),
        pytest.param("https://evil.example", 403, id="foreign"),
        pytest.param("null", 403, id="opaque"),
    ],
)
def test_the_origin_decides_who_may_open_a_socket(healthy, wire, origin, status):
    origin = origin and origin.format(proxy=healthy.proxy_port, backend=healthy.backend_port)

    reply = wire.exchange(healthy.backend_port, headers=wire.upgrade_headers(origin))

    assert reply.status == status
    assert (reply.all("sec-websocket-accept") == [wire.accept]) is (status == 101)


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        pytest.param({}, 426, b'Can "Upgrade" only to "WebSocket".', id="a plain request"),
        pytest.param({"Upgrade": "h2c", "Connection": "close"}, 426, b'Can "Upgrade" only', id="another protocol"),
        pytest.param({"Upgrade": "websocket", "Connection": "close"}, 400, b'"Connection" must be', id="close"),
        pytest.param({"Upgrade": "websocket", "Connection": "keep-alive"}, 400, b'"Connection" must be', id="alive"),
    ],
)
def test_a_request_that_is_no_upgrade_is_told_what_it_lacks(healthy, wire, headers, status, body):
    reply = wire.exchange(healthy.backend_port, headers=headers)

    assert reply.status == status
    assert reply.body.startswith(body)


@pytest.mark.parametrize("offered", [True, False], ids=["offered", "not offered"])
def test_compression_is_used_when_it_is_offered(healthy, wire, offered):
    extension = {"Sec-WebSocket-Extensions": "permessage-deflate"} if offered else {}

    reply = wire.exchange(healthy.backend_port, headers=wire.upgrade_headers(healthy.page, **extension))

    assert [value.partition(";")[0] for value in reply.all("sec-websocket-extensions")] == [*extension.values()]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/health", 200),
        ("/api/health/database", 200),
        ("/api/health/no-such", 404),
        ("/api/bots", 200),
        ("/api/none", 404),
        ("/nothing-here", 404),
    ],
)
def test_rest_routes(healthy, wire, path, status):
    assert wire.exchange(healthy.backend_port, path=path).status == status


def test_rest_speaks_the_same_names_as_the_socket(healthy, wire, session):
    in_rest = set()
    for path in ("/api/health", "/api/bots"):
        in_rest |= names(json.loads(wire.exchange(healthy.backend_port, path=path).body))
    in_pushes = names(session.until("bot:status_change")["data"])
    in_pushes |= names(session.until("system:health_update")["data"])

    assert in_rest - in_pushes == {"bots"}
    assert in_pushes < in_rest


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        pytest.param("http://localhost:{proxy}", True, id="the development page"),
        pytest.param("http://localhost:{backend}", True, id="the page in production"),
        pytest.param("https://evil.example", False, id="foreign"),
    ],
)
def test_cors_allows_exactly_the_two_pages(healthy, wire, origin, allowed):
    origin = origin.format(proxy=healthy.proxy_port, backend=healthy.backend_port)
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-requested-with"}

    simple = wire.exchange(healthy.backend_port, path="/api/health", headers={"Origin": origin})
    preflight = wire.exchange(healthy.backend_port, "OPTIONS", "/api/health", {"Origin": origin, **asked})

    assert simple.all("access-control-allow-origin") == ([origin] if allowed else [])
    assert simple.all("access-control-allow-credentials") == ["true"]
    assert preflight.status == (200 if allowed else 400)
    assert preflight.all("access-control-allow-headers") == ["x-requested-with"]


def test_an_upgrade_of_a_path_that_has_no_socket_is_refused(healthy, wire):
    assert wire.exchange(healthy.backend_port, path="/wsx", headers=wire.upgrade_headers(healthy.page)).status == 403
