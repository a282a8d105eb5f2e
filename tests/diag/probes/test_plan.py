"""What is asked after which observations: nothing of a healthy target, and never without end."""

from __future__ import annotations

import pytest

from diag.model import Route
from diag.observations import Closed, Received
from diag.probes.plan import ON_COMPARED, ON_FAILED, first_steps, second_steps, session_steps, silences
from diag.probes.requests import request
from diag.seen import Seen

FAILED = set(ON_FAILED)
COMPARED = {*ON_COMPARED, "host=localhost:5173", "host=wsdiag-foreign.example"}
LOOPBACKS = {"port=127.0.0.1", "port=::1"}
NEXT_PORTS = {f"{kind}={port}" for kind in ("drift", "drift-get") for port in (5174, 5175, 5176)}


AGAIN = {"repeat", "repeat=2"}
"""A proxy may lead to several upstreams."""


def seen(scene) -> Seen:
    return Seen(scene.target, tuple(scene.observations))


def asked(steps, route: str = "proxy") -> set[str]:
    return {step.variant for step in steps if step.route.name == route}


def kinds(steps, route: str = "proxy") -> set[str]:
    """What is varied, without the values that are tried."""
    return {variant.partition("=")[0] for variant in asked(steps, route)}


def steps_after(scene) -> list:
    told = seen(scene)
    return first_steps(told) + second_steps(told) + session_steps(told) + silences(told)


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda s: s.opens("proxy").opens("direct"), id="both routes open"),
        pytest.param(lambda s: s.opens("proxy").refused("direct"), id="the page's route opens"),
        pytest.param(lambda s: s.opens("proxy").answers("direct", 403), id="the other one is refused"),
    ],
)
def test_a_proxy_that_opens_is_asked_twice_more_since_it_may_have_several_upstreams(scene, tell) -> None:
    assert [(step.route.name, step.variant) for step in steps_after(tell(scene))] == [
        ("proxy", "repeat"),
        ("proxy", "repeat=2"),
    ]


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda s: s.page_opens("direct").opens("direct").opens("proxy"), id="the backend itself opens"),
        pytest.param(lambda s: s, id="nothing was seen yet"),
    ],
)
def test_there_is_nothing_more_to_ask(scene, tell) -> None:
    assert steps_after(tell(scene)) == []


@pytest.mark.parametrize(
    ("tell", "proxy", "direct"),
    [
        pytest.param(
            lambda s: s.refused("proxy"), LOOPBACKS | NEXT_PORTS, set(), id="refused: the other address, the next ports"
        ),
        pytest.param(lambda s: s.silent("proxy", "tcp", "timeout"), LOOPBACKS, set(), id="no answer to TCP"),
        pytest.param(lambda s: s.only("ws://10.0.0.7/ws").refused("proxy"), set(), set(), id="refused elsewhere"),
        pytest.param(lambda s: s.answers("proxy", 404), FAILED, set(), id="a status: what else gets which answer"),
        pytest.param(lambda s: s.hangs("proxy"), FAILED | {"other-scheme"}, set(), id="a hang: perhaps another scheme"),
        pytest.param(
            lambda s: s.silent("proxy", "tls", "untrusted"),
            FAILED | {"other-scheme", "sni=", "sni=localhost"},
            set(),
            id="TLS: perhaps plain, perhaps another certificate",
        ),
        pytest.param(
            lambda s: s.answers("proxy", 404).opens("direct"),
            FAILED,
            COMPARED | {"path=/", "path=/ws/ws"},
            id="the differential, once something opens",
        ),
    ],
)
def test_what_is_asked_first(scene, tell, proxy: set[str], direct: set[str]) -> None:
    steps = first_steps(seen(tell(scene)))
    assert (asked(steps), asked(steps, "direct")) == (proxy, direct)


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda s: s.answers("direct", 403), id="refused as well"),
        pytest.param(lambda s: s.refused("direct"), id="not there"),
        pytest.param(lambda s: s.hangs("direct"), id="silent"),
    ],
)
def test_a_route_that_fails_as_well_shows_who_decides_by_what(scene, tell) -> None:
    steps = first_steps(seen(tell(scene.answers("proxy", 403))))
    assert {"get", "no-origin", "own-origin", "sibling", "host=localhost:5173"} <= asked(steps, "direct")


