"""The machine's proxy variables are reported, never obeyed, and never the cause."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("https_proxy",), id="one variable"),
        pytest.param(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), id="several"),
    ],
)
def test_fires(must_mention, names: tuple[str, ...]) -> None:
    report = must_mention(lambda s: s.opens("proxy").environment(*names), "forward-proxy-in-path", None, route=None)
    assert report.verdict.value == "healthy"
    assert report.proxies_set == names
    assert report.findings[0].severity.value == "info"


@pytest.mark.parametrize(
    ("tell", "instead"),
    [
        pytest.param(lambda s: s.opens("proxy").environment(), None, id="not in the path: no variable is set"),
        pytest.param(
            lambda s: s.haproxy("proxy", 403).opens("direct").environment(),
            "proxy-access-denied",
            id="not a forward proxy: a reverse proxy is just a route",
        ),
    ],
)
def test_keeps_quiet(must_not_name, tell, instead: str | None) -> None:
    must_not_name(tell, "forward-proxy-in-path", instead)


PROXIED = {"forward_proxy": "http://user:secret@proxy.corp:3128"}


def no_tunnel(status: str):
    return lambda s: s.given(**PROXIED).silent("proxy", "proxy", "refused", detail=status)


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(no_tunnel("CONNECT localhost:5173 is answered with 403 Forbidden"), id="403"),
        pytest.param(no_tunnel("CONNECT localhost:5173 is answered with 407 Who are you"), id="407"),
        pytest.param(
            lambda s: s.given(**PROXIED).silent("proxy", "proxy", "unreachable", detail="the forward proxy itself"),
            id="the proxy is not there",
        ),
    ],
)
def test_no_tunnel_is_the_cause(must_name, tell) -> None:
    report = must_name(tell, "forward-proxy-blocks-upgrade")
    assert "secret" not in report.findings[0].detail


@pytest.mark.parametrize(
    ("tell", "instead"),
    [
        pytest.param(lambda s: s.refused("proxy"), "tcp-refused", id="without a forward proxy"),
        pytest.param(
            lambda s: s.given(**PROXIED).haproxy("proxy", 403).opens("direct"),
            "proxy-access-denied",
            id="the tunnel is there, and the 403 behind it",
        ),
    ],
)
def test_a_tunnel_is_not_to_blame(must_not_name, tell, instead: str | None) -> None:
    must_not_name(tell, "forward-proxy-blocks-upgrade", instead)


def test_a_tunnel_that_works_is_mentioned_and_nothing_more(must_mention) -> None:
    report = must_mention(
        lambda s: s.given(**PROXIED).opens("proxy").environment("https_proxy"),
        "forward-proxy-in-path",
        None,
        route=None,
    )
    [found] = report.findings
    assert found.detail.startswith("Every connection went through the forward proxy proxy.corp:3128")
