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
