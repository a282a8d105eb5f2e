"""What the constructor and the browser refuse before a packet is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.context import BAD_PORTS, ContextVerdict, judge_context, resolve_url

PAGE = "http://app.example/page"
SECURE = "https://app.example/page"


@pytest.mark.parametrize(
    ("page", "url", "final"),
    [
        pytest.param(PAGE, "ws://api.example/ws", "ws://api.example/ws", id="ws"),
        pytest.param(SECURE, "wss://api.example/ws", "wss://api.example/ws", id="wss"),
        pytest.param(PAGE, "http://api.example/ws", "ws://api.example/ws", id="http"),
        pytest.param(SECURE, "/ws", "wss://app.example/ws", id="relative"),
        pytest.param(SECURE, "ws://localhost:3000/", "ws://localhost:3000/", id="loopback is secure enough"),
        pytest.param(SECURE, "ws://127.0.0.1/", "ws://127.0.0.1/", id="so is its address"),
        pytest.param(SECURE, "ws://192.168.0.5/", "ws://192.168.0.5/", id="and the local network's"),
        pytest.param(PAGE, "ws://api.example:4190/", "ws://api.example:4190/", id="a bad port that Chromium misses"),
    ],
)
def test_tries_to_connect(page: str, url: str, final: str) -> None:
    verdict = judge_context(page, url, ["chat", "v1.json"])

    assert verdict == ContextVerdict(final)
    assert verdict.allowed


@pytest.mark.parametrize(
    ("url", "protocols", "message"),
    [
        pytest.param("ws://a|b/", (), "The URL 'ws://a|b/' is invalid.", id="URL"),
        pytest.param(
            "ftp://h/", (), "must be either 'http', 'https', 'ws', or 'wss'. 'ftp' is not allowed.", id="scheme"
        ),
        pytest.param("ws://h/#a", (), "The URL contains a fragment identifier ('a').", id="fragment"),
        pytest.param("ws://h/#", (), "The URL contains a fragment identifier ('').", id="empty fragment"),
        pytest.param("ws://h/", ("a", "a"), "The subprotocol 'a' is duplicated.", id="duplicate"),
        pytest.param("ws://h/", ("",), "The subprotocol '' is invalid.", id="empty subprotocol"),
        pytest.param("ws://h/", ("a b",), "The subprotocol 'a b' is invalid.", id="blank"),
        pytest.param("ws://h/", ("a\\", "b"), "The subprotocol 'a\\\\' is invalid.", id="backslash"),
        pytest.param("ws://h/", ("é\n",), "The subprotocol '\\u00E9\\u000A' is invalid.", id="escaped"),
    ],
)
def test_throws_a_syntax_error(url: str, protocols: tuple[str, ...], message: str) -> None:
    verdict = judge_context(PAGE, url, protocols)

    assert (verdict.problem, verdict.exception, verdict.closes) == ("syntax-error", "SyntaxError", False)
    assert verdict.message is not None
    assert message in verdict.message


@pytest.mark.parametrize(
    ("page", "url"),
    [
        pytest.param(SECURE, "ws://api.example/", id="a name"),
        pytest.param(SECURE, "http://api.example/", id="http reads as ws"),
        pytest.param("https://localhost/", "ws://8.8.8.8/", id="a public address, from a local page too"),
    ],
)
def test_mixed_content_throws_and_fires_nothing(page: str, url: str) -> None:
    verdict = judge_context(page, url)

    assert (verdict.problem, verdict.exception, verdict.closes) == ("mixed-content", "SecurityError", False)


@pytest.mark.parametrize("port", [0, 22, 6000, 6667, 10080])
def test_a_blocked_port_fails_like_a_refused_connection(port: int) -> None:
    verdict = judge_context(PAGE, f"ws://api.example:{port}/")

    assert (verdict.problem, verdict.exception, verdict.closes) == ("port-blocked", None, True)
    assert verdict.message == "Error in connection establishment: net::ERR_UNSAFE_PORT"


def test_ports_in_use_are_not_blocked() -> None:
    assert not BAD_PORTS & {80, 443, 3000, 5173, 8000, 8080, 8443, 9000}


@pytest.mark.parametrize(
    ("csp", "directive"),
    [
        pytest.param("connect-src 'self'", "\"connect-src 'self'\". The action", id="connect-src"),
        pytest.param(
            ["connect-src *", "default-src 'none'"],
            "so 'default-src' is used as a fallback. The action",
            id="default-src of the second policy",
        ),
    ],
)
def test_a_policy_fires_error_but_no_close(csp: str | list[str], directive: str) -> None:
    verdict = judge_context(PAGE, "ws://api.example/", csp=csp)

    assert (verdict.problem, verdict.exception, verdict.closes) == ("csp-connect-src", None, False)
    assert verdict.message is not None
    assert directive in verdict.message


def test_asks_in_chromiums_order() -> None:
    forbidden = "connect-src 'none'"

    assert judge_context(SECURE, "ws://h/#x", ["a", "a"], forbidden).problem == "syntax-error"
    assert judge_context(SECURE, "ws://h:22/", ["a", "a"], forbidden).problem == "csp-connect-src"
    assert judge_context(SECURE, "ws://h:22/", ["a", "a"]).problem == "syntax-error"
    assert judge_context(SECURE, "ws://h:22/").problem == "mixed-content"
    assert judge_context(PAGE, "ws://127.0.0.1:22/", page_space="public").problem == "port-blocked"


@pytest.mark.parametrize(
    ("url", "upgraded"),
    [("ws://h/ws", "wss://h/ws"), ("ws://h:3000/", "wss://h:3000/"), ("ws://localhost/", "ws://localhost/")],
)
def test_insecure_requests_are_upgraded_when_the_policy_says_so(url: str, upgraded: str) -> None:
    assert judge_context(PAGE, url, csp="upgrade-insecure-requests") == ContextVerdict(upgraded)


@pytest.mark.parametrize(
    ("page", "url", "spaces", "blocked"),
    [
        pytest.param("http://8.8.8.8/", "ws://127.0.0.1/", {}, True, id="public page, loopback"),
        pytest.param("http://8.8.8.8/", "ws://localhost/", {}, True, id="by name"),
        pytest.param("http://8.8.8.8/", "ws://10.0.0.1/", {}, True, id="public page, private address"),
        pytest.param(
            PAGE, "ws://api.example/", {"page_space": "public", "target_space": "local"}, True, id="as resolved"
        ),
        pytest.param("http://8.8.8.8/", "ws://9.9.9.9/", {}, False, id="public to public"),
        pytest.param("http://10.0.0.1/", "ws://127.0.0.1/", {}, False, id="private page"),
        pytest.param("http://localhost/", "ws://10.0.0.1/", {}, False, id="local page"),
        pytest.param(PAGE, "ws://10.0.0.1/", {}, False, id="nothing known about the page"),
    ],
)
def test_a_public_page_may_not_reach_the_local_network(
    page: str, url: str, spaces: dict[str, str], blocked: bool
) -> None:
    verdict = judge_context(page, url, **spaces)

    assert (verdict.problem == "local-network-access") is verdict.closes is blocked


def test_a_page_can_be_treated_as_public() -> None:
    verdict = judge_context("http://localhost/", "ws://localhost:3000/", csp="treat-as-public-address")

    assert verdict.problem == "local-network-access"
    assert verdict.message is not None
    assert verdict.message.endswith("net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS")


APP = "http://page.example:5173/app/view?x=1#top"


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
        pytest.param("ws://h/a/./b/../c/%2e%2e/", "ws://h/a/", id="dots"),
        pytest.param("ws://h/../..", "ws://h/", id="dots at the top"),
        pytest.param('ws://h/é?é"', "ws://h/%C3%A9?%C3%A9%22", id="escapes"),
        pytest.param("ws://[::1]:3000/", "ws://[::1]:3000/", id="IPv6"),
        pytest.param("ws://h:0/", "ws://h:0/", id="port 0"),
    ],
)
def test_resolves(url: str, resolved: str) -> None:
    assert resolve_url(APP, url) == resolved


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
        resolve_url(APP, url)


@pytest.mark.parametrize("url", ["ftp://h/", "about:blank", "localhost:3000/ws", "wsx://h", "data:,x"])
def test_refuses_other_schemes(url: str) -> None:
    with pytest.raises(ValueError, match="scheme"):
        resolve_url(APP, url)


@pytest.mark.parametrize("page", ["about:blank", "not a url", ""])
def test_resolves_nothing_relative_without_an_http_page(page: str) -> None:
    assert resolve_url(page, "ws://h/") == "ws://h/"
    with pytest.raises(ValueError, match=r"invalid|scheme"):
        resolve_url(page, "/ws")


@given(st.text(max_size=20), st.text(max_size=20), st.lists(st.text(max_size=5), max_size=3), st.text(max_size=30))
def test_never_raises(page: str, url: str, protocols: list[str], csp: str) -> None:
    verdict = judge_context(page, url, protocols, csp)

    assert verdict.allowed is (verdict.problem is None)
    assert not (verdict.exception and verdict.closes)
