"""One primary cause: the finding on the page's way that nothing else explains."""

from __future__ import annotations

import pytest

HEALTH, DIRECT_HEALTH = "http://localhost:5173/api/health", "http://localhost:3000/api/health"


def stripped_upgrade(s):
    return s.unknown_path("proxy").opens("direct").unknown_path("direct", "no-upgrade")


def codes(report) -> list[str]:
    return [item.code for item in report.findings]


@pytest.mark.parametrize(
    ("tell", "primary", "explains"),
    [
        pytest.param(
            lambda s: s.refused("proxy").rest(HEALTH, None).rest(HEALTH, s.answer(502, "", "text/plain")),
            "tcp-refused",
            ("rest-gateway-error",),
            id="an earlier layer explains REST",
        ),
        pytest.param(
            lambda s: s.nginx("proxy", 502).rest(HEALTH, s.answer(503, '{"status":"down"}')),
            "gateway-upstream-refused",
            ("rest-unhealthy",),
            id="the gateway explains REST",
        ),
        pytest.param(
            lambda s: s.switches("proxy").closes("proxy", 1013, "busy", after_ms=20).given(expect=("x",)),
            "connection-limit",
            (),
            id="a session that ended says nothing about updates",
        ),
        pytest.param(
            lambda s: (
                s.page_opens("direct")
                .answers("direct", 403)
                .opens("direct", "no-origin")
                .opens("proxy")
                .rest(DIRECT_HEALTH, s.answer(200))
            ),
            "url-bypasses-dev-proxy",
            ("origin-rejected", "cors-origin-not-allowed"),
            id="the incident explains Origin and CORS alike",
        ),
        pytest.param(
            lambda s: s.only("ws://api.example.test/ws", "https://app.example.test").answers(
                "proxy", 301, headers={"Location": "https://api.example.test/ws"}
            ),
            "mixed-content-blocked",
            ("redirect-to-https",),
            id="the browser's refusal explains what the server would say",
        ),
    ],
)
def test_what_follows_is_folded_into_the_cause(scene, tell, primary: str, explains: tuple[str, ...]) -> None:
    report = tell(scene).report()
    assert [item.code for item in report.findings if item.degrades] == [primary] == [report.primary_cause]
    assert set(explains) <= set(report.findings[0].explains)


def test_what_the_cause_does_not_explain_stands_beside_it(scene) -> None:
    """The proxy strips the upgrade, and one of two REST routes is missing: two faults, one cause of the socket's."""
    stripped_upgrade(scene).rest(HEALTH, scene.answer(200)).rest(f"{HEALTH}/x", scene.answer(401))
    report = scene.report()
    assert codes(report) == ["upgrade-headers-stripped", "rest-auth-required"]
    assert report.primary_cause == "upgrade-headers-stripped"
    assert report.findings[0].explains == ()


def test_the_primary_cause_comes_first_and_the_rest_by_severity(scene) -> None:
    scene.environment("http_proxy").switches("proxy", took_ms=1500).session("proxy", beats=())
    scene.rest(HEALTH, scene.answer(401)).switches("direct").closes("direct", 1012)
    report = scene.report()
    assert [(item.code, item.severity.value) for item in report.findings] == [
        ("rest-auth-required", "error"),
        ("handshake-slow", "warning"),
        ("close-restart", "warning"),
        ("forward-proxy-in-path", "info"),
    ]
    assert report.primary_cause == "rest-auth-required"


@pytest.mark.parametrize(
    ("tell", "code"),
    [
        pytest.param(lambda s: s.refused("direct"), "tcp-refused", id="refused"),
        pytest.param(lambda s: s.silent("direct", "tls", "untrusted"), "tls-cert-untrusted", id="a certificate"),
        pytest.param(
            lambda s: s.switches("direct", Upgrade=None), "upgrade-or-connection-missing-in-101", id="a bad 101"
        ),
        pytest.param(lambda s: s.switches("direct").closes("direct", 1011), "close-internal-1011", id="a Close frame"),
        pytest.param(lambda s: s.switches("direct").drops("direct"), "close-abnormal-1006", id="an end without one"),
    ],
)
def test_what_is_wrong_on_another_route_only_is_a_warning_and_no_cause(scene, tell, code: str) -> None:
    report = tell(scene.opens("proxy")).report()
    [found] = report.findings
    assert (found.code, found.route, found.severity.value) == (code, "direct", "warning")
    assert (report.primary_cause, report.verdict.value) == (None, "healthy")


def test_the_same_fault_on_another_route_is_not_repeated(scene) -> None:
    report = scene.refused("proxy").refused("direct").report()
    assert [(item.code, item.route) for item in report.findings] == [("tcp-refused", "proxy")]


def test_an_info_of_another_route_stays_an_info(scene) -> None:
    report = scene.opens("proxy").switches("direct").session("direct", close_answered=False).report()
    assert [(item.code, item.severity.value) for item in report.findings] == [("close-not-echoed", "info")]


