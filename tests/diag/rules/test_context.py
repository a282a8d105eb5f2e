"""What the browser refuses before a packet is sent; the socket's server would have opened all the same."""

from __future__ import annotations

import pytest

SECURE_PAGE = "https://app.example.test"
PUBLIC, PRIVATE = "93.184.216.34", "192.168.1.20"


def from_a_page_with(policy: str):
    def tell(s):
        return s.opens("proxy").answers("proxy", 200, variants=("page",), headers={"Content-Security-Policy": policy})

    return tell


def from_an_address(page: str, target: str):
    """A page and a socket by name, resolved to these addresses."""

    def tell(s):
        s.only("ws://bots.example.test/ws", "http://app.example.test").opens("proxy").answers(
            "proxy", 200, variants=("page",)
        )
        return s.resolved("proxy", target).resolved("proxy", page, "page")

    return tell


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "mixed-content-blocked",
            lambda s: s.only("ws://api.example.test/ws", SECURE_PAGE).opens("proxy"),
            id="https page, plain ws to another host",
        ),
        pytest.param(
            "mixed-content-blocked",
            lambda s: s.only("ws://api.example.test/ws", SECURE_PAGE).refused("proxy"),
            id="and nothing listens there either",
        ),
        pytest.param(
            "port-blocked-by-browser",
            lambda s: s.only("ws://localhost:6000/ws", "http://localhost:5173").opens("proxy"),
            id="X11's port, although the prober gets through",
        ),
        pytest.param(
            "csp-connect-src-blocked",
            from_a_page_with("default-src 'self'; connect-src https:"),
            id="connect-src https:",
        ),
        pytest.param("csp-connect-src-blocked", from_a_page_with("default-src 'none'"), id="default-src as fallback"),
        pytest.param(
            "local-network-access-blocked", from_an_address(PUBLIC, PRIVATE), id="a public page, a private address"
        ),
        pytest.param(
            "local-network-access-blocked",
            lambda s: (
                s.only("wss://localhost:3000/ws", SECURE_PAGE)
                .opens("proxy")
                .answers("proxy", 200, variants=("page",))
                .resolved("proxy", PUBLIC, "page")
            ),
            id="a public page, loopback over wss",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    report = must_name(tell, code)
    assert report.verdict.value == "broken"
    assert not report.routes[0].browser.opens


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "mixed-content-blocked",
            lambda s: s.only("ws://localhost:3000/ws", SECURE_PAGE).opens("proxy"),
            None,
            id="not mixed content: loopback may be plain",
        ),
        pytest.param(
            "mixed-content-blocked",
            lambda s: s.only("wss://api.example.test/ws", SECURE_PAGE).opens("proxy"),
            None,
            id="not mixed content: wss",
        ),
        pytest.param(
            "mixed-content-blocked",
            lambda s: s.only("ws://api.example.test/ws", "http://app.example.test").nginx("proxy", 400),
            "unexplained",
            id="not mixed content: the page is plain http too",
        ),
        pytest.param(
            "port-blocked-by-browser",
            lambda s: s.only("ws://localhost:6001/ws", "http://localhost:5173").opens("proxy"),
            None,
            id="not blocked: the port beside X11's",
        ),
        pytest.param(
            "port-blocked-by-browser",
            lambda s: s.silent("proxy", "tcp", "timeout"),
            "tcp-timeout",
            id="not blocked: a firewall, which a prober meets as well",
        ),
        pytest.param(
            "csp-connect-src-blocked",
            from_a_page_with("default-src 'self'; connect-src 'self' ws://localhost:5173"),
            None,
            id="not CSP: the socket's origin is listed",
        ),
        pytest.param(
            "csp-connect-src-blocked",
            lambda s: s.answers("proxy", 403, "origin not allowed").opens("proxy", "no-origin"),
            "origin-rejected",
            id="not CSP: the server was asked and refused",
        ),
        pytest.param(
            "local-network-access-blocked",
            from_an_address(PRIVATE, PRIVATE),
            None,
            id="not local network access: both are private",
        ),
        pytest.param(
            "local-network-access-blocked",
            from_an_address(PUBLIC, PUBLIC),
            None,
            id="not local network access: both are public",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_the_blocked_port_of_another_route_does_not_concern_the_page(scene) -> None:
    routes = (scene.route("proxy"), type(scene.route("direct"))("direct", "ws://localhost:6000/ws"))
    assert scene.given(routes=routes).opens("proxy").opens("direct").report().primary_cause is None
