"""The CORS check and the public questions about CORS: must-allow and must-refuse neighbours, then laws."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser import cors

PAGE = "http://localhost:5173"
API = "http://127.0.0.1:3000/data"
SIMPLE = cors.FetchRequest(url=API)
WITH_COOKIES = cors.FetchRequest(url=API, credentials="include")


def answer(*headers: tuple[str, str], status: int = 200) -> cors.Response:
    return cors.Response(status, "OK", headers, "{}")


def allow_origin(*values: str) -> cors.Response:
    return answer(*(("Access-Control-Allow-Origin", value) for value in values))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        pytest.param("http://localhost:5173/page?x#y", "http://localhost:5173", id="path-query-fragment-dropped"),
        pytest.param("HTTP://LOCALHOST:80/", "http://localhost", id="case-and-default-port"),
        pytest.param("https://app.test:443", "https://app.test", id="https-default-port"),
        pytest.param("https://app.test:80", "https://app.test:80", id="foreign-default-port-stays"),
        pytest.param("http://user:pw@app.test/", "http://app.test", id="userinfo-dropped"),
        pytest.param("http://[0:0::1]:5176/", "http://[::1]:5176", id="ipv6-compressed"),
        pytest.param("http://2130706433/", "http://127.0.0.1", id="ipv4-as-one-number"),
        pytest.param("blob:http://localhost:5173/1", "http://localhost:5173", id="blob-has-its-makers-origin"),
        pytest.param("file:///etc/hosts", "null", id="file-is-opaque"),
        pytest.param("data:text/plain,x", "null", id="data-is-opaque"),
        pytest.param("localhost", "null", id="no-url"),
    ],
)
def test_origin_of_a_url(url: str, origin: str) -> None:
    assert cors.origin_of(url) == origin


@pytest.mark.parametrize(
    ("page", "url", "crosses"),
    [
        pytest.param(PAGE, "http://localhost:5173/api", False, id="same"),
        pytest.param(PAGE, "/api", False, id="relative"),
        pytest.param("http://app.test", "http://app.test:80/api", False, id="default-port-written-out"),
        pytest.param(PAGE, "http://localhost:5174/", True, id="other-port"),
        pytest.param(PAGE, "https://localhost:5173/", True, id="other-scheme"),
        pytest.param(PAGE, "http://127.0.0.1:5173/", True, id="name-and-address-differ"),
        pytest.param(PAGE, "http://localhost.:5173/", True, id="trailing-dot-is-another-host"),
        pytest.param("null", "http://localhost:5173/", True, id="opaque-page"),
        pytest.param("null", "data:,x", True, id="opaque-equals-nothing"),
        pytest.param(PAGE, "http://[bad/", True, id="no-url"),
    ],
)
def test_cross_origin_compares_scheme_host_and_port(page: str, url: str, crosses: bool) -> None:
    assert cors.is_cross_origin(page, url) is crosses


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([PAGE], id="exact"),
        pytest.param(["*"], id="wildcard"),
        pytest.param([f"  {PAGE}\t"], id="blanks-around-are-trimmed"),
        pytest.param(["*\t"], id="tab-after-wildcard"),
        pytest.param([f"\r\n {PAGE}"], id="folded-line"),
    ],
)
def test_origin_is_allowed(values: list[str]) -> None:
    verdict = cors.decide(PAGE, SIMPLE, None, allow_origin(*values))

    assert verdict.allowed
    assert verdict.error is None


@pytest.mark.parametrize(
    ("values", "error"),
    [
        pytest.param([], "MissingAllowOriginHeader", id="absent"),
        pytest.param([""], "InvalidAllowOriginValue", id="empty"),
        pytest.param([PAGE + "/"], "AllowOriginMismatch", id="trailing-slash"),
        pytest.param(["http://localhost"], "AllowOriginMismatch", id="port-missing"),
        pytest.param(["https://localhost:5173"], "AllowOriginMismatch", id="scheme"),
        pytest.param(["http://LOCALHOST:5173"], "AllowOriginMismatch", id="case-counts"),
        pytest.param(["localhost:5173"], "AllowOriginMismatch", id="host-and-port-parse-as-scheme-and-path"),
        pytest.param(["http://*"], "AllowOriginMismatch", id="pattern-that-is-a-url"),
        pytest.param(["about:blank"], "AllowOriginMismatch", id="opaque-url"),
        pytest.param(["null"], "AllowOriginMismatch", id="null-of-another"),
        pytest.param(["NULL"], "InvalidAllowOriginValue", id="null-has-one-spelling"),
        pytest.param(["*.localhost"], "InvalidAllowOriginValue", id="pattern-that-is-no-url"),
        pytest.param(["http://localhost:*"], "InvalidAllowOriginValue", id="port-pattern"),
        pytest.param(["**"], "InvalidAllowOriginValue", id="two-stars"),
        pytest.param(['"*"'], "InvalidAllowOriginValue", id="quoted"),
        pytest.param(["$http_origin"], "InvalidAllowOriginValue", id="variable-not-expanded"),
        pytest.param(["http://"], "InvalidAllowOriginValue", id="no-host"),
        pytest.param(["http://localhost:99999"], "InvalidAllowOriginValue", id="port-too-large"),
        pytest.param(["http://localhost%3A5173"], "InvalidAllowOriginValue", id="escaped-colon"),
        pytest.param(["http://\xe9"], "InvalidAllowOriginValue", id="host-is-no-utf-8"),
        pytest.param([f"{PAGE}, https://a.test"], "MultipleAllowOriginValues", id="list"),
        pytest.param([f"{PAGE} {PAGE}"], "MultipleAllowOriginValues", id="blank-separated"),
        pytest.param([PAGE, PAGE], "MultipleAllowOriginValues", id="same-line-twice"),
        pytest.param(["*", "*"], "MultipleAllowOriginValues", id="wildcard-twice"),
        pytest.param([PAGE, ""], "MultipleAllowOriginValues", id="second-line-empty"),
    ],
)
def test_origin_is_refused_under_the_name_chromium_gives_it(values: list[str], error: str) -> None:
    verdict = cors.decide(PAGE, SIMPLE, None, allow_origin(*values))

    assert not verdict.allowed
    assert verdict.error == error


@pytest.mark.parametrize(
    ("origin", "credentials", "error"),
    [
        pytest.param(PAGE, ["true"], None, id="both-right"),
        pytest.param(PAGE, [" true\t"], None, id="blanks"),
        pytest.param(PAGE, [], "InvalidAllowCredentials", id="absent"),
        pytest.param(PAGE, ["True"], "InvalidAllowCredentials", id="case-counts"),
        pytest.param(PAGE, ["true", "true"], "InvalidAllowCredentials", id="twice"),
        pytest.param(PAGE, ["1"], "InvalidAllowCredentials", id="one"),
        pytest.param("*", ["true"], "WildcardOriginNotAllowed", id="wildcard"),
        pytest.param("https://a.test", [], "AllowOriginMismatch", id="origin-is-looked-at-first"),
    ],
)
def test_credentials_want_their_own_permission(origin: str, credentials: list[str], error: str | None) -> None:
    headers = [("Access-Control-Allow-Origin", origin)]
    headers += [("Access-Control-Allow-Credentials", value) for value in credentials]

    assert cors.decide(PAGE, WITH_COOKIES, None, answer(*headers)).error == error


def test_credentials_permission_is_ignored_where_none_are_included() -> None:
    response = answer(("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "nonsense"))

    assert cors.decide(PAGE, SIMPLE, None, response).allowed


def test_opaque_page_is_allowed_by_null() -> None:
    assert cors.decide("null", SIMPLE, None, allow_origin("null")).allowed
    assert cors.decide("null", SIMPLE, None, allow_origin(PAGE)).error == "AllowOriginMismatch"


def test_same_origin_needs_no_permission() -> None:
    verdict = cors.decide(PAGE, cors.FetchRequest(url=f"{PAGE}/api"), None, answer(("X-Request-Id", "1")))

    assert verdict.allowed
    assert verdict.readable_headers == ("x-request-id",)
    assert verdict.response_type == "basic"


@pytest.mark.parametrize("status", [200, 204, 300, 304, 401, 403, 404, 500, 599, 999])
def test_status_of_the_answer_does_not_matter(status: int) -> None:
    allowed = cors.decide(PAGE, SIMPLE, None, replace(allow_origin("*"), status=status))
    refused = cors.decide(PAGE, SIMPLE, None, answer(status=status))

    assert allowed.allowed
    assert allowed.status == status
    assert refused.error == "MissingAllowOriginHeader"


def test_message_is_chromiums_console_text() -> None:
    verdict = cors.decide(PAGE, SIMPLE, None, allow_origin("https://a.test"))

    assert verdict.message == (
        f"Access to fetch at '{API}' from origin '{PAGE}' has been blocked by CORS policy: "
        "The 'Access-Control-Allow-Origin' header has a value 'https://a.test' that is not equal to the supplied"
        " origin. Have the server send the header with a valid value."
    )


@pytest.mark.parametrize(
    ("request_", "due"),
    [
        pytest.param(cors.FetchRequest(url=API), False, id="get"),
        pytest.param(cors.FetchRequest(url=API, method="post", body="x"), False, id="lower-case-post"),
        pytest.param(cors.FetchRequest(url=API, method="PUT"), True, id="put"),
        pytest.param(cors.FetchRequest(url=API, method="patch"), True, id="patch"),
        pytest.param(cors.FetchRequest(url=f"{PAGE}/api", method="PUT"), False, id="put-to-the-own-origin"),
        pytest.param(cors.FetchRequest(url=API, headers=(("X-Token", "1"),)), True, id="own-header"),
        pytest.param(cors.FetchRequest(url=API, headers=(("Accept", "text/css"),)), False, id="safelisted-header"),
        pytest.param(cors.FetchRequest(url=API, headers=(("Cookie", "a=1"),)), False, id="forbidden-header-is-dropped"),
        pytest.param(cors.FetchRequest(url=API, method="POST", body="{}"), False, id="string-body-is-text-plain"),
        pytest.param(
            cors.FetchRequest(url=API, method="POST", body="{}", headers=(("Content-Type", "application/json"),)),
            True,
            id="json",
        ),
        pytest.param(cors.FetchRequest(url=API, method="POST", body="@formdata"), False, id="form-data"),
        pytest.param(cors.FetchRequest(url=API, method="POST", body="@blob:application/json"), True, id="json-blob"),
        pytest.param(cors.FetchRequest(url=API, method="POST", body="@stream"), True, id="stream"),
        pytest.param(
            cors.FetchRequest(url=API, api="xhr", method="POST", body="x", upload_listener=True),
            True,
            id="upload-listener",
        ),
        pytest.param(cors.FetchRequest(url=API, api="xhr", upload_listener=True), False, id="upload-of-nothing"),
        pytest.param(
            cors.FetchRequest(url=API, mode="no-cors", headers=(("X-Token", "1"),)), False, id="no-cors-drops-it"
        ),
        pytest.param(cors.FetchRequest(url=API, method="TRACE"), False, id="never-sent"),
    ],
)
def test_preflight_is_due(request_: cors.FetchRequest, due: bool) -> None:
    assert cors.needs_preflight(PAGE, request_) is due


def test_preflight_names_the_unsafe_headers_sorted_in_lower_case() -> None:
    request = cors.FetchRequest(
        url=API,
        method="put",
        headers=(("X-Trace", "1"), ("Content-Type", "application/json"), ("Accept", "*/*"), ("Authorization", "b")),
    )

    assert cors.preflight_headers(PAGE, request) == (
        ("Access-Control-Request-Method", "PUT"),
        ("Access-Control-Request-Headers", "authorization,content-type,x-trace"),
    )
    assert cors.preflight_headers(PAGE, cors.FetchRequest(url=API, method="DELETE")) == (
        ("Access-Control-Request-Method", "DELETE"),
    )


@pytest.mark.parametrize(
    ("status", "headers", "target"),
    [
        pytest.param(302, [("Location", "/b?c")], "http://127.0.0.1:3000/b?c", id="path"),
        pytest.param(301, [("Location", "next")], "http://127.0.0.1:3000/next", id="relative"),
        pytest.param(307, [("location", "//a.test/x")], "http://a.test/x", id="scheme-relative"),
        pytest.param(308, [("Location", "/b"), ("Location", "/b")], "http://127.0.0.1:3000/b", id="same-target-twice"),
        pytest.param(303, [("Location", "/\xe9")], "http://127.0.0.1:3000/%E9", id="bytes-are-escaped"),
        pytest.param(302, [("Location", "")], None, id="empty-location"),
        pytest.param(302, [], None, id="no-location"),
        pytest.param(300, [("Location", "/b")], None, id="multiple-choices"),
        pytest.param(304, [("Location", "/b")], None, id="not-modified"),
        pytest.param(201, [("Location", "/b")], None, id="created"),
        pytest.param(302, [("Location", "http://[bad/")], None, id="no-url"),
        pytest.param(302, [("Location", "/a"), ("Location", "/b")], None, id="two-targets"),
        pytest.param(302, [("Location", ""), ("Location", "/b")], None, id="none-and-a-target"),
    ],
)
def test_redirect_target(status: int, headers: list[tuple[str, str]], target: str | None) -> None:
    assert cors.redirect_target(API, answer(*headers, status=status)) == target


TEXT = st.text(max_size=40)
BYTES = st.text(st.characters(max_codepoint=255), max_size=40)
NAMES = st.one_of(
    BYTES,
    st.sampled_from(
        [
            "Access-Control-Allow-Origin", "access-control-allow-credentials", "Access-Control-Allow-Methods",
            "Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Location",
            "Vary", "Cache-Control", "Expires", "Date", "Last-Modified", "ETag", "Content-Type", "Content-Length",
        ]
    ),
)  # fmt: skip
VALUES = st.one_of(
    BYTES,
    TEXT,
    st.sampled_from(["*", PAGE, "null", "true", "PUT", "x-token", "/b", "http://a.test/", "max-age=9", "Origin"]),
)
ANSWERS = st.one_of(
    st.none(),
    st.just(cors.Dropped()),
    st.builds(
        cors.Response,
        st.sampled_from([0, 101, 200, 204, 206, 301, 302, 303, 304, 307, 404, 407, 500]),
        TEXT,
        st.lists(st.tuples(NAMES, VALUES), max_size=6).map(tuple),
        TEXT,
    ),
)
REQUESTS = st.builds(
    cors.FetchRequest,
    url=st.one_of(TEXT, st.sampled_from([API, f"{PAGE}/x", "http://a.test/", "blob:http://a/b", "//[", "data:,x"])),
    api=st.sampled_from(["fetch", "xhr"]),
    method=st.one_of(TEXT, st.sampled_from(["GET", "put", "POST", "patch", "TRACE"])),
    mode=st.sampled_from(["cors", "no-cors", "same-origin", "navigate", "?"]),
    credentials=st.sampled_from(["omit", "same-origin", "include"]),
    redirect=st.sampled_from(["follow", "error", "manual"]),
    cache=st.sampled_from(["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"]),
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=3).map(tuple),
    body=st.one_of(st.none(), TEXT, st.sampled_from(["@stream", "@blob:text/plain", "@formdata"])),
    upload_listener=st.booleans(),
)


@given(
    st.one_of(TEXT, st.sampled_from([PAGE, "null", "https://app.test"])),
    REQUESTS,
    ANSWERS,
    ANSWERS,
    st.lists(st.builds(cors.Redirect, TEXT, ANSWERS, ANSWERS), max_size=2).map(tuple),
    st.lists(st.builds(cors.Exchange, REQUESTS, ANSWERS, ANSWERS), max_size=2).map(tuple),
)
def test_nothing_raises(
    page: str,
    request_: cors.FetchRequest,
    preflight: cors.Answer | None,
    response: cors.Answer | None,
    redirects: tuple[cors.Redirect, ...],
    prior: tuple[cors.Exchange, ...],
) -> None:
    verdict = cors.decide(page, request_, preflight, response, redirects, prior)

    assert verdict.message
    assert verdict.error is None or not verdict.allowed
    assert cors.needs_preflight(page, request_) in {True, False}
    assert isinstance(cors.preflight_headers(page, request_), tuple)
    if isinstance(response, cors.Response):
        cors.redirect_target(request_.url, response)


SANE_HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "ETag"]
        ),
        st.sampled_from(["*", PAGE, "null", "", "true", "False", "ETag", "https://a.test"]),
    ),
    max_size=5,
)


def verdict_on(headers: list[tuple[str, str]], request: cors.FetchRequest = WITH_COOKIES) -> cors.FetchVerdict:
    return cors.decide(PAGE, request, None, answer(*headers))


@given(SANE_HEADERS, st.integers(0, 5))
def test_an_unrelated_header_changes_nothing(headers: list[tuple[str, str]], place: int) -> None:
    more = [*headers[:place], ("X-Unrelated", "1"), *headers[place:]]

    before, after = verdict_on(headers), verdict_on(more)

    assert (after.allowed, after.error) == (before.allowed, before.error)
    assert set(after.readable_headers) - {"x-unrelated"} == set(before.readable_headers)


@given(SANE_HEADERS)
def test_case_of_header_names_changes_nothing(headers: list[tuple[str, str]]) -> None:
    assert verdict_on([(name.upper(), value) for name, value in headers]) == verdict_on(headers)


@given(SANE_HEADERS, st.randoms(use_true_random=False))
def test_order_of_different_headers_changes_nothing(headers: list[tuple[str, str]], random: object) -> None:
    unique = list(dict(headers).items())
    shuffled = unique.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert verdict_on(shuffled) == verdict_on(unique)


@given(SANE_HEADERS)
def test_what_is_allowed_with_credentials_is_allowed_without(headers: list[tuple[str, str]]) -> None:
    if verdict_on(headers).allowed:
        assert verdict_on(headers, SIMPLE).allowed
