"""The page's own URL is the fault: another route of the same target opens."""

from __future__ import annotations

import pytest

from diag.model import Route


def the_incident(s):
    """The page opens the backend itself; the proxy that serves it would have taken the socket there."""
    s.page_opens("direct").answers("direct", 403).answers("direct", 403, variants=("sibling",))
    return s.opens("direct", "own-origin").opens("direct", "no-origin").opens("proxy")


def elsewhere(s):
    """The page's URL is a third place, which is neither the proxy nor the backend."""
    app = Route("app", "ws://localhost:9999/ws")
    return s.given(routes=(*s.target.routes, app), url=app.url)


@pytest.mark.parametrize(
    ("code", "route", "tell"),
    [
        pytest.param("url-bypasses-dev-proxy", "direct", the_incident, id="the incident: its origin is refused"),
        pytest.param(
            "url-bypasses-dev-proxy",
            "direct",
            lambda s: s.page_opens("direct").refused("direct").opens("proxy"),
            id="the backend is not reachable from the browser's side",
        ),
        pytest.param(
            "client-url-wrong",
            "app",
            lambda s: elsewhere(s).given(page="http://localhost:8080").refused("app").opens("proxy").opens("direct"),
            id="an old port",
        ),
        pytest.param(
            "client-url-wrong",
            "direct",
            lambda s: s.given(page="http://localhost:8080").page_opens("direct").unknown_path("direct").opens("proxy"),
            id="the page comes from neither of them",
        ),
    ],
)
def test_fires(must_name, code: str, route: str, tell) -> None:
    must_name(tell, code, route)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "url-bypasses-dev-proxy",
            lambda s: s.page_opens("direct").opens("direct").opens("proxy"),
            None,
            id="not bypassed: the backend lets the page in",
        ),
        pytest.param(
            "url-bypasses-dev-proxy",
            lambda s: (
                s.page_opens("direct")
                .answers("direct", 403)
                .opens("direct", "no-origin")
                .answers("proxy", 403)
                .opens("proxy", "no-origin")
            ),
            "origin-rejected",
            id="not bypassed: the proxy's route is refused as well",
        ),
        pytest.param(
            "url-bypasses-dev-proxy",
            lambda s: s.vite("proxy", "get").hangs("proxy").opens("direct"),
            "vite-proxy-rule-missing",
            id="not bypassed: the page does open the proxy, which is the fault",
        ),
        pytest.param(
            "client-url-wrong",
            lambda s: elsewhere(s).refused("app").refused("proxy").refused("direct"),
            "tcp-refused",
            id="not the URL: nothing works anywhere",
        ),
        pytest.param(
            "client-url-wrong", the_incident, "url-bypasses-dev-proxy", id="not any URL: the one past the proxy"
        ),
        pytest.param(
            "client-url-wrong",
            lambda s: s.nginx("proxy", 502).opens("direct"),
            "gateway-upstream-refused",
            id="not the URL: the proxy cannot reach its upstream",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_the_incident_folds_the_refused_origin_into_the_url(scene) -> None:
    report = the_incident(scene).report()
    assert [item.code for item in report.findings] == ["url-bypasses-dev-proxy"]
    assert "origin-rejected" in report.findings[0].explains
    assert "ws://localhost:3000/ws" in report.findings[0].detail
