"""Pushed updates: those that never come, and those whose fields are spelled unlike the REST answers'."""

from __future__ import annotations

import json

import pytest

from diag.observations import Pushed, TypeSeen

BOTS = "http://localhost:5173/api/bots"
EXPECTED = ("bot:status_change", "system:health_update")


def pushed(fields: dict, rest: object, *, status: int = 200, type_: str = "bot:status_change"):
    """A push with these fields, and the REST answer of the same page."""

    def tell(s):
        row = TypeSeen(type_, 1, 5.0, json.dumps({"type": type_, "data": fields}))
        return s.opens("proxy").session("proxy", types=(row,)).rest(BOTS, s.answer(status, json.dumps(rest)))

    return tell


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "ws-connected-but-no-updates",
            lambda s: s.opens("proxy").given(expect=EXPECTED),
            id="neither of two types",
        ),
        pytest.param(
            "ws-connected-but-no-updates",
            lambda s: s.given(expect=EXPECTED[:1]).opens("proxy").given(expect=EXPECTED),
            id="one of two types",
        ),
        pytest.param("api-field-case-mismatch", pushed({"botId": 1}, {"bot_id": 1}), id="camelCase and snake_case"),
        pytest.param("api-field-case-mismatch", pushed({"a": [{"uptimeMs": 1}]}, [{"uptime-ms": 1}]), id="deep inside"),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    report = must_name(tell, code)
    assert report.verdict.value == "degraded"


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "ws-connected-but-no-updates", lambda s: s.given(expect=EXPECTED).opens("proxy"), None, id="both types came"
        ),
        pytest.param("ws-connected-but-no-updates", lambda s: s.opens("proxy"), None, id="nothing is expected"),
        pytest.param(
            "ws-connected-but-no-updates",
            lambda s: s.opens("proxy").drops("proxy", after_ms=50, sent_total=0).given(expect=EXPECTED),
            "accept-then-drop",
            id="the session did not live",
        ),
        pytest.param(
            "ws-connected-but-no-updates",
            lambda s: s.nginx("proxy", 502).given(expect=EXPECTED),
            "gateway-upstream-refused",
            id="the socket does not open",
        ),
        pytest.param("api-field-case-mismatch", pushed({"botId": 1}, {"botId": 1}), None, id="spelled alike"),
        pytest.param("api-field-case-mismatch", pushed({"botId": 1}, {"other_id": 1}), None, id="other fields"),
        pytest.param("api-field-case-mismatch", pushed({"botId": 1, "bot_id": 1}, {"bot_id": 1}), None, id="both ways"),
        pytest.param("api-field-case-mismatch", pushed({"botId": 1}, "bot_id"), None, id="no JSON object"),
        pytest.param(
            "api-field-case-mismatch",
            pushed({"botId": 1}, {"bot_id": 1}, status=404),
            "rest-fallback-missing",
            id="an error's document",
        ),
        pytest.param(
            "api-field-case-mismatch",
            pushed({"serverTime": 1}, {"server_time": 1}, type_="connection:pong"),
            None,
            id="a heartbeat's answer",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_updates_that_are_missing_on_another_route_only_are_a_warning(scene) -> None:
    scene.given(expect=EXPECTED).opens("proxy").opens("direct").session("direct", types=())
    report = scene.report()
    assert [(item.code, item.route, item.severity.value) for item in report.findings] == [
        ("ws-connected-but-no-updates", "direct", "warning")
    ]
    assert report.verdict.value == "healthy"


def twice(rest: object, again: object | None, *settled: Pushed, **headers: str):
    """What REST said before the session and after it, and what every push of it said."""

    def tell(s):
        s.opens("proxy").session("proxy", settled=settled)
        s.rest(BOTS, s.answer(200, json.dumps(rest), **headers))
        return s if again is None else s.recall(BOTS, "again", s.answer(200, json.dumps(again), **headers))

    return tell


RUNNING = Pushed("botid", "bot-1", "status", "running", 4)
STOPPED, AS_PUSHED = [{"botId": "bot-1", "status": "stopped"}], [{"bot_id": "bot-1", "status": "RUNNING"}]


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(twice(STOPPED, STOPPED, RUNNING), id="REST keeps to another value"),
        pytest.param(
            twice({"bots": STOPPED}, {"bots": STOPPED, "timestamp": 7}, RUNNING), id="inside, beside what changes"
        ),
    ],
)
def test_two_channels_that_disagree(must_name, tell) -> None:
    report = must_name(tell, "ws-rest-value-divergence")
    assert report.verdict.value == "degraded"
    assert report.primary.evidence[0].value == "pushed 4 times: running; REST: stopped"


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(twice(AS_PUSHED, AS_PUSHED, RUNNING), id="the same value, in another spelling"),
        pytest.param(twice(STOPPED, AS_PUSHED, RUNNING), id="REST was only late"),
        pytest.param(twice(AS_PUSHED, STOPPED, RUNNING), id="it changed behind the last push"),
        pytest.param(twice(STOPPED, None, RUNNING), id="nobody asked again"),
        pytest.param(twice(STOPPED, STOPPED), id="nothing was pushed twice alike"),
        pytest.param(
            twice([{"botId": "bot-2", "status": "stopped"}], [{"botId": "bot-2", "status": "stopped"}], RUNNING),
            id="another bot",
        ),
        pytest.param(twice(STOPPED, STOPPED, RUNNING, Cache_Control="max-age=60"), id="the answer may be cached"),
        pytest.param(twice(STOPPED, STOPPED, RUNNING, Age="12"), id="the answer was cached"),
    ],
)
def test_two_channels_that_may_agree(scene, tell) -> None:
    assert "ws-rest-value-divergence" not in {found.code for found in tell(scene).found()}
