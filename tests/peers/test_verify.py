"""The checklist on the real thing: Vite with the incident's rules, and FastAPI on uvicorn."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from diag.model import ApiRequest, Fallback, Reconnect, Target, Verdict
from diag.report import Report
from diag.verify.plan import QUICK, plan
from diag.verify.report import report
from diag.verify.run import verify

pytestmark = pytest.mark.peers

RULES = """
    '/ws': {{ target: 'ws://127.0.0.1:{port}', ws: true, changeOrigin: true }},
    '/api': {{ target: 'http://127.0.0.1:{port}', changeOrigin: true }}
"""
POLICY = Reconnect(attempts=3, interval_s=1.5, backoff="fixed")


def page_target(make_target, page: str, port: int) -> Target:
    """The page behind Vite, with a policy that gives up after 4.5 s and then polls."""
    ways = {"proxy": f"{page.replace('http', 'ws')}/ws", "direct": f"ws://localhost:{port}/ws"}
    target = make_target(page, "proxy", **ways)
    fallback = Fallback(after_attempts=3, every_s=0.3, request=ApiRequest(f"{page}/api/health"))
    return replace(target, count=None, client=replace(target.client, reconnect=POLICY, fallback=fallback))


def outcomes(told: Report) -> dict[str, str]:
    return {check.id: check.outcome for check in told.checks}


def test_the_fixed_page_passes_eight_of_eight(backend, vite, make_target) -> None:
    # given the incident's page as it was fixed, with its REST request through the proxy
    port = backend()
    target = page_target(make_target, vite(RULES.format(port=port)), port)
    # when the checklist is gone through
    told = report(verify(target, plan(target, QUICK))[0])
    # then everything works
    assert [check.because for check in told.checks] == [None] * 8
    assert outcomes(told) == dict.fromkeys(outcomes(told), "pass")
    assert (told.verdict, told.primary_cause) == (Verdict.HEALTHY, None)


@pytest.fixture
def stoppable(start, new_port) -> Callable[[], tuple[int, Callable[[], None]]]:
    """`port, stop = stoppable()`: the incident's service, whose process really ends when it is stopped."""

    def begin() -> tuple[int, Callable[[], None]]:
        port = new_port()
        command = [sys.executable, "-m", "uvicorn", "backend:app", "--host", "127.0.0.1", "--port", str(port)]
        started = start([*command, "--log-level", "warning"], cwd=Path(__file__).parent)
        started.wait_for_port(port, "uvicorn")
        return port, started.stop

    return begin


def test_a_backend_that_stops_for_longer_than_the_policy_lasts(stoppable, vite, make_target) -> None:
    # given the fixed page, and a backend that stops before a client that was cut off is back
    port, stop = stoppable()
    target = page_target(make_target, vite(RULES.format(port=port)), port)
    stopping = threading.Event()

    def progress(line: str) -> None:
        if "reconnect waiting for the client" in line and not stopping.is_set():
            stopping.set()
            threading.Thread(target=stop).start()

    # when the checklist is gone through
    told = report(verify(target, plan(target, QUICK), progress)[0])
    # then the page has fallen back to polling, and does not come back
    found = {check.id: check for check in told.checks}
    assert stopping.is_set()
    assert (found["connects"].outcome, found["no-fallback"].outcome, found["reconnects"].outcome) == (
        "pass",
        "fail",
        "fail",
    )
    assert found["no-fallback"].cause == found["reconnects"].cause == "retry-window-too-short"
    assert "polling from" in found["no-fallback"].saw
    assert told.verdict is not Verdict.HEALTHY
