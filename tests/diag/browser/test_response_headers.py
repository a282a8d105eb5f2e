"""How Chromium reads the headers of an answer."""

from __future__ import annotations

import pytest

from diag.browser.exchange import RefusedError, Response
from diag.browser.response_headers import combined, kept_headers, readable_headers, token_list


def kept(*headers: tuple[str, str]) -> dict[str, str | None]:
    pairs = kept_headers(Response(200, "OK", headers))
    return {name: combined(pairs, name) for name, _ in pairs}


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        pytest.param([("X-A", " 1\t")], {"x-a": "1"}, id="blanks-around-the-value"),
        pytest.param([("X-A \t", "1")], {"x-a": "1"}, id="blanks-before-the-colon"),
        pytest.param([("X-A", "1"), ("x-a", "2")], {"x-a": "1, 2"}, id="lines-are-joined"),
        pytest.param([("X-A", "1"), ("X-A", "")], {"x-a": "1, "}, id="empty-line-is-joined-too"),
        pytest.param([("X-A:", "1")], {"x-a": ": 1"}, id="second-colon-is-value"),
        pytest.param([("X A", "1"), ("X-B", "2")], {"x-b": "2"}, id="malformed-name-is-skipped"),
        pytest.param([("", "1"), ("X-B", "2")], {"x-b": "2"}, id="no-name-is-skipped"),
        pytest.param([("X-\xe9", "1")], {}, id="name-beyond-ascii-is-skipped"),
        pytest.param([("X-A", "a\r\n b")], {"x-a": "a b"}, id="folded-value"),
        pytest.param([("X-A", "a"), (" X-B", "b")], {"x-a": "a X-B: b"}, id="leading-blank-folds-the-next-line"),
        pytest.param([(" X-A", "1"), ("X-B", "2")], {"x-b": "2"}, id="nothing-to-fold-onto"),
        pytest.param([("X-A", "a\r\nX-B: b")], {"x-a": "a", "x-b": "b"}, id="injected-line"),
        pytest.param([("X-A", "a\rX-B: b")], {"x-a": "a", "x-b": "b"}, id="lone-carriage-return-ends-a-line"),
        pytest.param([("X-A", "a\r\n"), ("X-B", "b")], {"x-a": "a"}, id="blank-line-ends-the-head"),
        pytest.param([("X-A", "\x0b1\x0b")], {"x-a": "\x0b1\x0b"}, id="other-whitespace-stays"),
    ],
)
def test_lines_are_read_as_chromium_reads_them(headers: list[tuple[str, str]], read: dict[str, str]) -> None:
    assert kept(*headers) == read


@pytest.mark.parametrize(
    ("headers", "net_error"),
    [
        pytest.param([("X-A", "a\0b")], "net::ERR_INVALID_HTTP_RESPONSE", id="nul-in-a-value"),
        pytest.param([("X-A\0", "a")], "net::ERR_INVALID_HTTP_RESPONSE", id="nul-in-a-name"),
        pytest.param(
            [("Content-Length", "1"), ("Content-Length", "2")],
            "net::ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH",
            id="two-lengths",
        ),
        pytest.param(
            [("Location", "/a"), ("Location", "/b")], "net::ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION", id="two-locations"
        ),
        pytest.param(
            [("Content-Disposition", "a"), ("Content-Disposition", "b")],
            "net::ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_DISPOSITION",
            id="two-dispositions",
        ),
    ],
)
def test_whole_answer_is_thrown_away(headers: list[tuple[str, str]], net_error: str) -> None:
    with pytest.raises(RefusedError) as caught:
        kept(*headers)

    assert caught.value.net_error == net_error
    assert caught.value.error is None


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([("Content-Length", "1"), ("Content-Length", "1")], id="same-length-twice"),
        pytest.param(
            [("Transfer-Encoding", "chunked"), ("Content-Length", "1"), ("Content-Length", "2")], id="chunked"
        ),
        pytest.param([("Location", "/a"), ("Location", "/a")], id="same-location-twice"),
        pytest.param([("X-A", "1\r\n\r\n"), ("X-B", "\0")], id="nul-behind-the-head"),
        pytest.param([("Set-Cookie", "a"), ("Set-Cookie", "b")], id="two-cookies"),
    ],
)
def test_answer_is_kept(headers: list[tuple[str, str]]) -> None:
    assert kept(*headers)


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        pytest.param(None, set(), id="absent"),
        pytest.param(" a ,\tb,,", {"a", "b"}, id="blanks-and-empty-members"),
        pytest.param("'a'", {"'a'"}, id="apostrophe-is-a-token-character"),
        pytest.param("a b", None, id="blank-inside"),
        pytest.param('"a, b"', None, id="quoted"),
        pytest.param("a, (b)", None, id="one-bad-member"),
        pytest.param("a\x0b", None, id="vertical-tab"),
    ],
)
def test_token_list(value: str | None, tokens: set[str] | None) -> None:
    assert token_list(value) == tokens


HEADERS = (
    ("content-type", "x"), ("etag", "x"), ("x-id", "1"), ("set-cookie", "a=1"), ("cache-control", "no-store"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("exposed", "with_credentials", "readable"),
    [
        pytest.param([], False, ["cache-control", "content-type"], id="safelisted-only"),
        pytest.param(["ETag, X-ID"], True, ["cache-control", "content-type", "etag", "x-id"], id="named"),
        pytest.param(["etag", "x-id"], False, ["cache-control", "content-type", "etag", "x-id"], id="two-lines"),
        pytest.param(["X-Missing"], False, ["cache-control", "content-type"], id="absent-header"),
        pytest.param(["(bad), etag"], False, ["cache-control", "content-type"], id="one-bad-member-voids-the-list"),
        pytest.param(["ETag X-ID"], False, ["cache-control", "content-type"], id="blank-separated"),
        pytest.param(["*"], True, ["cache-control", "content-type"], id="wildcard-is-a-name-with-credentials"),
        pytest.param(["Set-Cookie"], False, ["cache-control", "content-type"], id="cookies-never"),
    ],
)
def test_readable_headers(exposed: list[str], with_credentials: bool, readable: list[str]) -> None:
    headers = (*HEADERS, *(("access-control-expose-headers", value) for value in exposed))

    names = readable_headers(headers, is_cors=True, with_credentials=with_credentials)

    assert list(names) == readable


def test_wildcard_exposes_everything_but_cookies() -> None:
    headers = (*HEADERS, ("access-control-expose-headers", "*"))

    assert readable_headers(headers, is_cors=True, with_credentials=False) == (
        "access-control-expose-headers",
        "cache-control",
        "content-type",
        "etag",
        "x-id",
    )


def test_own_origin_reads_everything_but_cookies() -> None:
    assert readable_headers(HEADERS, is_cors=False, with_credentials=True) == (
        "cache-control",
        "content-type",
        "etag",
        "x-id",
    )
