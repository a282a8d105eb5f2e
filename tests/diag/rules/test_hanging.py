"""Connected, and the upgrade is never answered."""

from __future__ import annotations

import pytest

SHELL = '<!doctype html><div id="root"></div>'


def forwarded_by_vite(s):
    """A rule takes plain requests to the backend, whose 404 it is; Vite serves everything else."""
    return s.hangs("proxy").unknown_path("proxy", "get").vite("proxy", "get-root")


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "vite-proxy-rule-missing",
            lambda s: s.hangs("proxy").vite("proxy", "get").opens("direct"),
            id="Vite's shell",
        ),
        pytest.param("vite-proxy-ws-disabled", lambda s: forwarded_by_vite(s).opens("direct"), id="Vite, ws is not on"),
        pytest.param(
            "vite-proxy-ws-disabled",
            lambda s: (
                s.hangs("proxy").answers("proxy", 426, "Upgrade Required", variants=("get",)).vite("proxy", "get-root")
            ),
            id="Vite, a backend that asks for the upgrade, no other route known",
        ),
        pytest.param(
            "proxy-ws-disabled",
            lambda s: s.hangs("proxy").unknown_path("proxy", "get").opens("direct"),
            id="another development proxy",
        ),
        pytest.param(
            "backend-hang",
            lambda s: s.hangs("proxy").unknown_path("proxy", "get").hangs("direct"),
            id="the backend leaves the upgrade alone on both routes",
        ),
        pytest.param(
            "proxy-ws-disabled",
            lambda s: s.hangs("proxy").unknown_path("proxy", "get").opens("proxy", "repeat").opens("direct"),
            id="a proxy that listens for upgrades after its first GET only",
        ),
        pytest.param("backend-hang", lambda s: s.hangs("proxy").hangs("proxy", "get"), id="nothing is answered"),
        pytest.param(
            "backend-hang",
            lambda s: s.hangs("proxy").hangs("proxy", "get").opens("direct"),
            id="the proxy waits for somebody else than the backend",
        ),
        pytest.param(
            "backend-hang",
            lambda s: s.hangs("proxy").hangs("proxy", "get").hangs("direct").hangs("direct", "get"),
            id="nothing is answered on either route",
        ),
        pytest.param(
            "backend-hang",
            lambda s: s.hangs("proxy").nginx("proxy", 504, "get").hangs("direct"),
            id="a proxy gives up on the GET",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    report = must_name(tell, code)
    assert report.routes[0].browser.message == "nothing: the socket stays in CONNECTING until the page gives up"


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "vite-proxy-rule-missing",
            lambda s: forwarded_by_vite(s).opens("direct"),
            "vite-proxy-ws-disabled",
            id="not without a rule: the GET reaches the backend",
        ),
        pytest.param(
            "vite-proxy-rule-missing",
            lambda s: s.answers("proxy", 200, SHELL, "text/html"),
            "spa-fallback-200",
            id="no hang: a static server answers at once",
        ),
        pytest.param(
            "vite-proxy-rule-missing",
            lambda s: s.silent("proxy", "http", "eof").answers("proxy", 502, "", variants=("get",)),
            "vite-proxy-target-down",
            id="no hang: closed at once",
        ),
        pytest.param(
            "vite-proxy-ws-disabled",
            lambda s: s.hangs("proxy").unknown_path("proxy", "get").opens("direct"),
            "proxy-ws-disabled",
            id="not Vite",
        ),
        pytest.param(
            "vite-proxy-ws-disabled",
            lambda s: s.hangs("proxy").hangs("proxy", "get").vite("proxy", "get-root"),
            "backend-hang",
            id="not ws alone: the GET hangs too",
        ),
        pytest.param(
            "proxy-ws-disabled",
            lambda s: forwarded_by_vite(s).opens("direct"),
            "vite-proxy-ws-disabled",
            id="it is Vite",
        ),
        pytest.param(
            "proxy-ws-disabled",
            lambda s: s.hangs("proxy").answers("proxy", 200, SHELL, "text/html", variants=("get",)),
            "proxy-route-missing",
            id="nothing forwards at all: an application shell of another server",
        ),
        pytest.param(
            "backend-hang",
            lambda s: s.hangs("proxy").unknown_path("proxy", "get").opens("direct"),
            "proxy-ws-disabled",
            id="no wedged backend: it answers the GET, and opens directly",
        ),
        pytest.param(
            "backend-hang",
            lambda s: s.silent("proxy", "tcp", "timeout"),
            "tcp-timeout",
            id="no wedged backend: not even TCP connects",
        ),
        pytest.param(
            "backend-hang",
            lambda s: s.silent("proxy", "http", "slow", received=b"HTTP"),
            "response-head-slow",
            id="no silence: a head began",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)
