"""Each variant differs from the browser's handshake in one thing, and in nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.model import Client, Route, Target
from diag.probes.requests import Request, browser_request, request

ROUTE = Route("proxy", "ws://localhost:5173/api/ws?ticket=abc")
TARGET = Target(
    page="http://localhost:5173",
    url=ROUTE.url,
    routes=(ROUTE,),
    cookies="session=1",
    headers=(("X-Tenant", "a"),),
    client=Client(subprotocols=("bots.v1", "bots.v2")),
)
CHROMIUM_ORDER = [
    "Host", "Connection", "Pragma", "Cache-Control", "User-Agent", "Upgrade", "Origin", "Sec-WebSocket-Version",
    "Accept-Encoding", "Accept-Language", "Cookie", "Sec-WebSocket-Key", "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Protocol",
]  # fmt: skip


def lines(made: Request) -> dict[str, str]:
    """The header lines that are the same at each attempt: all but the key's value."""
    return {name: "fresh" if name == "Sec-WebSocket-Key" else value for name, value in made.headers}


def changes(made: Request, base: Request) -> dict[str, object]:
    """What differs: header lines by name (None: gone), and the request line's parts."""
    ours, theirs = lines(made), lines(base)
    found: dict[str, object] = {name: ours.get(name) for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)}
    for name in ("url", "version"):
        if getattr(made, name) != getattr(base, name):
            found[name] = getattr(made, name)
    return found


def test_the_handshake_has_chromiums_headers_in_chromiums_order_and_the_users_own_behind_them() -> None:
    made = browser_request(TARGET, ROUTE)
    assert [name for name, _ in made.headers] == [*CHROMIUM_ORDER, "X-Tenant"]
    assert made.path == "/api/ws?ticket=abc"
    values = dict(made.headers)
    assert (values["Host"], values["Origin"]) == ("localhost:5173", "http://localhost:5173")
    assert (values["Cookie"], values["Sec-WebSocket-Protocol"]) == ("session=1", "bots.v1, bots.v2")
    assert values["Sec-WebSocket-Extensions"] == "permessage-deflate; client_max_window_bits"


def test_every_handshake_has_a_key_of_its_own() -> None:
    keys = {dict(browser_request(TARGET, ROUTE).headers)["Sec-WebSocket-Key"] for _ in range(20)}
    assert len(keys) == 20
    assert {len(key) for key in keys} == {24}


def test_nothing_is_offered_that_the_page_does_not_offer() -> None:
    plain = replace(TARGET, cookies=None, headers=(), client=Client(permessage_deflate=False))
    names = [name for name, _ in browser_request(plain, ROUTE).headers]
    assert names == [name for name in CHROMIUM_ORDER if name not in {"Cookie", *CHROMIUM_ORDER[-2:]}]


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        pytest.param("browser", {}, id="the handshake itself"),
        pytest.param("repeat", {}, id="once more"),
        pytest.param("repeat=2", {}, id="and once more"),
        pytest.param("pongs", {}, id="the same, watched while answering pings"),
        pytest.param("silent", {}, id="the same, watched in silence"),
        pytest.param("busy", {}, id="the same, watched while beating fast"),
        pytest.param("idle", {}, id="the same, watched for its idle limit"),
        pytest.param("idle-pings", {}, id="the same, watched for what pings do about that"),
        pytest.param("idle-data", {}, id="the same, watched for what data does about it"),
        pytest.param("idle-pongs", {}, id="the same, watched for what pongs do about it"),
        pytest.param("no-origin", {"Origin": None}, id="no Origin"),
        pytest.param("foreign-origin", {"Origin": "https://wsdiag-foreign.example"}, id="a foreign Origin"),
        pytest.param("origin=http://a.test", {"Origin": "http://a.test"}, id="a given Origin"),
        pytest.param("host=b.test:8080", {"Host": "b.test:8080"}, id="a given Host"),
        pytest.param("connection-close", {"Connection": "close"}, id="Connection: close"),
        pytest.param(
            "no-upgrade", {"Connection": "close", "Upgrade": None}, id="hop-by-hop headers, as a proxy strips them"
        ),
        pytest.param("http-1.0", {"version": "HTTP/1.0"}, id="HTTP/1.0"),
        pytest.param(
            "http-1.0-no-upgrade",
            {"version": "HTTP/1.0", "Connection": "close", "Upgrade": None},
            id="HTTP/1.0 and stripped, as nginx forwards by default",
        ),
        pytest.param("version-99", {"Sec-WebSocket-Version": "99"}, id="version 99"),
        pytest.param("no-version", {"Sec-WebSocket-Version": None}, id="no version"),
        pytest.param("no-key", {"Sec-WebSocket-Key": None}, id="no key"),
        pytest.param("no-deflate", {"Sec-WebSocket-Extensions": None}, id="no compression"),
        pytest.param("no-cookies", {"Cookie": None}, id="no cookies"),
        pytest.param("path=/ws", {"url": "ws://localhost:5173/ws?ticket=abc"}, id="a given path keeps the query"),
        pytest.param(
            "path=/s?EIO=4", {"url": "ws://localhost:5173/s?EIO=4"}, id="a given path with a query of its own"
        ),
        pytest.param(
            "sibling", {"url": "ws://localhost:5173/api/no-such-path-wsdiag?ticket=abc"}, id="an unknown path"
        ),
        pytest.param("other-scheme", {"url": "wss://localhost:5173/api/ws?ticket=abc"}, id="wss"),
    ],
)
def test_a_variant_changes_one_thing(variant: str, expected: dict[str, object]) -> None:
    made = request(TARGET, ROUTE, variant)
    assert changes(made, browser_request(TARGET, ROUTE)) == expected
    assert (made.route, made.variant) == ("proxy", variant)
    assert made.offer is not None


