"""The preflight's answer: which request it permits, under which name it refuses, and how long it is remembered."""

from __future__ import annotations

import pytest

from diag.browser.cors import Dropped, Exchange, FetchRequest, FetchVerdict, Redirect, Response, decide

PAGE = "http://localhost:5173"
API = "http://127.0.0.1:3000/data"
OK = Response(200, "OK", (("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Credentials", "true")))
PUT = FetchRequest(url=API, method="PUT")
ORIGIN = ("Access-Control-Allow-Origin", PAGE)
CREDENTIALS = ("Access-Control-Allow-Credentials", "true")


def methods(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple(("Access-Control-Allow-Methods", value) for value in values)


def names(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple(("Access-Control-Allow-Headers", value) for value in values)


def after(preflight: Response | Dropped | None, request: FetchRequest = PUT) -> FetchVerdict:
    return decide(PAGE, request, preflight, OK)


def permits(*headers: tuple[str, str], status: int = 204) -> Response:
    return Response(status, "", (ORIGIN, *headers))


@pytest.mark.parametrize(
    ("method", "allowed", "error"),
    [
        pytest.param("PUT", ["PUT"], None, id="named"),
        pytest.param("put", ["PUT"], None, id="put-is-normalized"),
        pytest.param("PUT", ["put"], "MethodDisallowedByPreflightResponse", id="header-is-not-normalized"),
        pytest.param("patch", ["patch"], None, id="patch-is-not-normalized"),
        pytest.param("patch", ["PATCH"], "MethodDisallowedByPreflightResponse", id="patch-is-not-PATCH"),
        pytest.param("PATCH", ["PATCH"], None, id="patch-in-capitals"),
        pytest.param("PUT", ["GET ,\tPUT "], None, id="list-with-blanks"),
        pytest.param("PUT", [",,PUT,"], None, id="empty-members"),
        pytest.param("PUT", ["GET", "PUT"], None, id="two-lines"),
        pytest.param("PUT", ["*"], None, id="wildcard"),
        pytest.param("PUT", ["*, DELETE"], None, id="wildcard-in-a-list"),
        pytest.param("PUT", ["**"], "MethodDisallowedByPreflightResponse", id="two-stars-are-a-name"),
        pytest.param("PUT", [], "MethodDisallowedByPreflightResponse", id="absent"),
        pytest.param("PUT", [""], "MethodDisallowedByPreflightResponse", id="empty"),
        pytest.param("PUT", ["GET|PUT"], "MethodDisallowedByPreflightResponse", id="bar-stands-in-a-token"),
        pytest.param("PUT", ["GET;PUT"], "InvalidAllowMethodsPreflightResponse", id="semicolon"),
        pytest.param("PUT", ["GET PUT"], "InvalidAllowMethodsPreflightResponse", id="blank"),
        pytest.param("PUT", ['"PUT"'], "InvalidAllowMethodsPreflightResponse", id="quoted"),
        pytest.param("PUT", ["PUT, G@T"], "InvalidAllowMethodsPreflightResponse", id="one-bad-member"),
        pytest.param("PUT", ["PUT\xe9"], "InvalidAllowMethodsPreflightResponse", id="not-ascii"),
    ],
)
def test_methods(method: str, allowed: list[str], error: str | None) -> None:
    verdict = after(permits(*methods(*allowed)), FetchRequest(url=API, method=method))

    assert verdict.error == error
    assert verdict.preflight_sent
    assert verdict.request_sent is (error is None)


@pytest.mark.parametrize(
    ("sent", "allowed", "error"),
    [
        pytest.param(["X-Token"], ["x-token"], None, id="case-does-not-count"),
        pytest.param(["X-Token"], ["X-TOKEN, x-other"], None, id="list"),
        pytest.param(["X-A", "X-B"], ["x-a", "x-b"], None, id="two-lines"),
        pytest.param(["X-A", "X-B"], ["x-a"], "HeaderDisallowedByPreflightResponse", id="one-of-two"),
        pytest.param(["X-Token"], ["*"], None, id="wildcard"),
        pytest.param(["Authorization"], ["authorization"], None, id="authorization-named"),
        pytest.param(["Authorization"], ["*"], None, id="chromium-lets-the-wildcard-cover-authorization"),
        pytest.param(["X-Token"], ["x-*"], "HeaderDisallowedByPreflightResponse", id="pattern"),
        pytest.param(["X-Token"], [], "HeaderDisallowedByPreflightResponse", id="absent"),
        pytest.param(["X-Token"], ["x-token;x-a"], "InvalidAllowHeadersPreflightResponse", id="semicolon"),
        pytest.param(["X-Token"], ["(bad), x-token"], "InvalidAllowHeadersPreflightResponse", id="one-bad-member"),
    ],
)
def test_headers(sent: list[str], allowed: list[str], error: str | None) -> None:
    request = FetchRequest(url=API, headers=tuple((name, "1") for name in sent))

    assert after(permits(*names(*allowed)), request).error == error


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        pytest.param([*methods("*")], "MethodDisallowedByPreflightResponse", id="any-method"),
        pytest.param([*methods("PUT"), *names("*")], "HeaderDisallowedByPreflightResponse", id="any-header"),
        pytest.param([*methods("PUT"), *names("X-Token")], None, id="named"),
    ],
)
def test_wildcards_permit_nothing_with_credentials(headers: list[tuple[str, str]], error: str | None) -> None:
    request = FetchRequest(url=API, method="PUT", credentials="include", headers=(("X-Token", "1"),))

    assert after(permits(CREDENTIALS, *headers), request).error == error


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_simple_methods_need_no_mention_but_a_list_that_parses(method: str) -> None:
    request = FetchRequest(url=API, method=method, headers=(("X-Token", "1"),))

    assert after(permits(*names("x-token"), *methods("DELETE")), request).allowed
    assert after(permits(*names("x-token"), *methods("@")), request).error == "InvalidAllowMethodsPreflightResponse"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, None) for status in (200, 201, 204, 206, 226, 299)),
        *((status, "PreflightInvalidStatus") for status in (300, 304, 305, 400, 401, 404, 405, 500, 600, 999)),
    ],
)
def test_status_of_the_preflight_must_be_ok(status: int, error: str | None) -> None:
    assert after(permits(*methods("PUT"), status=status)).error == error


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_preflight_is_never_redirected(status: int) -> None:
    moved = permits(*methods("PUT"), ("Location", "/elsewhere"), status=status)
    nowhere = permits(*methods("PUT"), ("Location", ""), status=status)
    broken = permits(*methods("PUT"), ("Location", "http://[bad/"), status=status)

    assert after(moved).error == "PreflightDisallowedRedirect"
    assert after(nowhere).error == "PreflightInvalidStatus"
    assert (after(broken).error, after(broken).net_error) == (None, "net::ERR_INVALID_REDIRECT")


