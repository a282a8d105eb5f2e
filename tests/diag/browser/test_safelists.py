"""What a script may set, and what needs no preflight."""

from __future__ import annotations

import pytest

from diag.browser import safelists


@pytest.mark.parametrize(
    ("method", "normalized"),
    [("get", "GET"), ("Put", "PUT"), ("oPTIONS", "OPTIONS"), ("patch", "patch"), ("Patch", "Patch"), ("link", "link")],
)
def test_six_methods_are_upper_cased(method: str, normalized: str) -> None:
    assert safelists.normalized_method(method) == normalized


@pytest.mark.parametrize(
    ("name", "value", "forbidden"),
    [
        pytest.param("Cookie", "a=1", True, id="cookie"),
        pytest.param("ORIGIN", "x", True, id="origin-in-any-case"),
        pytest.param("Sec-Fetch-Mode", "cors", True, id="sec-prefix"),
        pytest.param("Sec", "x", False, id="sec-alone"),
        pytest.param("Proxy-Authorization", "x", True, id="proxy-prefix"),
        pytest.param("Proxyx", "x", False, id="proxy-without-dash"),
        pytest.param("User-Agent", "x", False, id="user-agent-may-be-set"),
        pytest.param("X-HTTP-Method-Override", "PUT", False, id="override-to-put"),
        pytest.param("X-HTTP-Method-Override", "GET, trace", True, id="override-to-trace"),
        pytest.param("X-Method-Override", "TRACEX", False, id="override-to-another"),
        pytest.param("Authorization", "b", False, id="authorization"),
        pytest.param("Access-Control-Request-Method", "PUT", True, id="request-method"),
    ],
)
def test_forbidden_headers(name: str, value: str, forbidden: bool) -> None:
    assert safelists.is_forbidden_header(name, value) is forbidden


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("Accept", 'text/html;q="x', id="accept-quote"),
        pytest.param("Accept", "a\x7f", id="accept-del"),
        pytest.param("Accept", "a" * 129, id="129-bytes"),
        pytest.param("Accept-Language", "en_US", id="language-underscore"),
        pytest.param("Accept-Language", "e\xe9", id="language-beyond-ascii"),
        pytest.param("Content-Language", "en/US", id="language-slash"),
        pytest.param("Content-Type", "application/json", id="json"),
        pytest.param("Content-Type", "text/plain, text/plain", id="two-types"),
        pytest.param("Content-Type", "text/plain;a={", id="unsafe-byte"),
        pytest.param("Content-Type", "text/", id="no-subtype"),
        pytest.param("Content-Type", "", id="empty-type"),
        pytest.param("Range", "bytes=-5", id="suffix-range"),
        pytest.param("Range", "bytes=0-1,3-4", id="two-ranges"),
        pytest.param("Range", "bytes=5-1", id="backward-range"),
        pytest.param("Range", "Bytes=0-1", id="range-unit-case"),
        pytest.param("Range", "bytes=9223372036854775807-", id="range-beyond-64-bits"),
        pytest.param("DPR", "1.", id="half-a-number"),
        pytest.param("Width", "1.5", id="width-is-an-integer"),
        pytest.param("ECT", "5g", id="unknown-connection-type"),
        pytest.param("Save-Data", "1", id="save-data-not-on"),
        pytest.param("X-Token", "", id="own-header"),
        pytest.param("Cache-Control", "no-cache", id="cache-control"),
    ],
)
def test_unsafe_headers(name: str, value: str) -> None:
    assert not safelists.is_safelisted_header(name, value)
    assert safelists.unsafe_names(((name, value),)) == (name.lower(),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("Accept", "a/b\t;q=0.5", id="accept"),
        pytest.param("Accept", "\xe9" * 128, id="128-bytes-beyond-ascii"),
        pytest.param("Accept-Language", "fr-CH, *;q=0.1", id="language"),
        pytest.param("Content-Type", "TEXT/PLAIN;charset=UTF-8", id="plain"),
        pytest.param("Content-Type", "multipart/form-data; boundary=x", id="form-data"),
        pytest.param("Content-Type", "text/plain;" + "a" * 117, id="type-of-128-bytes"),
        pytest.param("Range", "bytes=0-", id="open-range"),
        pytest.param("Range", "bytes=0-499", id="closed-range"),
        pytest.param("DPR", "2.0", id="client-hint"),
        pytest.param("ECT", "slow-2g", id="connection-type"),
        pytest.param("Save-Data", "On", id="save-data"),
        pytest.param("User-Agent", "x", id="user-agent"),
    ],
)
def test_safe_headers(name: str, value: str) -> None:
    assert safelists.unsafe_names(((name, value),)) == ()


def test_safe_values_are_unsafe_together_beyond_1024_bytes() -> None:
    eight = [(name, "1" * 128) for name in ("Accept", "Accept-Language", "Content-Language", "DPR", "Width", "RTT")]
    eight += [("Downlink", "1" * 128), ("Device-Memory", "1" * 128)]

    assert safelists.unsafe_names(tuple(eight)) == ()
    assert safelists.unsafe_names((*eight, ("Viewport-Width", "1")))[0] == "accept"
    assert len(safelists.unsafe_names((*eight, ("Viewport-Width", "1")))) == 9


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("Accept", "text/css", True),
        ("Content-Type", "text/plain", True),
        ("Content-Type", "application/json", False),
        ("Range", "bytes=0-", False),
        ("DPR", "2", False),
        ("X-Token", "1", False),
    ],
)
def test_no_cors_keeps_four_names(name: str, value: str, kept: bool) -> None:
    assert safelists.is_no_cors_header(name, value) is kept


@pytest.mark.parametrize(
    ("content_type", "essence"),
    [
        ("Text/HTML; charset=utf-8", "text/html"),
        (" text/plain ", "text/plain"),
        ("text", None),
        ("text/", None),
        ("te xt/plain", None),
        ("a/b/c", None),
        ("", None),
    ],
)
def test_essence(content_type: str, essence: str | None) -> None:
    assert safelists.essence(content_type) == essence
