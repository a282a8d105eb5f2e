from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

import diag
from diag.cli import cli
from diag.lab import Lab
from diag.verify.checks import IDS

WSDIAG = [sys.executable, "-c", "from diag.cli import main; main()"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(diag.__file__).parents[1])}
PATIENCE_S = 60


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def verify(*args: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["verify", *args], env=environment)


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["outcome"] for check in report["checks"]}


def test_the_lab_passes_eight_of_eight_in_every_format() -> None:
    done = verify("--lab", "--quick", "--format", "json", "--format", "junit=x.xml", "--format", "text=x.txt")
    report = json.loads(done.stdout)

    assert (done.exit_code, done.stderr) == (0, "")
    assert (report["command"], report["verdict"], report["primary_cause"]) == ("verify", "healthy", None)
    assert outcomes(report) == dict.fromkeys(IDS, "pass")
    assert all(check["did"] and check["saw"] and check["because"] is None for check in report["checks"])
    assert report["duration_ms"] < 15_000
    assert "Checks: 8 of 8 passed" in Path("x.txt").read_text("utf-8")
    assert [case.get("name") for case in ET.parse("x.xml").iter("testcase")] == list(IDS)  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("args", "code"),
    [
        pytest.param((), 1, id="the gate"),
        pytest.param(("--fail-on", "never"), 0, id="never"),
    ],
)
def test_a_page_without_a_socket_fails_two_and_skips_the_rest(refusing: str, args: tuple[str, ...], code: int) -> None:
    done = verify("--quick", refusing, "--deadline", "3s", "--format", "json", *args)
    report = json.loads(done.stdout)

    assert (done.exit_code, done.stderr) == (code, "")
    assert [name for name, outcome in outcomes(report).items() if outcome == "fail"] == ["connects", "no-fallback"]
    assert {check["cause"] for check in report["checks"] if check["outcome"] == "fail"} == {"tcp-refused"}


@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_text_fits_the_terminal(refusing: str, width: int) -> None:
    done = verify("--quick", refusing, "--deadline", "1s", COLUMNS=str(width))
    checks = done.stdout.partition("Checks: ")[2].partition("\nRoutes")[0]

    assert all(name in checks for name in IDS)
    assert max(map(len, checks.splitlines())) <= width


@pytest.mark.parametrize(
    ("color", "escapes"), [("always", True), ("never", False), ("auto", False)], ids=["always", "never", "auto"]
)
def test_colour_is_a_matter_of_choice(refusing: str, color: str, escapes: bool) -> None:
    done = verify("--quick", refusing, "--deadline", "1s", "--color", color)
    assert ("\x1b[" in done.stdout) is escapes


def test_what_was_observed_can_be_recorded(refusing: str) -> None:
    verify("--quick", refusing, "--deadline", "1s", "--record", "run.json")
    judged = CliRunner().invoke(cli, ["judge", "run.json", "--format", "json"])

    assert json.loads(judged.stdout)["primary_cause"] == "tcp-refused"


@pytest.mark.parametrize(
    ("args", "line"),
    [
        pytest.param((), "wsdiag: nothing to examine: give a URL", id="nothing to go on"),
        pytest.param(("--lab", "--fault", "no-such"), "wsdiag: no fault is named no-such", id="no fault of the lab"),
        pytest.param(("--lab", "ws://h/"), "wsdiag: --lab brings its own routes", id="two targets"),
        pytest.param(("--quik", "ws://h/"), "no such option '--quik'", id="a slip"),
        pytest.param(("ws://h/", "--deadline", "5"), '"5" has no unit', id="no unit"),
        pytest.param(("ftp://h/",), "ftp", id="no WebSocket"),
    ],
)
def test_a_usage_error_is_one_line_and_nothing_on_stdout(args: tuple[str, ...], line: str) -> None:
    done = verify(*args)

    assert (done.exit_code, done.stdout) == (2, "")
    assert line in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_names_every_check() -> None:
    done = verify("-h")
    assert all(name in done.stdout for name in IDS)


def test_ctrl_c_prints_what_was_seen_and_leaves_nothing() -> None:
    with Lab() as lab:
        formats = ("--format", "json", "--format", "text=x.txt")
        program = [*WSDIAG, "verify", lab.target().url, "--page", lab.page, *formats]
        with subprocess.Popen(program, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            _wait_for_a_session(lab)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=PATIENCE_S)
    report = json.loads(out)

    assert (running.returncode, b"Traceback" in err) == (130, False)
    assert "interrupted: this is what was seen until then" in report["notes"]
    assert "interrupted" in {check["because"] for check in report["checks"]}
    assert sorted(path.name for path in Path().iterdir()) == ["x.txt"]


def _wait_for_a_session(lab: Lab) -> None:
    """Until there is a connection between the lab's proxy and its backend."""
    import time

    end = time.monotonic() + PATIENCE_S
    while not _has_a_connection(lab.backend_port):
        assert time.monotonic() < end, "nothing ever connected"
        time.sleep(0.02)


def _has_a_connection(port: int) -> bool:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in lines)