@pytest.mark.parametrize(
    ("response", "error"),
    [
        pytest.param(
            Response(302, "", (("Location", "/x"),)), "PreflightDisallowedRedirect", id="redirect-before-origin"
        ),
        pytest.param(Response(404), "PreflightMissingAllowOriginHeader", id="origin-before-status"),
        pytest.param(
            Response(403, "", (("Access-Control-Allow-Origin", "https://a.test"),)),
            "PreflightAllowOriginMismatch",
            id="mismatch-before-status",
        ),
        pytest.param(permits(*methods("@"), status=403), "PreflightInvalidStatus", id="status-before-methods"),
        pytest.param(
            permits(*methods("@"), *names("(")), "InvalidAllowMethodsPreflightResponse", id="methods-before-headers"
        ),
        pytest.param(
            permits(*methods("GET"), *names("(")), "InvalidAllowHeadersPreflightResponse", id="syntax-before-permission"
        ),
        pytest.param(permits(), "MethodDisallowedByPreflightResponse", id="method-before-header"),
    ],
)
def test_first_fault_names_the_error(response: Response, error: str) -> None:
    request = FetchRequest(url=API, method="PUT", headers=(("X-Token", "1"),))

    assert after(response, request).error == error


def test_credentials_are_asked_of_the_preflight_too() -> None:
    request = FetchRequest(url=API, method="PUT", credentials="include")
    wildcard = Response(204, "", (("Access-Control-Allow-Origin", "*"), CREDENTIALS))

    assert after(permits(*methods("PUT")), request).error == "PreflightInvalidAllowCredentials"
    assert after(wildcard, request).error == "PreflightWildcardOriginNotAllowed"


def test_actual_answer_is_checked_after_the_preflight() -> None:
    verdict = decide(PAGE, PUT, permits(*methods("PUT")), Response(200))

    assert verdict.error == "MissingAllowOriginHeader"
    assert verdict.preflight_sent
    assert verdict.request_sent