def test_a_rewritten_path_is_tried_on_the_compared_route(scene) -> None:
    routes = (Route("proxy", "ws://localhost:5173/app/ws"), Route("direct", "ws://localhost:3000/ws"))
    scene.given(routes=routes, url=routes[0].url).answers("proxy", 404).opens("direct")
    paths = {variant for variant in asked(first_steps(seen(scene)), "direct") if variant.startswith("path=")}
    assert paths == {"path=/app/ws", "path=/ws/app/ws", "path=/app/app/ws"}


@pytest.mark.parametrize(
    ("tell", "expected"),
    [
        pytest.param(lambda s: s.given(cookies="a=1"), {"foreign-origin"}, id="the user's cookies"),
        pytest.param(
            lambda s: s.switches("proxy", Set_Cookie="a=1"), {"foreign-origin"}, id="a cookie of the handshake"
        ),
        pytest.param(lambda s: s, set(), id="no cookies: nobody to take over"),
    ],
)
def test_where_cookies_say_who_the_user_is_a_foreign_page_tries_too(scene, tell, expected: set[str]) -> None:
    steps = first_steps(seen(tell(scene.opens("proxy").opens("direct"))))
    assert asked(steps) - {"repeat", "repeat=2"} == asked(steps, "direct") == expected


def refused_everywhere(s):
    return (
        s.answers("proxy", 403)
        .answers("direct", 403)
        .answers("proxy", 403, variants=("no-origin", "own-origin", "sibling"))
    )


@pytest.mark.parametrize(
    ("tell", "varied"),
    [
        pytest.param(refused_everywhere, {"origin", "path"}, id="allow lists and paths worth a try"),
        pytest.param(
            lambda s: refused_everywhere(s).opens("proxy", "no-origin"), {"path"}, id="the Origin is known to decide"
        ),
        pytest.param(
            lambda s: refused_everywhere(s).answers("proxy", 403, "other", variants=("sibling",)),
            {"origin"},
            id="an unknown path gets another answer",
        ),
        pytest.param(
            lambda s: s.answers("proxy", 500, variants=("browser", "sibling")),
            {"path"},
            id="500 for any path: daphne's",
        ),
        pytest.param(
            lambda s: s.silent("proxy", "http", "eof", "browser", "sibling"),
            {"path"},
            id="any path ends the connection",
        ),
        pytest.param(
            lambda s: s.answers("proxy", 400, variants=("browser", "get-root")),
            {"origin", "host", "drift", "drift-get"},
            id="the root as well",
        ),
        pytest.param(lambda s: s.answers("proxy", 404).opens("direct"), set(), id="the differential decides"),
        pytest.param(lambda s: s.answers("proxy", 502).refused("direct"), set(), id="nothing to compare with"),
        pytest.param(lambda s: s.answers("proxy", 301), set(), id="a redirect says it all"),
        pytest.param(lambda s: s.opens("proxy"), set(), id="it opens"),
    ],
)
def test_what_is_asked_next(scene, tell, varied: set[str]) -> None:
    assert kinds(second_steps(seen(tell(scene)))) == varied


def test_what_is_worth_a_try_is_another_origin_and_another_path(scene) -> None:
    variants = asked(second_steps(seen(refused_everywhere(scene))))
    assert {"origin=http://localhost:5173/", "origin=http://localhost:3000", "path=/ws/", "path=/api/ws"} <= variants
    assert not {"origin=http://localhost:5173", "path=/ws"} & variants


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda s: s.nginx("proxy", 502).opens("direct"), id="502"),
        pytest.param(lambda s: s.haproxy("proxy", 503).opens("direct"), id="503"),
        pytest.param(lambda s: s.silent("proxy", "http", "eof").opens("direct"), id="Vite's empty end"),
    ],
)
def test_where_the_proxy_cannot_reach_its_upstream_both_loopback_addresses_are_tried(scene, tell) -> None:
    assert asked(second_steps(seen(tell(scene))), "direct") == LOOPBACKS


def test_origins_that_the_servers_own_headers_name_come_first(scene) -> None:
    answer = scene.answer(200, Access_Control_Allow_Origin="http://allowed.test")
    refused_everywhere(scene).rest("http://localhost:3000/api/health", answer)
    origins = [step.variant for step in second_steps(seen(scene)) if step.variant.startswith("origin=")]
    assert origins[0] == "origin=http://allowed.test"


