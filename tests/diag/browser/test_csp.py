"""connect-src, source expression by source expression."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.csp import allows, blocking_directive, parse_policies
from diag.browser.urls import Url, parse_url


def url(text: str) -> Url:
    parsed = parse_url(text)
    assert parsed is not None
    return parsed


PAGE = url("http://app.example:5173/page")
SECURE = url("https://app.example/page")


@pytest.mark.parametrize(
    ("sources", "target"),
    [
        ("*", "ws://anything.example/"),
        ("'self'", "ws://app.example:5173/ws"),
        ("'SELF'", "wss://app.example:5173/ws"),
        ("ws:", "ws://h:1/"),
        ("ws:", "wss://h:1/"),
        ("ws://h", "ws://h/"),
        ("ws://h", "wss://h/"),
        ("ws://h:3000", "ws://h:3000/x"),
        ("WS://H:3000", "ws://h:3000/x"),
        ("ws://h:*", "ws://h:3000/"),
        ("ws://h:*", "wss://h:3000/"),
        ("ws://*:3000", "ws://h:3000/"),
        ("ws://*.h:3000", "ws://a.b.h:3000/"),
        ("ws://h/ws/", "ws://h/ws/deep"),
        ("ws://h/ws", "ws://h/ws?query"),
        ("ws://h/%77s", "ws://h/ws"),
        ("ws://h/ws?ignored", "ws://h/ws"),
        ("ws://a 'nonsense' ws://h", "ws://h/"),
        ("'none' ws:", "ws://h/"),
    ],
)
def test_allows(sources: str, target: str) -> None:
    assert allows(sources, url(target), PAGE)


@pytest.mark.parametrize(
    ("sources", "target"),
    [
        ("", "ws://h/"),
        ("'none'", "ws://h/"),
        ("'self'", "ws://app.example:3000/ws"),
        ("'self'", "ws://api.example:5173/ws"),
        ("self", "ws://app.example:5173/ws"),
        ("http:", "ws://h/"),
        ("wss:", "ws://h/"),
        ("h:3000", "ws://h:3000/"),
        ("http://h:3000", "ws://h:3000/"),
        ("ws://h", "ws://h:3000/"),
        ("ws://h:3000", "wss://h:3000/"),
        ("ws://h:80", "ws://h:443/"),
        ("ws://*.h", "ws://h/"),
        ("ws://h*", "ws://host/"),
        ("ws://[::1]:3000", "ws://[::1]:3000/"),
        ("ws://h/ws/", "ws://h/ws"),
        ("ws://h/ws", "ws://h/ws/deep"),
        ("ws://h/ws", "ws://h/WS"),
        ("ws://h:3000?x", "ws://h:3000/"),
        ("ws://", "ws://h/"),
        ("ws", "ws://ws/"),
        ("'unsafe-inline'", "ws://h/"),
    ],
)
def test_does_not_allow(sources: str, target: str) -> None:
    assert not allows(sources, url(target), PAGE)


@pytest.mark.parametrize(
    ("target", "allowed"),
    [("wss://app.example/", True), ("ws://app.example/", False), ("wss://app.example:8443/", False)],
)
def test_self_of_a_secure_page_is_secure(target: str, allowed: bool) -> None:
    assert allows("'self'", url(target), SECURE) is allowed


@pytest.mark.parametrize(
    ("headers", "blocking"),
    [
        pytest.param([], None, id="no policy"),
        pytest.param(["script-src 'none'"], None, id="nothing about connections"),
        pytest.param(["connect-src ws:"], None, id="allowed"),
        pytest.param(["connect-src  'none' "], ("connect-src", "'none'"), id="forbidden"),
        pytest.param(["Connect-Src 'none'"], ("connect-src", "'none'"), id="any case"),
        pytest.param(["connect-src"], ("connect-src", ""), id="no source"),
        pytest.param(["default-src 'self'"], ("default-src", "'self'"), id="fallback"),
        pytest.param(["default-src 'none'; connect-src ws:"], None, id="connect-src before default-src"),
        pytest.param(["connect-src ws:; connect-src 'none'"], None, id="the first directive counts"),
        pytest.param(["connect-src 'none'; connect-src ws:"], ("connect-src", "'none'"), id="even if it forbids"),
        pytest.param(["connect-src ws:, default-src x:"], ("default-src", "x:"), id="two policies in one header"),
        pytest.param(["connect-src ws:", "connect-src a:"], ("connect-src", "a:"), id="two headers"),
        pytest.param(["connect-src: 'none'"], None, id="a colon makes another name"),
        pytest.param([" ; ,connect-src\t'none'"], ("connect-src", "'none'"), id="empty parts and tabs"),
    ],
)
def test_every_policy_must_allow(headers: list[str], blocking: tuple[str, str] | None) -> None:
    assert blocking_directive(parse_policies(headers), url("ws://h/"), PAGE) == blocking


@given(st.text("ws:/*'self.h31?#;, ", max_size=40))
def test_never_raises_and_more_sources_never_forbid_more(sources: str) -> None:
    target = url("ws://h:3/")

    blocking_directive(parse_policies([f"connect-src {sources}"]), target, PAGE)
    assert allows(f"{sources} ws://h:3", target, PAGE)
    if allows(sources, target, PAGE):
        assert allows(f"x: {sources} y:", target, PAGE)
