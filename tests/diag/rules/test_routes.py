"""One route of the report: what the browser says, which hop answered, and the numbers of the beats."""

from __future__ import annotations

import pytest

from diag.observations import Beat, TypeSeen
from diag.rules._routes import distribution


def test_a_route_that_opens(scene) -> None:
    proxy, direct = (
        scene.given(expect=("a", "b"))
        .opens("proxy")
        .session("proxy", types=(TypeSeen("a", 2, 9.0, "{}"),))
        .report()
        .routes
    )
    assert (proxy.opened, proxy.browser.opens, proxy.browser.message) == (True, True, None)
    assert [(row.type, row.count, row.first_after_ms) for row in proxy.updates] == [("a", 2, 9.0), ("b", 0, None)]
    assert (direct.opened, direct.outcome, direct.handshake) == (False, "not reached in time", None)


def test_the_excerpt_of_a_body_is_one_line(scene) -> None:
    [proxy, _] = scene.answers("proxy", 404, "a\n\n  b" + "c" * 1000).report().routes
    assert proxy.handshake is not None
    assert proxy.handshake.body_excerpt.startswith("a bc")
    assert len(proxy.handshake.body_excerpt) == 400


@pytest.mark.parametrize(
    ("tell", "message"),
    [
        pytest.param(
            lambda s: s.refused("proxy"),
            "Error in connection establishment: net::ERR_CONNECTION_REFUSED",
            id="Chromium's text for a refusal",
        ),
        pytest.param(
            lambda s: s.answers("proxy", 404),
            "Error during WebSocket handshake: Unexpected response code: 404",
            id="and for a status",
        ),
        pytest.param(
            lambda s: s.hangs("proxy"),
            "nothing: the socket stays in CONNECTING until the page gives up",
            id="and for a hang",
        ),
        pytest.param(
            lambda s: s.switches("proxy").violates("proxy", "masked", "A server must not mask"),
            "A server must not mask",
            id="and for a bad frame",
        ),
    ],
)
def test_the_browsers_own_words(scene, tell, message: str) -> None:
    assert tell(scene).report().routes[0].browser.message == message


def test_a_blocked_page_opens_nothing_although_the_server_would(scene) -> None:
    scene.only("ws://api.example.test/ws", "https://app.example.test").opens("proxy")
    [route] = scene.report().routes
    assert (route.opened, route.browser.opens) == (True, False)
    assert "insecure" in str(route.browser.message)


def test_a_beat_just_before_the_end_does_not_count(scene) -> None:
    rows = (Beat("application", 100.0, 102.0), Beat("application", 1000.0), Beat("application", 4900.0))
    heartbeat = scene.opens("proxy").beats("proxy", *rows).report().routes[0].heartbeat
    assert heartbeat is not None
    assert (heartbeat.kind, heartbeat.sent, heartbeat.received, heartbeat.loss) == ("application", 2, 1, 0.5)


def test_without_a_heartbeat_of_its_own_the_protocols_pings_count(scene) -> None:
    heartbeat = scene.opens("proxy").beats("proxy", Beat("protocol", 100.0, 101.0)).report().routes[0].heartbeat
    assert heartbeat is not None
    assert (heartbeat.kind, heartbeat.received) == ("protocol", 1)


def test_a_session_without_beats_has_no_heartbeat(scene) -> None:
    assert scene.opens("proxy").beats("proxy").report().routes[0].heartbeat is None


@pytest.mark.parametrize(
    ("values", "p50", "p95", "jitter"),
    [
        pytest.param([5.0], 5.0, 5.0, 0.0, id="one value"),
        pytest.param([1.0, 3.0], 2.0, 3.0, 2.0, id="two values"),
        pytest.param([float(n) for n in range(1, 101)], 50.5, 96.0, 1.0, id="a hundred in order"),
        pytest.param([10.0, 0.0, 10.0, 0.0], 5.0, 10.0, 10.0, id="back and forth"),
    ],
)
def test_distribution(values: list[float], p50: float, p95: float, jitter: float) -> None:
    found = distribution(values)
    assert (found.min, found.p50, found.p95, found.max, found.jitter) == (min(values), p50, p95, max(values), jitter)
