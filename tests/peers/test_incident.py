"""The incident on the real thing: Vite with the incident's rules, FastAPI on uvicorn, and the page in Chromium."""

from __future__ import annotations

import pytest

from diag.model import Verdict
from diag.rules import judge
from diag.runner import probe

pytestmark = pytest.mark.peers

SEED_RULES = """
    '/ws': {{ target: 'ws://{host}:{port}', ws: true, changeOrigin: true }},
    '/api': {{ target: 'http://{host}:{port}', changeOrigin: true }}
"""
KEEPING_HOST = SEED_RULES.replace("changeOrigin: true", "changeOrigin: false")


def routes(page: str, port: int) -> dict[str, str]:
    return {"proxy": f"{page.replace('http', 'ws')}/ws", "direct": f"ws://localhost:{port}/ws"}


def test_before_and_after_the_fix(backend, vite, chromium, make_target, free_port: int) -> None:
    # given the incident's rules; the backend is where Vite reaches it, and the page has another address built in
    port = backend()
    page = vite(SEED_RULES.format(host="127.0.0.1", port=port))
    ways = routes(page, port)
    hard_coded = f"ws://localhost:{free_port}/ws"
    # when the page opens the hard-coded URL
    before = judge(probe(make_target(page, hard_coded, **ways)))
    # then the cause is the URL itself, not the refused connection that follows from it
    assert (before.verdict, before.primary_cause) == (Verdict.BROKEN, "url-bypasses-dev-proxy")
    assert before.primary is not None
    assert before.primary.explains == ("tcp-refused",)
    assert f"VITE_WS_BASE_URL={page.replace('http', 'ws')}" in str(before.primary.fix)
    # when it opens the proxy's URL instead
    after = judge(probe(make_target(page, "proxy", **ways)))
    # then all is well
    assert (after.verdict, after.primary_cause) == (Verdict.HEALTHY, None)
    # and a real browser on that page agrees on every route
    chromium.open(f"{page}/")
    seen = {route.url: route.browser.opens for route in before.routes}
    assert {url: chromium.opens(url) for url in seen} == seen
    assert not seen[hard_coded]


def test_a_backend_that_compares_origin_with_host(backend, vite, chromium, make_target) -> None:
    # given a backend with the usual same-origin check, and a proxy that keeps the Host
    port = backend(check="same-origin")
    page = vite(KEEPING_HOST.format(host="127.0.0.1", port=port))
    ways = routes(page, port)
    # when the page goes past the proxy
    report = judge(probe(make_target(page, "direct", **ways)))
    # then the refused origin follows from that
    assert report.primary_cause == "url-bypasses-dev-proxy"
    assert report.primary is not None
    assert "origin-rejected" in report.primary.explains
    assert judge(probe(make_target(page, "proxy", **ways))).verdict == Verdict.HEALTHY
    chromium.open(f"{page}/")
    assert {route.name: chromium.opens(route.url) for route in report.routes} == {"proxy": True, "direct": False}


def test_change_origin_breaks_that_check(backend, vite, make_target) -> None:
    # given the same backend behind the incident's own rule: changeOrigin replaces Host and leaves Origin
    port = backend(check="same-origin")
    page = vite(SEED_RULES.format(host="127.0.0.1", port=port))
    # when the page does everything right
    report = judge(probe(make_target(page, "proxy", **routes(page, port))))
    # then the proxy is named, not the origin
    assert report.primary_cause == "origin-host-rewritten"


def test_cors_middleware_does_not_guard_the_socket(backend, vite, chromium, make_target) -> None:
    # given the incident's backend: CORSMiddleware, and a page whose origin it does not list
    port = backend(cors=["http://elsewhere.example"])
    page = vite(KEEPING_HOST.format(host="127.0.0.1", port=port))
    # when the page opens the backend directly
    report = judge(probe(make_target(page, "direct", **routes(page, port))))
    # then it opens, in wsdiag as in the browser
    assert report.verdict == Verdict.HEALTHY
    chromium.open(f"{page}/")
    assert chromium.opens(f"ws://localhost:{port}/ws")