def test_its_own_origin_is_that_of_the_route() -> None:
    direct = Route("direct", "wss://api.example.test/ws")
    made = request(TARGET, direct, "own-origin")
    assert changes(made, browser_request(TARGET, direct)) == {"Origin": "https://api.example.test"}


def test_the_other_scheme_stays_on_the_same_port() -> None:
    assert request(TARGET, Route("a", "ws://app.test/ws"), "other-scheme").url == "wss://app.test:80/ws"
    assert request(TARGET, Route("a", "wss://app.test/ws"), "other-scheme").url == "ws://app.test:443/ws"


def test_without_compression_none_is_taken_either() -> None:
    made = request(TARGET, ROUTE, "no-deflate")
    assert made.offer is not None
    assert made.offer.deflate is False


@pytest.mark.parametrize(
    ("variant", "url"),
    [
        pytest.param("get", "ws://localhost:5173/api/ws?ticket=abc", id="the socket's path"),
        pytest.param("get-sibling", "ws://localhost:5173/api/no-such-path-wsdiag?ticket=abc", id="an unknown path"),
        pytest.param("get-root", "ws://localhost:5173/?ticket=abc", id="the root"),
        pytest.param("page", "http://localhost:5173/", id="the page's document"),
    ],
)
def test_a_plain_get_is_no_handshake(variant: str, url: str) -> None:
    made = request(TARGET, ROUTE, variant)
    assert (made.url, made.offer) == (url, None)
    names = [name for name, _ in made.headers]
    assert names == ["Host", "Connection", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Cookie"]
    assert dict(made.headers)["Connection"] == "close"


def test_an_unknown_variant_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        request(TARGET, ROUTE, "no-such-variant")


@pytest.mark.parametrize(
    ("variant", "url", "changed"),
    [
        pytest.param(
            "drift=5174",
            "ws://localhost:5174/ws",
            {"Host": "localhost:5174", "Origin": "http://localhost:5174"},
            id="the page as its server on another port would have it",
        ),
        pytest.param("drift-get=5174", "ws://localhost:5174/", {"Host": "localhost:5174"}, id="that server's root"),
        pytest.param("wss", "wss://localhost/ws", {"Upgrade": "websocket"}, id="on TLS's own port"),
        pytest.param("wss-no-upgrade", "wss://localhost/ws", {"Connection": "close"}, id="and stripped"),
        pytest.param(
            "forwarded-proto=app.example",
            "ws://localhost:5173/ws",
            {"Host": "app.example", "X-Forwarded-Proto": "https"},
            id="as a proxy that ends TLS",
        ),
    ],
)
def test_single_suspicions(variant: str, url: str, changed: dict[str, str]) -> None:
    route = Route("proxy", "ws://localhost:5173/ws")
    sent = request(Target("http://localhost:5173", route.url, (route,)), route, variant)
    assert sent.url == url
    assert changed.items() <= dict(sent.headers).items()


def test_without_subprotocols_the_offer_has_none_either() -> None:
    route = Route("proxy", "ws://localhost:5173/ws")
    target = Target("http://localhost:5173", route.url, (route,), client=Client(subprotocols=("null",)))
    sent = request(target, route, "no-subprotocol")
    assert "Sec-WebSocket-Protocol" not in dict(sent.headers)
    assert sent.offer is not None
    assert sent.offer.subprotocols == ()


def test_engine_io_is_asked_at_its_own_path_and_a_session_is_named_by_its_number_alone() -> None:
    route = Route("proxy", "ws://localhost:5173/socket.io/?EIO=4&transport=websocket")
    target = replace(TARGET, url=route.url, routes=(route,))
    polling, session = request(target, route, "polling"), request(target, route, "sid=abc;2")
    assert (polling.offer, polling.path) == (None, "/socket.io/?EIO=4&transport=polling")
    assert session.path == "/socket.io/?EIO=4&transport=websocket&sid=abc"
    assert (session.variant, session.offer is not None) == ("sid=2", True)
    assert request(target, route, "eio=3").path == "/socket.io/?EIO=3&transport=websocket"
    assert changes(request(target, route, "size=100"), browser_request(target, route)) == {}
