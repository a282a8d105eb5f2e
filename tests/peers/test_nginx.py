"""nginx with and without the Upgrade headers."""

from __future__ import annotations

import pytest

from diag.model import Verdict
from diag.rules import judge
from diag.runner import probe

pytestmark = pytest.mark.peers

PLAIN = "location / {{ proxy_pass http://127.0.0.1:{port}; }}"
UPGRADING = (
    "location / {{ proxy_pass http://127.0.0.1:{port}; proxy_http_version 1.1; proxy_set_header Host $http_host; "
    "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; }}"
)


@pytest.mark.parametrize(
    ("locations", "verdict", "cause"),
    [
        pytest.param(PLAIN, Verdict.BROKEN, "upgrade-headers-stripped", id="without the Upgrade headers"),
        pytest.param(UPGRADING, Verdict.HEALTHY, None, id="with them"),
    ],
)
def test_upgrade_headers(backend, nginx, make_target, locations: str, verdict: Verdict, cause: str | None) -> None:
    # given nginx in front of a real backend
    port = backend()
    page = nginx(locations.format(port=port))
    target = make_target(page, "proxy", proxy=f"{page.replace('http', 'ws')}/ws", direct=f"ws://localhost:{port}/ws")
    # when both routes are probed
    report = judge(probe(target))
    # then the missing lines are named, or nothing is
    assert (report.verdict, report.primary_cause) == (verdict, cause)
    if report.primary:
        assert "proxy_set_header Upgrade $http_upgrade;" in report.primary.fix.snippets[0].text


def test_an_upstream_that_is_down(nginx, make_target) -> None:
    # given nginx that points at a port where nothing listens, directly neither
    page = nginx(UPGRADING.format(port=1))
    target = make_target(page, "proxy", proxy=f"{page.replace('http', 'ws')}/ws", direct="ws://localhost:1/ws")
    # when it is probed, then one cause is named and the dead REST requests follow from it
    report = judge(probe(target))
    assert report.primary_cause == "gateway-upstream-refused"
    assert report.primary is not None
    assert "rest-gateway-error" in report.primary.explains
