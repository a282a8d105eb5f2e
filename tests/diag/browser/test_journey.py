"""A fetch across modes, redirects and origins: what reaches a server, what stands, what the page may see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.browser.cors import Dropped, FetchRequest, FetchVerdict, Redirect, Response, decide

PAGE = "http://localhost:5173"
API = "http://127.0.0.1:3000"
OTHER = "http://localhost:3001"
URL = f"{API}/a"
ANY = ("Access-Control-Allow-Origin", "*")
MINE = ("Access-Control-Allow-Origin", PAGE)
GRANT = Response(204, "", (ANY, ("Access-Control-Allow-Methods", "*"), ("Access-Control-Allow-Headers", "*")))
GET = FetchRequest(url=URL)
HOME = FetchRequest(url=f"{PAGE}/a")


def ok(*headers: tuple[str, str]) -> Response:
    return Response(200, "OK", headers)


def moved(target: str, *headers: tuple[str, str], status: int = 302) -> Response:
    return Response(status, "Moved", (*headers, ("Location", target)))


def follow(
    request: FetchRequest, first: Response, *later: tuple[str, Response], page: str = PAGE, page_url: str | None = None
) -> FetchVerdict:
    redirects = tuple(Redirect(url, GRANT, response) for url, response in later)
    return decide(page, request, GRANT, first, redirects, page_url=page_url)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(ok(MINE), None, id="origin-stays-within-one-foreign-host"),
        pytest.param(ok(ANY), None, id="wildcard"),
        pytest.param(ok(("Access-Control-Allow-Origin", "null")), "AllowOriginMismatch", id="null"),
        pytest.param(ok(), "MissingAllowOriginHeader", id="absent"),
    ],
)
def test_redirect_within_the_foreign_origin(answer: Response, error: str | None) -> None:
    assert follow(GET, moved("/b", MINE), (f"{API}/b", answer)).error == error


@pytest.mark.parametrize("target", [f"{OTHER}/b", f"{PAGE}/b"])
def test_redirect_from_one_foreign_origin_to_another_makes_the_origin_null(target: str) -> None:
    null = ("Access-Control-Allow-Origin", "null")

    assert follow(GET, moved(target, ANY), (target, ok(null))).allowed
    assert follow(GET, moved(target, ANY), (target, ok(ANY))).allowed
    assert follow(GET, moved(target, ANY), (target, ok(MINE))).error == "AllowOriginMismatch"


def test_redirect_away_from_the_own_origin_keeps_the_origin() -> None:
    verdict = follow(HOME, moved(URL), (URL, ok(MINE)))

    assert verdict.allowed
    assert verdict.response_type == "cors"
    assert verdict.final_url == URL


def test_every_hop_is_checked() -> None:
    verdict = follow(GET, moved("/b"), (f"{API}/b", ok(ANY)))

    assert verdict.error == "MissingAllowOriginHeader"


@pytest.mark.parametrize(
    ("target", "error", "net_error"),
    [
        pytest.param("http://u@localhost:3001/b", "RedirectContainsCredentials", "net::ERR_FAILED", id="user"),
        pytest.param("http://:p@localhost:3001/b", "RedirectContainsCredentials", "net::ERR_FAILED", id="password"),
        pytest.param("ftp://127.0.0.1/x", "CorsDisabledScheme", "net::ERR_FAILED", id="ftp"),
        pytest.param("mailto:a@b", "CorsDisabledScheme", "net::ERR_FAILED", id="mailto"),
        pytest.param("ws://127.0.0.1:3000/", "CorsDisabledScheme", "net::ERR_FAILED", id="websocket"),
        pytest.param("data:,x", None, "net::ERR_UNSAFE_REDIRECT", id="data"),
        pytest.param("file:///x", None, "net::ERR_UNSAFE_REDIRECT", id="file"),
        pytest.param("http://[bad/", None, "net::ERR_INVALID_REDIRECT", id="no-url"),
        pytest.param("http://127.0.0.1:25/", None, "net::ERR_UNSAFE_PORT", id="bad-port"),
        pytest.param("http://nowhere.test/", None, "net::ERR_NAME_NOT_RESOLVED", id="host-of-which-nothing-is-known"),
    ],
)
def test_redirect_is_not_followed(target: str, error: str | None, net_error: str) -> None:
    verdict = follow(GET, moved(target, ANY), (f"{OTHER}/b", ok(ANY)))

    assert (verdict.allowed, verdict.error, verdict.net_error) == (False, error, net_error)
    assert verdict.request_sent


def test_empty_at_sign_in_a_redirect_is_no_credential() -> None:
    assert follow(GET, moved("http://@localhost:3001/b", ANY), (f"{OTHER}/b", ok(ANY))).allowed


def test_redirect_with_a_user_is_refused_at_home_too_but_not_by_cors() -> None:
    verdict = follow(HOME, moved("http://u@localhost:5173/b"), (f"{PAGE}/b", ok()))

    assert (verdict.allowed, verdict.error) == (False, None)


def test_twenty_redirects_are_followed_and_no_more() -> None:
    def chain(length: int) -> FetchVerdict:
        hops = [(f"{API}/{n}", moved(f"/{n + 1}", ANY)) for n in range(1, length)]
        return follow(GET, moved("/1", ANY), *hops, (f"{API}/{length}", ok(ANY)))

    assert chain(20).allowed
    assert chain(21).net_error == "net::ERR_TOO_MANY_REDIRECTS"
    assert follow(GET, moved("/a", ANY)).net_error == "net::ERR_TOO_MANY_REDIRECTS"


@pytest.mark.parametrize(
    ("method", "status", "asks"),
    [
        pytest.param("PUT", 307, True, id="307-keeps-put"),
        pytest.param("PUT", 302, True, id="302-keeps-put"),
        pytest.param("PUT", 303, False, id="303-makes-it-get"),
        pytest.param("POST", 301, False, id="301-makes-post-get"),
        pytest.param("POST", 308, True, id="308-keeps-the-json"),
    ],
)
def test_method_after_the_redirect_decides_about_the_second_preflight(method: str, status: int, asks: bool) -> None:
    request = FetchRequest(url=f"{PAGE}/a", method=method, body="{}", headers=(("Content-Type", "application/json"),))

    verdict = follow(request, moved(URL, status=status), (URL, ok(ANY)))

    assert verdict.allowed
    assert verdict.preflight_sent is asks


def test_authorization_does_not_cross_origins() -> None:
    request = replace(HOME, headers=(("Authorization", "Bearer t"),))

    assert not follow(request, moved(URL), (URL, ok(ANY))).preflight_sent
    assert follow(replace(HOME, headers=(("X-Token", "t"),)), moved(URL), (URL, ok(ANY))).preflight_sent


@pytest.mark.parametrize("mode", ["error", "manual"])
def test_redirect_modes_ask_cors_first(mode: str) -> None:
    assert follow(replace(GET, redirect=mode), moved("/b")).error == "MissingAllowOriginHeader"


def test_redirect_mode_error_and_manual() -> None:
    refused = follow(replace(GET, redirect="error"), moved("/b", ANY))
    manual = follow(replace(GET, redirect="manual"), moved("/b", ANY))

    assert (refused.allowed, refused.error) == (False, None)
    assert (manual.allowed, manual.response_type, manual.readable_headers) == (True, "opaqueredirect", ())
    assert follow(replace(GET, redirect="error"), ok(ANY)).allowed


@pytest.mark.parametrize(
    ("request_", "allowed"),
    [
        pytest.param(replace(GET, mode="no-cors"), True, id="no-cors-get"),
        pytest.param(replace(GET, mode="no-cors", method="POST", body="x"), True, id="no-cors-post"),
        pytest.param(replace(GET, mode="no-cors", method="PUT"), False, id="no-cors-put"),
        pytest.param(replace(GET, mode="no-cors", redirect="manual"), False, id="no-cors-must-follow"),
        pytest.param(replace(HOME, mode="no-cors", redirect="manual"), True, id="no-cors-at-home-need-not"),
        pytest.param(replace(GET, mode="same-origin"), False, id="same-origin-abroad"),
        pytest.param(replace(HOME, mode="same-origin", method="PUT"), True, id="same-origin-at-home"),
        pytest.param(replace(HOME, mode="navigate"), False, id="navigate"),
        pytest.param(replace(HOME, mode="websocket"), False, id="no-such-mode"),
    ],
)
def test_modes(request_: FetchRequest, allowed: bool) -> None:
    verdict = follow(request_, ok())

    assert verdict.allowed is allowed
    assert verdict.error is None
    assert verdict.request_sent is allowed


def test_no_cors_answer_is_opaque() -> None:
    verdict = follow(replace(GET, mode="no-cors"), ok(ANY, ("ETag", "x")))

    assert (verdict.response_type, verdict.status, verdict.readable_headers) == ("opaque", 0, ())


def test_no_cors_answer_stays_opaque_on_the_way_home() -> None:
    verdict = follow(replace(GET, mode="no-cors"), moved(f"{PAGE}/b"), (f"{PAGE}/b", ok(("ETag", "x"))))

    assert verdict.response_type == "opaque"


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [("same-origin", False), ("same-site", False), ("cross-origin", True), ("SAME-ORIGIN", True), ("", True)],
)
def test_resource_policy_keeps_no_cors_answers_back(policy: str, allowed: bool) -> None:
    answer = ok(ANY, ("Cross-Origin-Resource-Policy", policy))

    assert follow(replace(GET, mode="no-cors"), answer).allowed is allowed
    assert follow(GET, answer).allowed


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        pytest.param("http://api.test/", False, id="plain-http"),
        pytest.param("https://api.test/", True, id="https"),
        pytest.param("http://localhost:3000/", True, id="localhost"),
        pytest.param("http://dev.localhost:3000/", True, id="below-localhost"),
        pytest.param("http://127.0.77.2/", True, id="loopback-address"),
        pytest.param("http://[::1]:3000/", True, id="loopback-ipv6"),
        pytest.param("http://192.168.1.9/", False, id="private-address"),
    ],
)
def test_mixed_content(url: str, allowed: bool) -> None:
    verdict = follow(FetchRequest(url=url), ok(ANY), page="https://app.test")

    assert verdict.allowed is allowed
    assert verdict.error is None
    assert verdict.request_sent is allowed


def test_mixed_content_counts_for_sandboxed_pages_and_redirects() -> None:
    sandboxed = follow(FetchRequest(url="http://api.test/"), ok(ANY), page="null", page_url="https://app.test/x")
    redirected = follow(
        FetchRequest(url="https://api.test/"),
        moved("http://api.test/", ANY),
        ("http://api.test/", ok(ANY)),
        page="https://app.test",
    )

    assert not sandboxed.allowed
    assert (redirected.allowed, redirected.net_error) == (False, "net::ERR_ABORTED")
    assert follow(FetchRequest(url="http://api.test/"), ok(ANY), page="null").allowed


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        pytest.param("data:text/plain,x", True, id="data"),
        pytest.param("data:text/plain", False, id="data-without-comma"),
        pytest.param("about:blank", False, id="about"),
        pytest.param("ws://127.0.0.1:3000/", False, id="websocket"),
        pytest.param("file:///etc/hosts", False, id="file"),
        pytest.param("javascript:1", False, id="javascript"),
        pytest.param("http://", False, id="no-url"),
        pytest.param("http://user:pw@127.0.0.1:3000/", False, id="credentials-in-the-url"),
        pytest.param("http://127.0.0.1:6000/", False, id="bad-port"),
        pytest.param("HTTP://127.0.0.1:3000/#part", True, id="case-and-fragment"),
        pytest.param("http:\\\\127.0.0.1:3000\\", True, id="backslashes"),
        pytest.param("/a", True, id="relative"),
        pytest.param("http://a.invalid/", False, id="name-that-never-resolves"),
        pytest.param("http://a b/", False, id="name-that-dns-cannot-hold"),
    ],
)
def test_urls(url: str, allowed: bool) -> None:
    verdict = follow(FetchRequest(url=url), ok(ANY))

    assert verdict.allowed is allowed
    assert verdict.error is None


def test_xhr_differs_about_urls() -> None:
    with_user = FetchRequest(url="http://user:pw@127.0.0.1:3000/", api="xhr")
    websocket = FetchRequest(url="ws://127.0.0.1:3000/", api="xhr")

    assert follow(with_user, ok(ANY)).allowed
    assert follow(websocket, ok(ANY)).error == "CorsDisabledScheme"


@pytest.mark.parametrize(
    ("answer", "net_error"),
    [
        pytest.param(Dropped(), "net::ERR_EMPTY_RESPONSE", id="dropped"),
        pytest.param(Response(103), "net::ERR_EMPTY_RESPONSE", id="interim-only"),
        pytest.param(Response(407, "", (ANY,)), "net::ERR_UNEXPECTED_PROXY_AUTH", id="proxy-auth"),
        pytest.param(ok(ANY, ("X", "\0")), "net::ERR_INVALID_HTTP_RESPONSE", id="nul"),
    ],
)
def test_broken_answers_are_no_cors_errors(answer: Response | Dropped, net_error: str) -> None:
    verdict = decide(PAGE, GET, None, answer)

    assert (verdict.allowed, verdict.error, verdict.net_error) == (False, None, net_error)


def test_unscripted_url_of_a_known_host_answers_404_without_cors() -> None:
    assert decide(PAGE, GET, None, None).error == "MissingAllowOriginHeader"
    assert decide(PAGE, replace(HOME), None, None).status == 404


def test_stream_asks_and_then_wants_http2() -> None:
    verdict = follow(replace(GET, method="POST", body="@stream"), ok(ANY))

    assert verdict.preflight_sent
    assert (verdict.allowed, verdict.net_error) == (False, "net::ERR_ALPN_NEGOTIATION_FAILED")
