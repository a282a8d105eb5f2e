"""Same-origin checks that a proxy's Host or scheme misleads, and servers that want an Origin."""

from __future__ import annotations

import pytest

from diag.model import Route

HOST = "host=localhost:5173"
PORTLESS = "origin=http://localhost"
SECURE = "https://app.example"
PROTO = "forwarded-proto=app.example"


def same_origin_check(s):
    """The backend takes the page's origin under the page's own Host only."""
    return s.answers("proxy", 403).answers("direct", 403).opens("direct", "own-origin", HOST)


def encrypted(s):
    """The page is https, its backend plain."""
    routes = (Route("proxy", "wss://app.example/cable"), Route("direct", "ws://10.0.0.7:3000/cable"))
    s.given(page=SECURE, url=routes[0].url, routes=routes)
    return s.answers("proxy", 404, "Page not found").answers("direct", 404, "Page not found")


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "origin-port-stripped",
            lambda s: same_origin_check(s).opens("proxy", PORTLESS),
            id="without its port the origin opens",
        ),
        pytest.param(
            "origin-port-stripped",
            lambda s: same_origin_check(s).opens("proxy", PORTLESS, "no-origin"),
            id="as with Tornado, no Origin opens as well",
        ),
        pytest.param(
            "origin-scheme-mismatch", lambda s: encrypted(s).opens("proxy", PROTO), id="the proxy passes the header on"
        ),
        pytest.param(
            "origin-scheme-mismatch",
            lambda s: encrypted(s).opens("direct", PROTO),
            id="directly, told of https, it opens",
        ),
        pytest.param(
            "origin-scheme-mismatch",
            lambda s: encrypted(s).opens("direct", PROTO, "own-origin").opens("proxy", "origin=http://app.example"),
            id="http would do as well",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "origin-port-stripped",
            lambda s: same_origin_check(s).answers("proxy", 403, variants=(PORTLESS,)),
            "origin-host-rewritten",
            id="another Host altogether",
        ),
        pytest.param(
            "origin-port-stripped",
            lambda s: s.answers("proxy", 403).answers("direct", 403).opens("proxy", PORTLESS),
            "origin-rejected",
            id="an allow-list with the portless origin",
        ),
        pytest.param(
            "origin-scheme-mismatch",
            lambda s: encrypted(s).answers("direct", 404, "Page not found", variants=(PROTO,)),
            "ws-path-not-found",
            id="the header changes nothing",
        ),
        pytest.param(
            "origin-scheme-mismatch",
            lambda s: encrypted(s).opens("proxy", "no-origin").opens("direct", PROTO, "host=app.example"),
            "origin-host-rewritten",
            id="the page's own Host is enough",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_an_origin_that_is_required_is_advice_where_a_handshake_without_was_sent_anyway(scene) -> None:
    # given a stripping proxy, which has the backend asked without Origin too
    scene.unknown_path("proxy").opens("direct").unknown_path("direct", "no-upgrade")
    scene.answers("direct", 403, "Access denied", variants=("no-origin",)).opens("direct", "own-origin")
    report = scene.report()
    [advice] = [finding for finding in report.findings if finding.code == "origin-required"]
    assert (advice.route, advice.severity.value, report.primary_cause) == ("direct", "info", "upgrade-headers-stripped")


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda s: s.opens("proxy").opens("direct"), id="nobody asked"),
        pytest.param(lambda s: s.opens("proxy").opens("proxy", "no-origin"), id="it opens without"),
        pytest.param(
            lambda s: s.opens("proxy").opens("proxy", "repeat").answers("proxy", 503, variants=("no-origin",)),
            id="no room that time",
        ),
        pytest.param(
            lambda s: s.opens("proxy").answers("proxy", 403, variants=("no-origin", "own-origin", "repeat")),
            id="a ticket that is good for once",
        ),
        pytest.param(lambda s: s.answers("proxy", 403).answers("proxy", 403, variants=("no-origin",)), id="nor with"),
    ],
)
def test_no_origin_is_required(scene, tell) -> None:
    tell(scene)
    assert "origin-required" not in {finding.code for finding in scene.found()}
