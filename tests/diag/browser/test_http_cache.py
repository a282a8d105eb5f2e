"""What an earlier fetch leaves in the HTTP cache, and when that answers the next one."""

from __future__ import annotations

import pytest

from diag.browser.cors import Exchange, FetchRequest, FetchVerdict, Response, decide

PAGE = "http://localhost:5173"
URL = "http://127.0.0.1:3000/data"
MINE = ("Access-Control-Allow-Origin", PAGE)
ANY = ("Access-Control-Allow-Origin", "*")
MAX_AGE = ("Cache-Control", "max-age=600")
GET = FetchRequest(url=URL)
GONE = Response(403, "Forbidden")


def then(
    first: tuple[tuple[str, str], ...], second: FetchRequest = GET, answer: Response = GONE, **prior: str
) -> FetchVerdict:
    """The second fetch, after a first one that got these headers; the server now refuses."""
    exchange = Exchange(FetchRequest(url=URL, **prior), None, Response(200, "OK", first, "{}"))
    return decide(PAGE, second, None, answer, (), (exchange,))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((MAX_AGE,), id="max-age"),
        pytest.param((("Cache-Control", "public, Max-Age=1"),), id="any-age-is-long-enough-at-once"),
        pytest.param((MAX_AGE, ("Vary", "Accept-Encoding")), id="vary-on-what-does-not-change"),
        pytest.param((MAX_AGE, ("Vary", "Origin")), id="vary-on-the-same-origin"),
        pytest.param((("Last-Modified", "Sat, 01 Jan 2022 00:00:00 GMT"),), id="heuristic"),
        pytest.param(
            (("Date", "Sat, 01 Jan 2022 00:00:00 GMT"), ("Expires", "Sat, 01 Jan 2022 01:00:00 GMT")), id="expires"
        ),
    ],
)
def test_fresh_answer_is_served_from_the_cache(headers: tuple[tuple[str, str], ...]) -> None:
    verdict = then((MINE, *headers))

    assert verdict.allowed
    assert verdict.status == 200
    assert not verdict.request_sent


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((), id="nothing-said"),
        pytest.param((("Cache-Control", "no-store, max-age=600"),), id="no-store"),
        pytest.param((("Cache-Control", "no-cache"),), id="no-cache"),
        pytest.param((("Cache-Control", "max-age=0"),), id="max-age-zero"),
        pytest.param((MAX_AGE, ("Pragma", "no-cache")), id="pragma"),
        pytest.param((MAX_AGE, ("Vary", "*")), id="vary-on-everything"),
        pytest.param((("Expires", "0"),), id="expires-is-no-date"),
        pytest.param(
            (("Date", "Sat, 01 Jan 2022 00:00:00 GMT"), ("Expires", "Fri, 31 Dec 2021 00:00:00 GMT")), id="expired"
        ),
        pytest.param((("Last-Modified", "Sat, 99 Jan 2022 99:00:00 GMT"),), id="impossible-date"),
    ],
)
def test_stale_answer_is_asked_for_again(headers: tuple[tuple[str, str], ...]) -> None:
    assert then((MINE, *headers)).request_sent


@pytest.mark.parametrize(
    ("second", "served"),
    [
        pytest.param(FetchRequest(url=URL, method="HEAD"), True, id="head"),
        pytest.param(FetchRequest(url=URL, method="POST"), False, id="post"),
        pytest.param(FetchRequest(url=URL + "#part"), True, id="fragment"),
        pytest.param(FetchRequest(url=URL + "?q"), False, id="query"),
        pytest.param(FetchRequest(url=URL, cache="force-cache"), True, id="force-cache"),
        pytest.param(FetchRequest(url=URL, cache="no-cache"), False, id="no-cache"),
        pytest.param(FetchRequest(url=URL, cache="reload"), False, id="reload"),
        pytest.param(FetchRequest(url=URL, cache="no-store"), False, id="no-store"),
        pytest.param(FetchRequest(url=URL, credentials="include"), True, id="credentials-do-not-split-the-cache"),
    ],
)
def test_request_decides_too(second: FetchRequest, served: bool) -> None:
    credentials = ("Access-Control-Allow-Credentials", "true")

    assert then((MINE, credentials, MAX_AGE), second).request_sent is not served


def test_cached_wildcard_fails_a_request_with_credentials() -> None:
    verdict = then((ANY, MAX_AGE), FetchRequest(url=URL, credentials="include"))

    assert verdict.error == "WildcardOriginNotAllowed"
    assert not verdict.request_sent


def test_no_cors_style_sheet_poisons_the_fetch_unless_it_varies_by_origin() -> None:
    css = ("Content-Type", "text/css")

    poisoned = then((css, MAX_AGE), answer=Response(200, "OK", (MINE,)), mode="no-cors")
    varied = then((css, MAX_AGE, ("Vary", "Origin")), answer=Response(200, "OK", (MINE,)), mode="no-cors")

    assert poisoned.error == "MissingAllowOriginHeader"
    assert varied.allowed


def test_no_cors_json_is_withheld_and_so_never_cached() -> None:
    json = ("Content-Type", "application/json")

    assert then((json, MAX_AGE), answer=Response(200, "OK", (MINE,)), mode="no-cors").allowed


def test_refused_answer_is_not_cached() -> None:
    verdict = then((("Access-Control-Allow-Origin", "https://a.test"), MAX_AGE), answer=Response(200, "OK", (MINE,)))

    assert verdict.allowed
    assert verdict.request_sent


@pytest.mark.parametrize(
    ("confirmation", "error"),
    [
        pytest.param((), None, id="stored-permission-stays"),
        pytest.param((MINE,), None, id="same-permission"),
        pytest.param(
            (("Access-Control-Allow-Origin", "https://a.test"),), "AllowOriginMismatch", id="other-permission"
        ),
    ],
)
def test_304_confirms_the_stored_answer_with_its_own_headers(
    confirmation: tuple[tuple[str, str], ...], error: str | None
) -> None:
    verdict = then((MINE, ("ETag", '"v"'), ("Cache-Control", "no-cache")), answer=Response(304, "", confirmation))

    assert verdict.error == error
    assert verdict.request_sent
    assert verdict.allowed is (error is None)


def test_304_to_an_unconditional_request_is_an_answer_like_any_other() -> None:
    assert then((MINE,), answer=Response(304, "", (MINE,))).status == 304


def test_only_if_cached() -> None:
    request = FetchRequest(url=f"{PAGE}/a", mode="same-origin", cache="only-if-cached")
    stored = Exchange(FetchRequest(url=f"{PAGE}/a"), None, Response(200, "OK", (("Cache-Control", "max-age=0"),)))

    assert decide(PAGE, request, None, Response(200)).net_error == "net::ERR_CACHE_MISS"
    assert decide(PAGE, request, None, Response(200), (), (stored,)).allowed


def test_cached_redirect_is_followed_without_asking() -> None:
    moved = Response(302, "", (MINE, MAX_AGE, ("Location", "/data?b")))
    first = Exchange(GET, None, moved)

    verdict = decide(PAGE, GET, None, GONE, (), (first,))

    assert verdict.final_url == f"{URL}?b"
