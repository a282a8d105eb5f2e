"""URLs as a browser reads them: what is accepted, and in which form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.urls import Url, parse_url, websocket_url

BASE = parse_url("http://page.example:5173/app/view?x=1#top")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        pytest.param("HTTP://H:80", "http://h/", id="case-and-default-port"),
        pytest.param("http://h:0080/", "http://h/", id="port-with-zeros"),
        pytest.param("https://h:80/", "https://h:80/", id="port-of-another-scheme"),
        pytest.param(" http://h/a\n\tb ", "http://h/ab", id="blanks-and-line-breaks"),
        pytest.param("http:\\\\h\\p", "http://h/p", id="backslashes"),
        pytest.param("ws:////h//p", "ws://h//p", id="many-slashes"),
        pytest.param("http://u:p@h/", "http://u:p@h/", id="user-and-password"),
        pytest.param("http://a@b@h/", "http://a%40b@h/", id="two-at-signs"),
        pytest.param("http://:@h/", "http://h/", id="nobody"),
        pytest.param("http://h/a/./b/../c/%2e%2e/", "http://h/a/", id="dots"),
        pytest.param("http://h/../..", "http://h/", id="dots-at-the-top"),
        pytest.param("http://h/\xe9 x?\xe9#f", "http://h/%C3%A9%20x?%C3%A9#f", id="escapes"),
        pytest.param("http://[::1]:3000/", "http://[::1]:3000/", id="ipv6"),
        pytest.param("http://2130706433/", "http://127.0.0.1/", id="ipv4-as-one-number"),
        pytest.param("file:c", "file:///c", id="file"),
        pytest.param("foo://h:9/x", "foo://h:9/x", id="unknown-scheme-with-host"),
        pytest.param("mailto:a@b?c", "mailto:a@b?c", id="unknown-scheme-without"),
        pytest.param("localhost:5173", "localhost:5173", id="host-and-port-are-scheme-and-path"),
    ],
)
def test_accepted(text: str, url: str) -> None:
    assert str(parse_url(text)) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "//h/", "/p", "http://", "http:", "http://:80", "http://u@/", "http://h:x/", "http://h:65536/",
        "http://h:99999999999999999999/", "http://h:1:2/", "http://[::1", "http://[::1]x/", "http://a|b/",
        "http://256.256.256.256/", "http://%ff/", "http://h%3A80/", "foo://[x", "foo://h:70000", "foo://:1",
        "file://[x", "-a:b", "a_b:c",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    assert parse_url(text) is None


@pytest.mark.parametrize(
    ("text", "url"),
    [
        pytest.param("/p", "http://page.example:5173/p", id="path"),
        pytest.param("p/../q", "http://page.example:5173/app/q", id="relative"),
        pytest.param("", "http://page.example:5173/app/view?x=1", id="empty"),
        pytest.param("?y", "http://page.example:5173/app/view?y", id="query"),
        pytest.param("#z", "http://page.example:5173/app/view?x=1#z", id="fragment"),
        pytest.param("//h:1/p", "http://h:1/p", id="no-scheme"),
        pytest.param("http:p", "http://page.example:5173/app/p", id="own-scheme-without-slashes"),
        pytest.param("http:/p", "http://page.example:5173/p", id="own-scheme-with-one-slash"),
        pytest.param("https:p", "https://p/", id="other-scheme-without-slashes"),
    ],
)
def test_relative_to_a_page(text: str, url: str) -> None:
    assert str(parse_url(text, BASE)) == url


def test_nothing_is_relative_to_an_opaque_url() -> None:
    assert parse_url("/p", parse_url("about:blank")) is None


def test_parts_of_a_url() -> None:
    assert parse_url("wss://u:p@H:8443/a?b#c") == Url("wss", "h", 8443, "/a", "b", "c", "u:p")


@pytest.mark.parametrize(
    ("text", "port"), [("ws://h", 80), ("wss://h", 443), ("http://h:0", 0), ("ftp://h", 21), ("foo://h", None)]
)
def test_port_that_is_connected_to(text: str, port: int | None) -> None:
    url = parse_url(text)

    assert url is not None
    assert url.effective_port == port


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://h:8080/p", "http://h:8080"),
        ("https://u@h:443", "https://h"),
        ("blob:https://h/1", "https://h"),
        ("blob:data:,x", "null"),
        ("file:///p", "null"),
        ("foo://h", "null"),
    ],
)
def test_origin(text: str, origin: str) -> None:
    url = parse_url(text)

    assert url is not None
    assert url.origin == origin


@pytest.mark.parametrize(
    ("text", "url"), [("/ws", "ws://page.example:5173/ws"), ("https://h", "wss://h/"), ("ftp://h", "ftp://h/")]
)
def test_websocket_url(text: str, url: str) -> None:
    assert str(websocket_url(text, BASE)) == url


@given(st.one_of(st.text(max_size=20), st.text("ws:/\\h.1[]@?#% \n\x00\xe9\ud800-", max_size=25)))
def test_never_raises_and_serializes_to_itself(text: str) -> None:
    url = parse_url(text, BASE)

    if url is not None and url.host:
        assert parse_url(str(url)) == url
