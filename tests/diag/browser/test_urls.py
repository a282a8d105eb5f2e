"""URLs as `new WebSocket(url)` reads them on a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.urls import Url, parse_url, resolve_url

PAGE = "http://page.example:5173/app/view?x=1#top"
BASE = parse_url(PAGE)


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        pytest.param("ws://h/p", "ws://h/p", id="plain"),
        pytest.param("wss://H:443/p", "wss://h/p", id="default port"),
        pytest.param("ws://h:0080/", "ws://h/", id="default port with zeros"),
        pytest.param("http://h/p", "ws://h/p", id="http"),
        pytest.param("HTTPS://h:8443", "wss://h:8443/", id="https"),
        pytest.param("/ws", "ws://page.example:5173/ws", id="path"),
        pytest.param("undefined/ws", "ws://page.example:5173/app/undefined/ws", id="an unset variable"),
        pytest.param("", "ws://page.example:5173/app/view?x=1", id="empty"),
        pytest.param("?y", "ws://page.example:5173/app/view?y", id="query"),
        pytest.param("//h:1/p", "ws://h:1/p", id="no scheme"),
        pytest.param("\\\\h\\p", "ws://h/p", id="backslashes"),
        pytest.param("ws:h/p", "ws://h/p", id="no slashes"),
        pytest.param("ws:////h//p", "ws://h//p", id="many slashes"),
        pytest.param("http:p", "ws://page.example:5173/app/p", id="the page's own scheme is relative"),
        pytest.param("https:p", "wss://p/", id="another one is not"),
        pytest.param(" ws://h/a\n b ", "ws://h/a%20b", id="blanks and newlines"),
        pytest.param("ws://u:p@h/", "ws://u:p@h/", id="credentials"),
        pytest.param("ws://a@b@h/", "ws://a%40b@h/", id="two at signs"),
        pytest.param("ws://h/a/./b/../c/%2e%2e/", "ws://h/a/", id="dots"),
        pytest.param("ws://h/../..", "ws://h/", id="dots at the top"),
        pytest.param("ws://h/é?é'\"", "ws://h/%C3%A9?%C3%A9%27%22", id="escapes"),
        pytest.param("ws://[::1]:3000/", "ws://[::1]:3000/", id="IPv6"),
        pytest.param("ws://h:0/", "ws://h:0/", id="port 0"),
    ],
)
def test_resolves(url: str, resolved: str) -> None:
    assert resolve_url(PAGE, url) == resolved


@pytest.mark.parametrize(
    "url",
    [
        "ws://",
        "ws:",
        "ws://:80",
        "ws://u@/",
        "ws://h:x/",
        "ws://h:65536/",
        "ws://h:1:2/",
        "ws://[::1",
        "ws://a|b/",
        "ws://256.256.256.256/",
        "ws://[::1]x/",
        "ws://h:-1/",
    ],
)
def test_refuses_an_invalid_url(url: str) -> None:
    with pytest.raises(ValueError, match="invalid"):
        resolve_url(PAGE, url)


@pytest.mark.parametrize("url", ["ftp://h/", "about:blank", "localhost:3000/ws", "wsx://h", "data:,x"])
def test_refuses_other_schemes(url: str) -> None:
    with pytest.raises(ValueError, match="scheme"):
        resolve_url(PAGE, url)


@pytest.mark.parametrize("page", ["about:blank", "not a url", ""])
def test_resolves_nothing_relative_without_an_http_page(page: str) -> None:
    assert resolve_url(page, "ws://h/") == "ws://h/"
    with pytest.raises(ValueError, match="invalid|scheme"):
        resolve_url(page, "/ws")


def test_takes_a_url_apart() -> None:
    assert parse_url("wss://u:p@H:8443/a?b#c") == Url("wss", "h", 8443, "/a", "b", "c", "u:p")
    assert parse_url("mailto:x") == Url("mailto")
    assert parse_url("x") is None


@pytest.mark.parametrize(
    ("url", "port", "authority"),
    [("ws://h/", 80, "h"), ("wss://h", 443, "h"), ("ws://h:8080", 8080, "h:8080"), ("ws://h:0", 0, "h:0")],
)
def test_knows_port_and_authority(url: str, port: int, authority: str) -> None:
    parsed = parse_url(url)

    assert parsed is not None
    assert (parsed.effective_port, parsed.authority) == (port, authority)


@given(st.text("ws:/\\h.1[]@?#% \n\x00é-", max_size=25))
def test_never_raises_and_serialises_to_itself(text: str) -> None:
    parsed = parse_url(text, BASE)

    if parsed is not None and parsed.host:
        assert parse_url(str(parsed)) == parsed