@pytest.mark.parametrize(
    ("tell", "expected"),
    [
        pytest.param(lambda s: s.violates("proxy", "rsv-bit"), {"no-deflate"}, id="a bad frame: without compression"),
        pytest.param(
            lambda s: s.closes("proxy", 1008, after_ms=20, received_total=1),
            {"no-origin", "own-origin", "origin"},
            id="refused after the opening: other origins",
        ),
        pytest.param(
            lambda s: s.closes("proxy", 1008, after_ms=2500, received_total=0), set(), id="refused much later"
        ),
        pytest.param(lambda s: s.drops("proxy", received_total=1), {"silent"}, id="dropped: was it our message?"),
        pytest.param(lambda s: s.drops("proxy", received_total=1, sent_total=0), set(), id="dropped before we spoke"),
        pytest.param(
            lambda s: s.drops("proxy", received_total=5),
            {"silent", "busy"},
            id="dropped after messages: a count, perhaps",
        ),
        pytest.param(lambda s: s.closes("proxy", 1000, received_total=5), {"busy"}, id="closed after messages"),
        pytest.param(lambda s: s.closes("proxy", 1012, received_total=5), set(), id="closed, and it said why"),
        pytest.param(
            lambda s: s.closes("proxy", 1000, received_total=1), {"busy"}, id="closed in good order: a time, perhaps"
        ),
        pytest.param(
            lambda s: s.closes("proxy", 1011, received_total=1), {"silent"}, id="an error: was it our message?"
        ),
        pytest.param(
            lambda s: s.client(answers_pings=False).drops("proxy", received=(Received(1.0, "ping", 0),)),
            {"pongs"},
            id="the server's pings stayed unanswered",
        ),
        pytest.param(lambda s: s.session("proxy"), set(), id="it lives"),
    ],
)
def test_what_is_asked_after_the_sessions(scene, tell, expected: set[str]) -> None:
    steps = session_steps(seen(tell(scene.opens("proxy"))))
    assert kinds(steps) == expected
    assert all(0 < step.watch_s <= 4.0 for step in steps)


def test_an_idle_limit_is_looked_for_on_every_open_route_and_only_if_asked(scene) -> None:
    scene.opens("proxy").opens("direct")
    assert silences(seen(scene)) == []
    steps = silences(seen(scene.given(idle_limit_s=60.0)))
    assert [(step.route.name, step.variant, step.watch_s) for step in steps] == [
        (route, variant, 60.0) for route in ("proxy", "direct") for variant in ("idle", "idle-pings", "idle-data")
    ]


@pytest.mark.parametrize(
    ("client", "variants"),
    [
        pytest.param({"dialect": "protocol"}, {"idle", "idle-pings"}, id="a dialect without data of its own"),
        pytest.param({"dialect": "auto"}, {"idle", "idle-pings", "idle-data"}, id="a dialect yet to be recognised"),
        pytest.param(
            {"answers_pings": False},
            {"idle", "idle-pings", "idle-data", "idle-pongs"},
            id="a client that gives no pongs: would they help?",
        ),
    ],
)
def test_what_may_keep_a_session_alive_is_tried_beside_the_silence(scene, client: dict, variants: set[str]) -> None:
    scene.given(idle_limit_s=60.0).client(**client).opens("proxy").refused("direct")
    assert {step.variant for step in silences(seen(scene))} == variants
    assert {step.route.name for step in silences(seen(scene))} == {"proxy"}


def test_a_closed_silent_session_asks_nothing_more(scene) -> None:
    scene.given(idle_limit_s=60.0).opens("proxy").session("proxy", "idle", closed=Closed(1006, "", False, "fin", 9.0))
    assert session_steps(seen(scene)) == []


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(refused_everywhere, id="refused everywhere"),
        pytest.param(lambda s: s.hangs("proxy").opens("direct"), id="a hang"),
        pytest.param(lambda s: s.nginx("proxy", 502).opens("direct"), id="a gateway error"),
        pytest.param(lambda s: s.switches("proxy").closes("proxy", 4401, after_ms=20), id="refused after the opening"),
    ],
)
def test_the_steps_are_few_and_every_one_can_be_asked_once(scene, tell) -> None:
    told = seen(tell(scene))
    steps = first_steps(told) + second_steps(told) + session_steps(told)
    places = [(step.route.name, step.variant) for step in steps]
    assert len(places) == len(set(places)) <= 60
    for step in steps:
        if not step.variant.startswith("port="):
            assert request(scene.target, step.route, step.variant).variant == step.variant