def test_dropped_preflight_is_no_cors_error() -> None:
    verdict = after(Dropped())

    assert not verdict.allowed
    assert verdict.error is None
    assert verdict.net_error == "net::ERR_EMPTY_RESPONSE"
    assert verdict.preflight_sent
    assert not after(Dropped("net::ERR_CONNECTION_REFUSED", reached=False)).preflight_sent


def remembered(grant: Response, first: FetchRequest, second: FetchRequest) -> bool:
    """Whether the second request needs no preflight of its own."""
    verdict = decide(PAGE, second, Response(403), OK, (), (Exchange(first, grant, OK),))
    return not verdict.preflight_sent


@pytest.mark.parametrize(
    ("max_age", "lasts"),
    [
        pytest.param(None, True, id="five-seconds-by-default"),
        pytest.param("600", True, id="ten-minutes"),
        pytest.param("0060", True, id="leading-zeros"),
        pytest.param("60s", True, id="no-integer-means-the-default"),
        pytest.param("", True, id="empty-means-the-default"),
        pytest.param("99999999999999999999", True, id="too-large-means-the-default"),
        pytest.param("9" * 9000, True, id="absurdly-large"),
        pytest.param("0", False, id="zero"),
        pytest.param("-1", False, id="negative"),
        pytest.param("-0", False, id="negative-zero"),
    ],
)
def test_grant_is_remembered(max_age: str | None, lasts: bool) -> None:
    age = () if max_age is None else (("Access-Control-Max-Age", max_age),)

    assert remembered(permits(*methods("PUT"), *age), PUT, PUT) is lasts


@pytest.mark.parametrize(
    ("second", "suffices"),
    [
        pytest.param(PUT, True, id="same"),
        pytest.param(FetchRequest(url=API, method="DELETE"), True, id="other-method-in-the-list"),
        pytest.param(FetchRequest(url=API, method="PATCH"), False, id="method-not-in-the-list"),
        pytest.param(FetchRequest(url=API, headers=(("X-Token", "1"),)), True, id="header-in-the-list"),
        pytest.param(FetchRequest(url=API, headers=(("X-Other", "1"),)), False, id="header-not-in-the-list"),
        pytest.param(FetchRequest(url=API, method="PUT", credentials="include"), False, id="with-credentials"),
        pytest.param(FetchRequest(url=API, method="PUT", cache="reload"), False, id="reload-asks-again"),
        pytest.param(FetchRequest(url=API, method="PUT", cache="no-store"), False, id="no-store-asks-again"),
        pytest.param(FetchRequest(url=API, method="PUT", cache="force-cache"), True, id="force-cache"),
        pytest.param(FetchRequest(url=API + "?other", method="PUT"), False, id="other-url"),
    ],
)
def test_grant_suffices_for_what_it_names(second: FetchRequest, suffices: bool) -> None:
    grant = permits(*methods("PUT, DELETE"), *names("x-token"))

    assert remembered(grant, PUT, second) is suffices


def test_remembered_wildcard_does_not_cover_authorization() -> None:
    grant = permits(*methods("*"), *names("*"))

    assert remembered(grant, PUT, FetchRequest(url=API, headers=(("X-Token", "1"),)))
    assert not remembered(grant, PUT, FetchRequest(url=API, headers=(("Authorization", "b"),)))


def test_grant_with_credentials_covers_a_request_without() -> None:
    first = FetchRequest(url=API, method="PUT", credentials="include")

    assert remembered(permits(*methods("PUT"), CREDENTIALS), first, PUT)


def test_failed_preflight_is_not_remembered() -> None:
    assert not remembered(permits(*methods("GET")), PUT, PUT)
    assert not remembered(permits(*methods("PUT"), status=403), PUT, PUT)


def test_grant_that_does_not_suffice_is_forgotten() -> None:
    prior = (Exchange(PUT, permits(*methods("PUT")), OK), Exchange(FetchRequest(url=API, method="PATCH"), None, OK))

    assert decide(PAGE, PUT, permits(*methods("PUT")), OK, (), prior).preflight_sent


def test_redirect_asks_again() -> None:
    moved = Response(307, "", (ORIGIN, ("Location", "/b")))
    second = "http://127.0.0.1:3000/b"

    followed = decide(PAGE, PUT, permits(*methods("PUT")), moved, (Redirect(second, permits(*methods("PUT")), OK),))
    refused = decide(PAGE, PUT, permits(*methods("PUT")), moved, (Redirect(second, permits(*methods("GET")), OK),))

    assert followed.allowed
    assert refused.error == "MethodDisallowedByPreflightResponse"
