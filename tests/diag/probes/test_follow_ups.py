"""What is asked because of what was said, and that it ends."""

from __future__ import annotations

import pytest

from diag.observations import Closed, Pushed
from diag.probes import follow_ups
from diag.probes.plan import first_steps, second_steps, session_steps, size_steps
from diag.probes.requests import request
from diag.seen import Seen

SOCKETIO = "ws://localhost:5173/socket.io/?EIO=4&transport=websocket"
OPEN = '0{"sid":"abc","upgrades":["websocket"]}'
API, OWN = "http://localhost:3000/api/bots", "http://localhost:5173/api/bots"
TOO_BIG = Closed(1009, "", True, "close-frame", 120.0)
RUNNING = Pushed("botid", "bot-1", "status", "running", 3)


def seen(scene) -> Seen:
    return Seen(scene.target, tuple(scene.observations))


def variants(steps) -> list[str]:
    return [step.variant for step in steps]


# Engine.IO


def test_an_open_socketio_is_asked_for_a_session_and_then_four_times_for_that(scene) -> None:
    scene.only(SOCKETIO).opens("proxy")
    assert "polling" in variants(first_steps(seen(scene)))
    scene.answers("proxy", 200, OPEN, variants=("polling",))
    again = [variant for variant in variants(second_steps(seen(scene))) if variant.startswith("sid=")]
    assert again == [f"sid=abc;{number}" for number in (1, 2, 3, 4)]
    urls = {request(scene.target, scene.route("proxy"), variant).url for variant in again}
    assert urls == {f"{SOCKETIO}&sid=abc"}


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda s: s.opens("proxy"), id="another protocol"),
        pytest.param(
            lambda s: s.only(SOCKETIO).opens("proxy").answers("proxy", 400, variants=("polling",)), id="no polling"
        ),
        pytest.param(
            lambda s: (
                s.only(SOCKETIO)
                .opens("proxy")
                .answers("proxy", 200, OPEN.replace('"websocket"', ""), variants=("polling",))
            ),
            id="no upgrade from polling",
        ),
    ],
)
def test_no_session_is_asked_for(scene, tell) -> None:
    assert not [variant for variant in variants(second_steps(seen(tell(scene)))) if variant.startswith("sid=")]


def test_the_other_revision_is_tried_where_this_one_is_refused_or_ended_at_once(scene) -> None:
    scene.only(SOCKETIO).answers("proxy", 400, "Unsupported protocol version")
    assert {"polling", "eio=3"} <= set(variants(first_steps(seen(scene))))
    scene.switches("proxy").closes("proxy", 1000, after_ms=20)
    assert "eio=3" in variants(session_steps(seen(scene)))
    scene.closes("proxy", 1000, after_ms=4000)
    assert "eio=3" not in variants(session_steps(seen(scene)))


# The size of a message


@pytest.mark.parametrize("limit", [0, 1, 100, 127, 161, 10_000])
def test_the_search_for_a_limit_ends_beside_it_after_eight_sessions_at_most(scene, limit: int) -> None:
    scene.switches("proxy").session("proxy", closed=TOO_BIG)
    sizes = []
    while steps := size_steps(seen(scene)):
        [step] = steps
        size = int(step.variant.removeprefix("size="))
        sizes.append(size)
        scene.switches("proxy", step.variant)
        scene.session("proxy", step.variant, closed=TOO_BIG if size > limit else None)
    assert len(sizes) <= follow_ups.SIZE_SESSIONS
    taken, refused = [size for size in sizes if size <= limit], [size for size in sizes if size > limit]
    if limit < sizes[0]:
        assert min(refused) - max(taken, default=0) <= 2
    else:
        assert sizes == taken == [sizes[0]]


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda s: s.opens("proxy"), id="it lives"),
        pytest.param(lambda s: s.switches("proxy").closes("proxy", 1011), id="another code"),
        pytest.param(
            lambda s: s.switches("proxy").session("proxy", closed=TOO_BIG, sent_total=0), id="we had said nothing"
        ),
        pytest.param(
            lambda s: s.client(dialect="protocol").switches("proxy").session("proxy", closed=TOO_BIG),
            id="the page sends no messages",
        ),
        pytest.param(
            lambda s: (
                s.switches("proxy").session("proxy", closed=TOO_BIG).answers("proxy", 503, variants=("size=100",))
            ),
            id="it no longer opens",
        ),
    ],
)
def test_no_size_is_tried(scene, tell) -> None:
    assert size_steps(seen(tell(scene))) == []


# REST once more


def credentialed(s, origin: str = "http://localhost:5173", **more):
    headers = {"Access_Control_Allow_Origin": origin, "Access_Control_Allow_Credentials": "true"}
    return s.opens("proxy").rest(API, s.answer(200, **headers), **{"credentials": "include", **more})


def test_one_credentialed_answer_is_asked_for_by_a_foreign_origin(scene) -> None:
    credentialed(credentialed(scene))
    assert follow_ups.rest(seen(scene)) == [(0, "foreign-origin")]


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda s: credentialed(s, "*"), id="the wildcard: a browser refuses it"),
        pytest.param(lambda s: credentialed(s, credentials="omit"), id="without credentials"),
        pytest.param(lambda s: credentialed(s, method="POST"), id="a request that may change something"),
        pytest.param(
            lambda s: s.opens("proxy").rest(OWN, s.answer(200), credentials="include"), id="the page's own origin"
        ),
    ],
)
def test_no_foreign_origin_is_sent(scene, tell) -> None:
    assert follow_ups.rest(seen(tell(scene))) == []


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        pytest.param('[{"botId":"bot-1","status":"stopped"}]', [(0, "again")], id="another value than every push's"),
        pytest.param('[{"botId":"bot-1","status":"running"}]', [], id="the same"),
        pytest.param('[{"botId":"bot-2","status":"stopped"}]', [], id="another thing"),
        pytest.param("<p>", [], id="no document"),
    ],
)
def test_a_contradiction_is_asked_for_again(scene, body: str, asked: list[tuple[int, str]]) -> None:
    scene.opens("proxy").session("proxy", settled=(RUNNING,)).rest(OWN, scene.answer(200, body))
    assert follow_ups.rest(seen(scene)) == asked
