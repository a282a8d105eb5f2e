from __future__ import annotations

from dataclasses import replace

import pytest

from diag.drill.through import at_speed, through, upstream
from diag.model import ApiRequest, Client, Fallback, Reconnect, Route, Target

POLL = ApiRequest("https://app.example/api/bots?all=1")
TARGET = Target(
    "https://app.example",
    "wss://app.example/ws?token=abc",
    (Route("proxy", "wss://app.example/ws?token=abc"), Route("direct", "ws://10.0.0.1:3000/ws")),
    api=(POLL, ApiRequest("https://other.example/health")),
    client=Client(fallback=Fallback(request=POLL)),
    resolve=(("App.example", "127.0.0.1"),),
    family=4,
)


def test_the_socket_and_the_requests_to_its_server_go_through_the_proxy() -> None:
    found = through(TARGET, 9000)

    assert (found.page, found.url) == (TARGET.page, "ws://127.0.0.1:9000/ws?token=abc")
    assert found.routes == (Route("proxy", found.url),)
    assert [request.url for request in found.api] == [
        "http://127.0.0.1:9000/api/bots?all=1",
        "https://other.example/health",
    ]
    assert found.client.fallback == Fallback(request=found.api[0])


@pytest.mark.parametrize(
    ("page", "mode", "expected"),
    [
        pytest.param("https://app.example", "same-origin", "include", id="the page's own origin: cookies as before"),
        pytest.param("https://app.example", "omit", "omit", id="no cookies"),
        pytest.param("https://cdn.example", "same-origin", "same-origin", id="across origins: none as before"),
    ],
)
def test_cookies_go_where_they_went(page: str, mode: str, expected: str) -> None:
    request = replace(POLL, credentials=mode)

    assert through(replace(TARGET, page=page, api=(request,)), 9000).api[0].credentials == expected


def test_the_proxy_leads_where_the_route_led() -> None:
    found = upstream(TARGET)

    assert (found.addresses, found.port, found.host, found.server_name) == (
        ("127.0.0.1",),
        443,
        "app.example",
        "app.example",
    )
    assert found.tls is not None


def test_a_plain_route_is_not_encrypted_and_a_name_without_an_address_has_none() -> None:
    url = "ws://[::1]:3000/ws"
    found = upstream(Target("http://localhost", url, (Route("direct", url),), family=4))

    assert (found.addresses, found.host, found.tls, found.server_name) == ((), "[::1]:3000", None, None)


def test_a_faster_client() -> None:
    client = Client(
        heartbeat_interval_s=40.0,
        heartbeat_timeout_s=10.0,
        connect_timeout_s=15.0,
        reconnect=Reconnect(3, 10.0, max_interval_s=30.0),
        fallback=Fallback(3, 10.0),
    )

    assert at_speed(replace(TARGET, client=client), 10.0).client == Client(
        heartbeat_interval_s=4.0,
        heartbeat_timeout_s=1.0,
        connect_timeout_s=1.5,
        reconnect=Reconnect(3, 1.0, max_interval_s=3.0),
        fallback=Fallback(3, 1.0),
    )
    assert at_speed(replace(TARGET, client=Client()), 10.0).client.fallback is None
