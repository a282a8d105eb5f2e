"""CORS: of the page's REST requests only, with Chromium's verdict and the header that is to blame."""

from __future__ import annotations

import pytest

from diag.observations import NoAnswer
from diag.seen import FOREIGN_ORIGIN

PAGE, API = "http://localhost:5173", "http://localhost:3000/api/health"
SAME_ORIGIN = "http://localhost:5173/api/health"
CUSTOM = (("X-Requested-With", "XMLHttpRequest"),)


def get(status: int = 200, acao: str | tuple[str, ...] | None = None, url: str = API, body: str = "{}", **more: str):
    """A simple GET of the page that gets this Access-Control-Allow-Origin, while the socket opens."""

    def tell(s):
        headers = {"Access-Control-Allow-Origin": acao} if acao else {}
        return s.opens("proxy").rest(url, s.answer(status, body, **headers, **more))

    return tell


def with_credentials(acao: str, **more: str):
    return lambda s: s.opens("proxy").rest(
        API, s.answer(200, Access_Control_Allow_Origin=acao, **more), credentials="include"
    )


def reflects(acao: str | None, credentials: str = "true"):
    """This page may read with credentials; a page of another origin asks for the same, and gets this."""

    def tell(s):
        with_credentials(PAGE, Access_Control_Allow_Credentials="true")(s)
        headers = {"Access_Control_Allow_Credentials": credentials}
        if acao:
            headers["Access_Control_Allow_Origin"] = acao
        return s.recall(API, "foreign-origin", s.answer(200, **headers))

    return tell


def both_ways(direct: str | None, proxied: int = 200, path: str = "/api/health"):
    """The page asks through its own origin and directly."""
    own = f"{PAGE}{path}"
    return lambda s: get(acao=direct)(s.opens("proxy").rest(own, s.answer(proxied)))


def preflighted(status: int = 204, acao: str | None = PAGE, answer_acao: str | None = PAGE, **more: str):
    """A GET with a header of its own: the preflight gets this, the request itself `answer_acao`."""

    def tell(s):
        preflight = s.answer(status, "", **({"Access-Control-Allow-Origin": acao} if acao else {}), **more)
        allowed = {"Access-Control-Allow-Origin": answer_acao} if answer_acao else {}
        return s.opens("proxy").rest(API, s.answer(200, **allowed), preflight=preflight, headers=CUSTOM)

    return tell


