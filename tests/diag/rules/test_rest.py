"""The page's REST requests by themselves, the socket being well."""

from __future__ import annotations

import pytest

from diag.observations import NoAnswer

HEALTH, BOTS = "http://localhost:5173/api/health", "http://localhost:5173/api/bots"


def gets(*outcomes):
    """The socket opens; health and the list of bots get these outcomes, each a NoAnswer or the arguments of one."""

    def tell(s):
        s.opens("proxy")
        for url, outcome in zip((HEALTH, BOTS), outcomes, strict=False):
            s.rest(url, outcome if isinstance(outcome, NoAnswer) else s.answer(*outcome))
        return s

    return tell


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("rest-unreachable", gets(NoAnswer("tcp", "refused")), id="refused"),
        pytest.param("rest-unreachable", gets(NoAnswer("dns", "not-resolved")), id="no such name"),
        pytest.param("rest-unreachable", gets(NoAnswer("http", "eof")), id="closed without a word"),
        pytest.param("rest-unreachable", gets(NoAnswer("tls", "untrusted")), id="a bad certificate"),
        pytest.param("rest-timeout", gets(NoAnswer("http", "timeout")), id="connected, then silence"),
        pytest.param("rest-timeout", gets(NoAnswer("http", "slow")), id="a head that never ends"),
        pytest.param("rest-gateway-error", gets((502, "<hr><center>nginx</center>", "text/html")), id="nginx's 502"),
        pytest.param("rest-gateway-error", gets((504, "")), id="504"),
        pytest.param("rest-gateway-error", gets((503, "busy", "text/plain")), id="503 without a document"),
        pytest.param("rest-unhealthy", gets((503, '{"status":"degraded","database":"down"}')), id="a health document"),
        pytest.param("rest-unhealthy", gets((500, "Internal Server Error", "text/plain")), id="an unhandled exception"),
        pytest.param("rest-auth-required", gets((401, "")), id="401"),
        pytest.param("rest-auth-required", gets((403, "{}")), id="403"),
        pytest.param("rest-auth-required", gets((407, "")), id="407"),
        pytest.param("api-endpoint-missing", gets((404, "{}"), (200, "[]")), id="404 on one of two"),
        pytest.param("api-endpoint-missing", gets((200, "{}"), (410, "")), id="410 on one of two"),
        pytest.param("rest-bad-request", gets((400, '{"detail":"X-Tenant is missing"}')), id="400 to a GET"),
        pytest.param("rest-bad-request", gets((422, "{}"), (200, "[]")), id="FastAPI's 422"),
        pytest.param("rest-rate-limited", gets((429, "slow down", "text/plain")), id="429"),
        pytest.param("rest-fallback-missing", gets((404, "{}"), (404, "{}")), id="404 on every request"),
        pytest.param(
            "rest-spa-fallback", gets((200, '<div id="root">', "text/html")), id="the shell where JSON is due"
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    report = must_name(tell, code, None)
    assert report.verdict.value == "degraded"


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param("rest-unreachable", gets(NoAnswer("http", "timeout")), "rest-timeout", id="it did connect"),
        pytest.param(
            "rest-timeout", gets(NoAnswer("tcp", "timeout")), "rest-unreachable", id="it did not even connect"
        ),
        pytest.param("rest-timeout", gets((200, "{}")), None, id="an answer"),
        pytest.param("rest-gateway-error", gets((500, "")), "rest-unhealthy", id="the application's own 500"),
        pytest.param("rest-gateway-error", gets((503, "{}")), "rest-unhealthy", id="the application speaks"),
        pytest.param("rest-unhealthy", gets((502, "{}")), "rest-gateway-error", id="502, whatever the body"),
        pytest.param("rest-unhealthy", gets((503, "[]")), "rest-gateway-error", id="no document: a list"),
        pytest.param("rest-unhealthy", gets((200, '{"status":"degraded"}')), None, id="200 is an answer"),
        pytest.param("rest-auth-required", gets((404, "")), "rest-fallback-missing", id="404 is no refusal"),
        pytest.param("api-endpoint-missing", gets((404, ""), (404, "")), "rest-fallback-missing", id="all of them"),
        pytest.param(
            "api-endpoint-missing",
            gets((200, "<p>", "text/html"), (200, "[]")),
            "rest-spa-fallback",
            id="200 with a page",
        ),
        pytest.param("rest-fallback-missing", gets((404, ""), (200, "[]")), "api-endpoint-missing", id="one is served"),
        pytest.param("rest-spa-fallback", gets((200, "{}")), None, id="JSON"),
        pytest.param(
            "rest-bad-request",
            lambda s: s.opens("proxy").rest(BOTS, s.answer(400), method="POST"),
            None,
            id="a POST, whose body we do not know",
        ),
        pytest.param("rest-bad-request", gets((401, "")), "rest-auth-required", id="401"),
        pytest.param("rest-rate-limited", gets((503, "busy", "text/plain")), "rest-gateway-error", id="503"),
        pytest.param(
            "rest-rate-limited",
            lambda s: s.answers("proxy", 429),
            "handshake-rate-limited",
            id="the handshakes, and no REST request",
        ),
        pytest.param(
            "rest-spa-fallback", gets((404, "<p>", "text/html"), (200, "[]")), "api-endpoint-missing", id="404"
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_what_the_sockets_own_gateway_error_explains_is_folded(scene) -> None:
    scene.nginx("proxy", 502).rest(HEALTH, scene.answer(502, "<hr><center>nginx</center>", "text/html"))
    [found] = scene.report().findings
    assert (found.code, found.explains) == ("gateway-upstream-refused", ("rest-gateway-error",))


def test_what_the_host_explains_is_folded(scene) -> None:
    scene.opens("proxy").rest(HEALTH, scene.answer(400, "Invalid host header", "text/plain"))
    [found] = scene.report().findings
    assert (found.code, found.explains) == ("host-not-allowed", ("rest-bad-request",))
