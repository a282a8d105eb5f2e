"""`--browser`: a real Chromium is asked the same, and agrees."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from diag.lab import Lab
from diag.model import Client, Verdict
from diag.report import Report
from diag.rules import judge
from diag.runner import probe

pytestmark = pytest.mark.peers
FAULTS = ("incident", "bad-accept", "auth", "close-1008", "strip-upgrade", "cors-missing", "cors-wildcard-credentials")


def diagnosed(faults: tuple[str, ...], program: str) -> Report:
    with Lab(faults) as lab:
        target = lab.target()
        client = replace(target.client, heartbeat_interval_s=1)
        return judge(probe(replace(target, client=client, count=1, observe_s=2), browser=program))


@pytest.mark.parametrize("fault", ["", *FAULTS], ids=lambda fault: fault or "healthy")
def test_chromium_agrees(fault: str, peer: Callable[[str], str]) -> None:
    # given the lab, perhaps with a fault; when a real browser tries the same
    report = diagnosed((fault,) if fault else (), peer("chromium"))
    # then every route and request has its verdict beside ours, and none differs
    assert all(route.chromium is not None for route in report.routes)
    assert {route.name: route.opened for route in report.routes} == {
        route.name: route.chromium.opens for route in report.routes if route.chromium
    }
    assert [api.cors.allowed for api in report.api] == [api.chromium.opens for api in report.api if api.chromium]
    assert "browser-disagrees" not in [finding.code for finding in report.findings]


def test_a_page_that_is_down_still_has_its_origin(peer: Callable[[str], str]) -> None:
    # given a page whose server is gone, while the backend lives
    with Lab() as lab:
        target = lab.target()
        away = replace(
            target, page="http://localhost:9", api=(), expect=(), observe_s=0.3, client=Client(connect_timeout_s=3)
        )
        report = judge(probe(away, browser=peer("chromium")))
    # then the browser tried from that origin, and both say what the backend's check of it says
    assert report.verdict == Verdict.BROKEN
    assert [route.chromium.opens for route in report.routes if route.chromium] == [False, False]
    assert "browser-disagrees" not in [finding.code for finding in report.findings]


def test_without_a_chromium_it_is_said_in_one_line(tmp_path) -> None:
    # given a machine without any Chromium on its PATH; when --browser is asked for
    command = [sys.executable, "-c", "from diag.cli import main; main()", "probe", "--lab", "--browser"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={"PATH": str(tmp_path)}, timeout=60)
    # then it is one clear line, and nothing ran
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("wsdiag: --browser: no Chromium on the PATH")
    assert done.stderr.count("\n") == 1