GRANTED = {"Access_Control_Allow_Headers": "X-Requested-With"}


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("cors-origin-not-allowed", get(), id="no header"),
        pytest.param("cors-origin-not-allowed", get(acao="http://localhost:3000"), id="another origin"),
        pytest.param("cors-origin-not-allowed", get(acao=f"{PAGE}/"), id="a slash behind the origin"),
        pytest.param("cors-origin-not-allowed", get(404), id="no header on a 404 either"),
        pytest.param(
            "cors-origin-not-allowed", preflighted(204, None, None), id="refused in the preflight and after it"
        ),
        pytest.param("cors-preflight-rejected", preflighted(405, None), id="OPTIONS gets 405 without CORS"),
        pytest.param("cors-preflight-rejected", preflighted(400, PAGE), id="Starlette's 400"),
        pytest.param("cors-preflight-rejected", preflighted(204, PAGE), id="the header is not granted"),
        pytest.param(
            "cors-preflight-redirected", preflighted(307, PAGE, Location="http://localhost:3000/api/health/"), id="307"
        ),
        pytest.param("cors-credentials-wildcard", with_credentials("*"), id="any origin, with credentials"),
        pytest.param(
            "cors-credentials-wildcard",
            with_credentials("*", Access_Control_Allow_Credentials="true"),
            id="any origin, with credentials allowed",
        ),
        pytest.param("cors-duplicate-acao", get(acao=(PAGE, PAGE)), id="two lines"),
        pytest.param("cors-duplicate-acao", get(acao=f"{PAGE}, *"), id="a list in one line"),
        pytest.param("cors-duplicate-acao", get(acao=("*", "*")), id="twice any"),
        pytest.param("cors-missing-on-errors", get(500), id="a 500 without the header"),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    report = must_name(tell, code, None)
    assert report.verdict.value == "degraded"
    assert not report.api[0].cors.allowed
    assert report.api[0].cors.error


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param("cors-origin-not-allowed", get(acao=PAGE), None, id="allowed"),
        pytest.param("cors-origin-not-allowed", get(acao="*"), None, id="any origin, without credentials"),
        pytest.param("cors-origin-not-allowed", get(url=SAME_ORIGIN), None, id="the page's own origin needs no CORS"),
        pytest.param("cors-origin-not-allowed", get(acao=(PAGE, "*")), "cors-duplicate-acao", id="allowed twice"),
        pytest.param("cors-origin-not-allowed", get(500), "cors-missing-on-errors", id="only an error lacks it"),
        pytest.param("cors-origin-not-allowed", preflighted(405, None), "cors-preflight-rejected", id="the GET passes"),
        pytest.param(
            "cors-origin-not-allowed",
            lambda s: s.opens("proxy").rest(API, NoAnswer("tcp", "refused")),
            "rest-unreachable",
            id="no answer at all",
        ),
        pytest.param("cors-preflight-rejected", preflighted(**GRANTED), None, id="granted"),
        pytest.param("cors-preflight-rejected", preflighted(200, **GRANTED), None, id="granted with 200"),
        pytest.param("cors-preflight-rejected", get(), "cors-origin-not-allowed", id="no preflight was due"),
        pytest.param(
            "cors-preflight-rejected",
            preflighted(302, Location="http://localhost:3000/login"),
            "cors-preflight-redirected",
            id="redirected",
        ),
        pytest.param("cors-preflight-redirected", preflighted(400), "cors-preflight-rejected", id="refused outright"),
        pytest.param(
            "cors-credentials-wildcard",
            with_credentials(PAGE, Access_Control_Allow_Credentials="true"),
            None,
            id="this origin, with credentials allowed",
        ),
        pytest.param("cors-credentials-wildcard", get(acao="*"), None, id="no credentials"),
        pytest.param("cors-duplicate-acao", get(acao=PAGE), None, id="one line"),
        pytest.param(
            "cors-duplicate-acao", get(acao="http://localhost:3000"), "cors-origin-not-allowed", id="one, wrong"
        ),
        pytest.param("cors-missing-on-errors", get(500, PAGE), "rest-unhealthy", id="the error carries it"),
        pytest.param("cors-missing-on-errors", get(404), "cors-origin-not-allowed", id="not only errors of the server"),
        pytest.param("cors-missing-on-errors", get(500, url=SAME_ORIGIN), "rest-unhealthy", id="same origin"),
        pytest.param(
            "cors-vary-missing", get(acao=PAGE, Cache_Control="max-age=60", Vary="Accept, Origin"), None, id="it varies"
        ),
        pytest.param("cors-vary-missing", get(acao=PAGE, Cache_Control="no-store, max-age=60"), None, id="not stored"),
        pytest.param("cors-vary-missing", get(acao=PAGE), None, id="nothing says that it may be cached"),
        pytest.param("cors-vary-missing", get(acao="*", Cache_Control="max-age=60"), None, id="the same for everybody"),
        pytest.param("cors-not-the-cause", get(), "cors-origin-not-allowed", id="the socket opens"),
        pytest.param(
            "cors-not-the-cause", lambda s: s.nginx("proxy", 502), "gateway-upstream-refused", id="no CORS error at all"
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


@pytest.mark.parametrize(
    ("code", "tell", "primary"),
    [
        pytest.param("cors-reflects-any-origin", reflects(FOREIGN_ORIGIN), None, id="it allows the foreign origin"),
        pytest.param("cors-dev-only-pass", both_ways(None), "cors-origin-not-allowed", id="no header directly"),
        pytest.param("cors-dev-only-pass", both_ways("http://x"), "cors-origin-not-allowed", id="another origin"),
    ],
)
def test_what_is_open_to_all_or_works_by_the_proxy_alone_is_an_advice(must_mention, code, tell, primary) -> None:
    report = must_mention(tell, code, primary, route=None)
    [found] = [item for item in report.findings if item.code == code]
    assert (found.severity.value, found.degrades) == ("warning", False)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param("cors-reflects-any-origin", reflects(None), None, id="the foreign origin is not allowed"),
        pytest.param("cors-reflects-any-origin", reflects(PAGE), None, id="a fixed origin, this page's"),
        pytest.param("cors-reflects-any-origin", reflects("*"), None, id="the browser refuses that"),
        pytest.param("cors-reflects-any-origin", reflects(FOREIGN_ORIGIN, "false"), None, id="without credentials"),
        pytest.param(
            "cors-reflects-any-origin",
            with_credentials(PAGE, Access_Control_Allow_Credentials="true"),
            None,
            id="nobody asked",
        ),
        pytest.param("cors-dev-only-pass", both_ways(PAGE), None, id="allowed directly"),
        pytest.param(
            "cors-dev-only-pass", both_ways(None, 404), "cors-origin-not-allowed", id="it does not pass by the proxy"
        ),
        pytest.param(
            "cors-dev-only-pass", both_ways(None, path="/api/x"), "cors-origin-not-allowed", id="another request passes"
        ),
        pytest.param("cors-dev-only-pass", get(), "cors-origin-not-allowed", id="only directly"),
    ],
)
def test_advice_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_a_cacheable_answer_for_one_origin_is_an_advice(must_mention) -> None:
    report = must_mention(get(acao=PAGE, Cache_Control="max-age=60"), "cors-vary-missing", None, route=None)
    assert report.verdict.value == "healthy"


def test_cors_is_not_what_keeps_a_socket_from_opening(must_mention) -> None:
    report = must_mention(
        lambda s: get()(s).nginx("proxy", 502), "cors-not-the-cause", "gateway-upstream-refused", route=None
    )
    assert {item.code: item.severity.value for item in report.findings}["cors-not-the-cause"] == "info"


def test_requests_that_meet_the_same_refusal_are_one_finding(scene) -> None:
    other = "http://localhost:3000/api/bots"
    scene.opens("proxy").rest(API, scene.answer(200)).rest(other, scene.answer(200))
    [found] = scene.report().findings
    assert [item.label for item in found.evidence[:2]] == [f"GET {API}", f"GET {other}"]
