"""Single suspicions: each is followed where something seen gives cause for it, and nowhere else."""

from __future__ import annotations

import pytest

from diag.model import Route
from diag.probes.suspicions import allow_list, first, look_alikes, opened, second
from diag.seen import Seen

SECURE = (Route("proxy", "wss://app.example/ws"), Route("direct", "wss://10.0.0.7:3000/ws"))


def seen(scene) -> Seen:
    return Seen(scene.target, tuple(scene.observations))


def asked(asks) -> set[tuple[str, str]]:
    return {(route.name, variant) for route, variant in asks}


def secure(s):
    return s.given(page="https://app.example", url=SECURE[0].url, routes=SECURE)


@pytest.mark.parametrize(
    ("tell", "expected"),
    [
        pytest.param(lambda s: s.only("ws://10.0.0.7:5173/ws").refused("proxy"), set(), id="refused elsewhere"),
        pytest.param(
            lambda s: s.given(page="http://localhost:8080").refused("proxy"),
            set(),
            id="refused, and not the page's port",
        ),
        pytest.param(lambda s: s.silent("proxy", "tcp", "timeout"), set(), id="no answer to TCP"),
        pytest.param(
            lambda s: secure(s).silent("proxy", "tls", "untrusted").opens("direct"),
            {("proxy", "sni="), ("proxy", "sni=app.example")},
            id="a certificate that nobody trusts",
        ),
        pytest.param(
            lambda s: secure(s).page_opens("direct").silent("direct", "tls", "name-mismatch"),
            {("direct", "sni="), ("direct", "sni=app.example")},
            id="by its address: the names that the target knows",
        ),
        pytest.param(lambda s: secure(s).silent("proxy", "tls", "not-tls"), set(), id="no TLS there"),
        pytest.param(
            lambda s: secure(s).nginx("proxy", 502).opens("direct"),
            {("direct", "sni=")},
            id="a gateway to a TLS backend",
        ),
        pytest.param(
            lambda s: secure(s).answers("proxy", 403).answers("direct", 403),
            {("proxy", "forwarded-proto=app.example"), ("direct", "forwarded-proto=app.example")},
            id="a page on https that is refused",
        ),
        pytest.param(lambda s: s.answers("proxy", 403).answers("direct", 403), set(), id="a page on http"),
        pytest.param(
            lambda s: s.only("ws://app.example/ws").answers("proxy", 404),
            {("proxy", "wss"), ("proxy", "wss-no-upgrade")},
            id="in clear on port 80",
        ),
        pytest.param(lambda s: s.only("ws://app.example:8080/ws").answers("proxy", 404), set(), id="on another port"),
        pytest.param(lambda s: s.only("ws://localhost/ws").answers("proxy", 404), set(), id="on this machine"),
        pytest.param(lambda s: s.only("ws://app.example/ws").answers("proxy", 301), set(), id="a redirect"),
        pytest.param(
            lambda s: s.client(subprotocols=("null",)).answers("proxy", 400),
            {("proxy", "no-subprotocol")},
            id="a subprotocol named null",
        ),
    ],
)
def test_what_a_failure_gives_cause_for(scene, tell, expected: set[tuple[str, str]]) -> None:
    assert asked(first(seen(tell(scene)))) == expected


@pytest.mark.parametrize(
    ("tell", "expected"),
    [
        pytest.param(
            lambda s: s.answers("proxy", 403).answers("direct", 403).opens("direct", "host=localhost:5173"),
            {("proxy", "origin=http://localhost")},
            id="a same-origin check: does the proxy drop the port?",
        ),
        pytest.param(
            lambda s: (
                s.only("ws://app.example/ws")
                .answers("proxy", 403)
                .answers("proxy", 403, variants=("host=app.example",))
            ),
            set(),
            id="no port to drop",
        ),
        pytest.param(lambda s: s.hangs("proxy").vite("proxy", "get-root"), set(), id="a development server is there"),
    ],
)
def test_what_the_differential_gives_cause_for(scene, tell, expected: set[tuple[str, str]]) -> None:
    assert asked(second(seen(tell(scene)))) == expected


@pytest.mark.parametrize(
    ("tell", "expected"),
    [
        pytest.param(lambda s: secure(s).opens("proxy"), {("proxy", "h2")}, id="the page's own server, over TLS"),
        pytest.param(
            lambda s: secure(s).given(page="https://other.example").opens("proxy"), set(), id="loaded from elsewhere"
        ),
        pytest.param(lambda s: s.opens("proxy"), set(), id="in clear"),
    ],
)
def test_a_socket_that_opens_is_tried_on_the_pages_own_connection_too(scene, tell, expected) -> None:
    assert asked(opened(seen(tell(scene)))) == expected


def test_a_port_that_another_route_has_is_not_the_development_servers(scene) -> None:
    scene.given(routes=(scene.route("proxy"), Route("direct", "ws://localhost:5174/ws"))).refused("proxy")
    assert {variant for _, variant in first(seen(scene)) if variant.startswith("drift=")} == {
        "drift=5175",
        "drift=5176",
    }


def test_look_alikes_are_tried_where_a_stranger_was_refused(scene) -> None:
    scene.given(cookies="a=1").opens("proxy")
    assert asked(allow_list(seen(scene))) == set()
    assert asked(allow_list(seen(scene.opens("proxy", "foreign-origin")))) == set()
    refused = scene.answers("proxy", 403, variants=("foreign-origin",))
    assert ("proxy", "origin=null") in asked(allow_list(seen(refused)))


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        pytest.param(
            "https://app.corp.example",
            (
                "https://app.corp.example.wsdiag-foreign.example",
                "https://wsdiag-foreign-app.corp.example",
                "https://appxcorp.example",
                "null",
            ),
            id="a name",
        ),
        pytest.param(
            "http://127.0.0.1:8080", ("http://127.0.0.1.wsdiag-foreign.example:8080", "null"), id="an address"
        ),
        pytest.param("null", (), id="no origin at all"),
    ],
)
def test_who_looks_like_an_origin(origin: str, expected: tuple[str, ...]) -> None:
    assert look_alikes(origin) == expected
