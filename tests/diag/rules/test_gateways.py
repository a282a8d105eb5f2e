"""The proxy got nothing from its upstream: who is missing, who is busy, and who speaks another protocol?"""

from __future__ import annotations

import pytest

from diag.model import Route

HEALTH = "http://localhost:5173/api/health"


def encrypted_backend(s):
    """The backend's own address speaks TLS."""
    return s.given(routes=(s.route("proxy"), Route("direct", "wss://localhost:3000/ws")))


def at_address(s):
    return s.given(routes=(s.route("proxy"), Route("direct", "ws://127.0.0.1:3000/ws")))


def vite_lost_its_target(s):
    """Vite's proxy: no byte for the upgrade, 502 for a GET."""
    return s.silent("proxy", "http", "eof", took_ms=12).answers("proxy", 502, "", variants=("get",))


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "gateway-upstream-refused", lambda s: s.nginx("proxy", 502).refused("direct"), id="502, and nothing listens"
        ),
        pytest.param(
            "gateway-upstream-refused",
            lambda s: s.nginx("proxy", 502).opens("direct"),
            id="502, and the backend listens elsewhere",
        ),
        pytest.param(
            "gateway-upstream-refused",
            lambda s: s.haproxy("proxy", 503, took_ms=3003).refused("direct"),
            id="HAProxy's 503 after its retries",
        ),
        pytest.param(
            "gateway-upstream-refused",
            lambda s: s.haproxy("proxy", 503, took_ms=3003).opens("direct"),
            id="HAProxy's 503 after its retries, backend elsewhere",
        ),
        pytest.param(
            "gateway-upstream-refused",
            lambda s: s.answers(
                "proxy", 503, "<address>Apache/2.4.71</address>", "text/html", headers={"Server": "Apache/2.4.71"}
            ).refused("direct"),
            id="Apache's immediate 503",
        ),
        pytest.param(
            "gateway-no-backend",
            lambda s: s.haproxy("proxy", 503, took_ms=2).opens("direct"),
            id="HAProxy's 503 at once, and the backend works",
        ),
        pytest.param(
            "gateway-upstream-timeout",
            lambda s: s.nginx("proxy", 504, took_ms=60_000).hangs("direct"),
            id="504 after a minute, and the backend hangs",
        ),
        pytest.param(
            "gateway-upstream-tls",
            lambda s: encrypted_backend(vite_lost_its_target(s)).opens("direct"),
            id="Vite and a backend with a certificate of its own",
        ),
        pytest.param(
            "gateway-upstream-scheme-mismatch",
            lambda s: encrypted_backend(s).nginx("proxy", 502).opens("direct"),
            id="nginx speaks plain HTTP to a TLS backend",
        ),
        pytest.param(
            "vite-proxy-target-down", lambda s: vite_lost_its_target(s).refused("direct"), id="Vite, target down"
        ),
        pytest.param(
            "vite-proxy-target-down",
            lambda s: s.silent("proxy", "http", "reset").answers("proxy", 500, "", variants=("get",)),
            id="an older Vite: reset, and 500 for the GET",
        ),
        pytest.param(
            "tcp-loopback-family-mismatch",
            lambda s: (
                at_address(s)
                .nginx("proxy", 502)
                .refused("direct")
                .port("direct", "127.0.0.1", "refused")
                .port("direct", "::1", "connected")
            ),
            id="the backend listens on ::1 only",
        ),
        pytest.param(
            "connection-limit",
            lambda s: s.answers("proxy", 503, "busy").opens("direct"),
            id="503 without a pause to wait, and the backend works",
        ),
        pytest.param(
            "connection-limit",
            lambda s: s.nginx("proxy", 503).rest(HEALTH, s.answer(200)),
            id="503 on the socket, and REST passes",
        ),
        pytest.param("handshake-rate-limited", lambda s: s.nginx("proxy", 429), id="429"),
        pytest.param(
            "handshake-rate-limited",
            lambda s: s.answers("proxy", 503, headers={"Retry-After": "5"}).opens("direct"),
            id="503 with Retry-After",
        ),
        pytest.param(
            "handshake-rate-limited",
            lambda s: s.nginx("proxy", 503).opens("proxy", "repeat").opens("direct"),
            id="503, and the next one opens",
        ),
        pytest.param(
            "one-upstream-bad",
            lambda s: s.nginx("proxy", 502).opens("proxy", "repeat").opens("direct"),
            id="502, and the next one opens",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "gateway-upstream-refused",
            lambda s: s.nginx("proxy", 504).hangs("direct"),
            "gateway-upstream-timeout",
            id="not refused: it waited",
        ),
        pytest.param(
            "gateway-upstream-refused",
            lambda s: s.nginx("proxy", 503).opens("direct"),
            "connection-limit",
            id="not refused: nginx itself says 503",
        ),
        pytest.param(
            "gateway-upstream-refused",
            lambda s: vite_lost_its_target(s).refused("direct"),
            "vite-proxy-target-down",
            id="not a 502 for the upgrade: Vite",
        ),
        pytest.param(
            "gateway-upstream-timeout",
            lambda s: s.hangs("proxy").nginx("proxy", 504, "get"),
            "backend-hang",
            id="not the upgrade's 504: only a GET gets one",
        ),
        pytest.param(
            "gateway-upstream-timeout",
            lambda s: s.nginx("proxy", 502).refused("direct"),
            "gateway-upstream-refused",
            id="no time-out: 502 at once",
        ),
        pytest.param(
            "gateway-no-backend",
            lambda s: s.haproxy("proxy", 503).refused("direct"),
            "gateway-upstream-refused",
            id="not an empty pool: the backend is down",
        ),
        pytest.param(
            "gateway-no-backend",
            lambda s: s.haproxy("proxy", 503, took_ms=1000).opens("direct"),
            "connection-limit",
            id="not an empty pool: it queued first",
        ),
        pytest.param(
            "gateway-upstream-tls",
            lambda s: encrypted_backend(s).nginx("proxy", 502).opens("direct"),
            "gateway-upstream-scheme-mismatch",
            id="no certificate trouble: nginx does not speak TLS there",
        ),
        pytest.param(
            "gateway-upstream-scheme-mismatch",
            lambda s: s.nginx("proxy", 502).opens("direct"),
            "gateway-upstream-refused",
            id="no other scheme: the backend speaks plain HTTP",
        ),
        pytest.param(
            "gateway-upstream-scheme-mismatch",
            lambda s: encrypted_backend(s).nginx("proxy", 502).refused("direct"),
            "gateway-upstream-refused",
            id="no other scheme: the backend is down",
        ),
        pytest.param(
            "vite-proxy-target-down",
            lambda s: s.silent("proxy", "http", "eof", took_ms=1001).unknown_path("proxy", "get"),
            "socketio-wrong-path",
            id="not the target: Engine.IO's second",
        ),
        pytest.param(
            "vite-proxy-target-down",
            lambda s: s.hangs("proxy").vite("proxy", "get"),
            "vite-proxy-rule-missing",
            id="not the target: the upgrade hangs",
        ),
        pytest.param(
            "vite-proxy-target-down",
            lambda s: s.silent("proxy", "http", "eof").silent("proxy", "http", "eof", "get"),
            "tcp-reset-in-handshake",
            id="not a proxy: a GET ends without an answer too",
        ),
        pytest.param(
            "tcp-loopback-family-mismatch",
            lambda s: (
                at_address(s)
                .nginx("proxy", 502)
                .opens("direct")
                .port("direct", "127.0.0.1", "connected")
                .port("direct", "::1", "connected")
            ),
            "gateway-upstream-refused",
            id="not a family: the backend listens on both",
        ),
        pytest.param(
            "connection-limit",
            lambda s: s.answers("proxy", 503, headers={"Retry-After": "5"}).opens("direct"),
            "handshake-rate-limited",
            id="no limit of sessions: it passes with time",
        ),
        pytest.param(
            "connection-limit",
            lambda s: s.nginx("proxy", 503).refused("direct").rest(HEALTH, s.answer(503, "", "text/plain")),
            "gateway-upstream-refused",
            id="no limit of sessions: REST fails as well",
        ),
        pytest.param(
            "handshake-rate-limited",
            lambda s: s.nginx("proxy", 502).opens("proxy", "repeat"),
            "one-upstream-bad",
            id="no rate: 502 is an upstream's fault",
        ),
        pytest.param(
            "one-upstream-bad",
            lambda s: s.nginx("proxy", 502).nginx("proxy", 502, "repeat"),
            "gateway-upstream-refused",
            id="not one of several: it fails again",
        ),
        pytest.param(
            "gateway-bad-upstream-answer",
            lambda s: s.nginx("proxy", 502).refused("direct"),
            "gateway-upstream-refused",
            id="no bad answer: the backend is down",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_a_gateway_error_on_another_route_is_left_to_that_route(scene) -> None:
    report = scene.opens("proxy").nginx("direct", 502).report()
    assert (report.findings, report.verdict.value) == ((), "healthy")