def test_where_nothing_fits_all_evidence_is_quoted(scene) -> None:
    scene.answers("proxy", 418, "teapot").answers("proxy", 404, "gone", variants=("get",)).opens("direct")
    report = scene.report()
    [found] = report.findings
    assert (found.code, report.primary_cause, report.verdict.value) == ("unexplained", "unexplained", "broken")
    quotes = {item.label: item.value for item in found.evidence}
    assert quotes == {
        "proxy": "418 I'm a Teapot, text/plain: teapot",
        "proxy, plain GET": "404 Not Found, text/plain: gone",
        "direct": "101 Switching Protocols",
    }
    assert found.fix.summary


@pytest.mark.parametrize(
    "subprotocols", [pytest.param(("a", "a"), id="offered twice"), pytest.param(("a b",), id="no token")]
)
def test_what_the_constructor_throws_for_is_no_healthy_socket(scene, subprotocols: tuple[str, ...]) -> None:
    report = scene.client(subprotocols=subprotocols).opens("proxy").report()
    assert (report.primary_cause, report.verdict.value) == ("unexplained", "broken")
    assert "Failed to construct 'WebSocket'" in report.findings[0].evidence[-1].value


def test_a_failure_elsewhere_does_not_explain_a_socket_that_does_not_open(scene) -> None:
    """CORS never blocks a WebSocket: what is wrong with REST alone is not the socket's cause."""
    report = scene.answers("proxy", 418).rest(DIRECT_HEALTH, scene.answer(200)).report()
    assert report.primary_cause == "unexplained"
    assert set(codes(report)) == {"unexplained", "cors-origin-not-allowed", "cors-not-the-cause"}


@pytest.mark.parametrize(
    ("tell", "verdict", "primary"),
    [
        pytest.param(lambda s: s.opens("proxy"), "healthy", None, id="all is well"),
        pytest.param(lambda s: s.opens("proxy").refused("direct"), "healthy", None, id="well on the page's route"),
        pytest.param(lambda s: s.refused("proxy"), "broken", "tcp-refused", id="it does not open"),
        pytest.param(
            lambda s: s.switches("proxy").closes("proxy", 1008, after_ms=20),
            "broken",
            "close-policy-or-app-auth",
            id="taken away at once",
        ),
        pytest.param(
            lambda s: s.switches("proxy").closes("proxy", 1011, after_ms=3000),
            "degraded",
            "close-internal-1011",
            id="taken away later",
        ),
        pytest.param(
            lambda s: s.switches("proxy").closes("proxy", 1012, after_ms=20),
            "degraded",
            "close-restart",
            id="a restart, however soon",
        ),
        pytest.param(
            lambda s: s.switches("proxy").closes("proxy", 1001, after_ms=20),
            "degraded",
            "close-restart",
            id="going away, however soon",
        ),
        pytest.param(
            lambda s: s.opens("proxy").rest(HEALTH, s.answer(401)),
            "degraded",
            "rest-auth-required",
            id="REST alone fails",
        ),
        pytest.param(
            lambda s: s.only("ws://api.example.test/ws", "https://app.example.test").opens("proxy"),
            "broken",
            "mixed-content-blocked",
            id="the server would, the browser will not",
        ),
        pytest.param(lambda s: s.switches("proxy"), "unknown", None, id="it opened, and nobody watched"),
        pytest.param(lambda s: s, "unknown", None, id="nothing was seen"),
        pytest.param(lambda s: s.opens("proxy").broken(), "unknown", None, id="a probe of ours failed"),
        pytest.param(
            lambda s: s.refused("proxy").broken(),
            "broken",
            "tcp-refused",
            id="a probe failed, and something worse was found",
        ),
    ],
)
def test_the_verdict_is_what_the_page_experiences(scene, tell, verdict: str, primary: str | None) -> None:
    report = tell(scene).report()
    assert (report.verdict.value, report.primary_cause) == (verdict, primary)


def test_a_failed_probe_is_a_broken_check(scene) -> None:
    report = scene.opens("proxy").broken("ValueError: boom", "direct").report()
    [check] = report.checks
    assert (check.id, check.outcome, check.because) == ("probe direct", "broken", "ValueError: boom")


@pytest.mark.parametrize(
    ("tell", "verdict"),
    [
        pytest.param(lambda s: s.opens("proxy"), "unknown", id="nothing worse was found"),
        pytest.param(lambda s: s.refused("proxy"), "broken", id="something worse was found"),
    ],
)
def test_an_interrupted_run_says_so(scene, tell, verdict: str) -> None:
    tell(scene).interrupted = True
    report = scene.report()
    assert report.verdict.value == verdict
    assert report.notes[0] == "interrupted: this is what was seen until then"


def test_one_route_alone_asks_for_a_second_one(scene) -> None:
    alone = scene.only("ws://localhost:5173/ws").nginx("proxy", 404).report()
    assert "--direct" in alone.notes[0]


def test_a_second_route_or_an_open_one_asks_for_nothing(scene) -> None:
    assert not any("--direct" in note for note in scene.nginx("proxy", 404).report().notes)
    assert not any("--direct" in note for note in scene.only("ws://localhost:5173/ws").opens("proxy").report().notes)
