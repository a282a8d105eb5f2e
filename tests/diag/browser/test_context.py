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
            "\"default-src 'none'\". Note that 'connect-src' was not explicitly set, so 'default-src' is used as a fallback.",
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


def test_offers_the_resolver_beside_the_verdict() -> None:
    assert resolve_url(PAGE, "ws") == "ws://app.example/ws"


@given(st.text(max_size=20), st.text(max_size=20), st.lists(st.text(max_size=5), max_size=3), st.text(max_size=30))
def test_never_raises(page: str, url: str, protocols: list[str], csp: str) -> None:
    verdict = judge_context(page, url, protocols, csp)

    assert verdict.allowed is (verdict.problem is None)
    assert not (verdict.exception and verdict.closes)
