from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

import reports
from diag.cli import cli

SCHEMA = json.loads((Path(reports.__file__).parent / "schema" / "compare-v1.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def compare(*args: str) -> Result:
    return CliRunner().invoke(cli, ["compare", *args])


@pytest.mark.parametrize(
    ("args", "line"),
    [
        pytest.param([], "wsdiag: nothing to load: give a URL", id="no target"),
        pytest.param(["--lab", "--blocks", "3"], "wsdiag: --blocks: must be even", id="odd"),
        pytest.param(["--lab", "--run-time", "5s"], "wsdiag: --run-time: 4 blocks need 8s at least", id="too short"),
        pytest.param(["ws://localhost:1/ws"], "wsdiag: nothing to poll: give --poll URL", id="nothing to poll"),
        pytest.param(["--lab", "--poll", "http://example.com/"], "wsdiag: example.com is not this machine", id="host"),
        pytest.param(["--lab", "--scenario", "polling"], "wsdiag: no such option", id="scenario"),
        pytest.param(
            ["--lab", "--shape", "find-capacity"], "wsdiag: --shape: 'find-capacity' is not one of", id="two loads"
        ),
        pytest.param(
            ["--lab", "--processes", "2", "--expect-workers", "2"],
            "wsdiag: --expect-workers and --processes: ",
            id="whose workers",
        ),
        pytest.param(["--lab", "--threshold", "p95(x) < 1"], 'wsdiag: --threshold: "p95(x) < 1": ', id="threshold"),
    ],
)
def test_a_usage_error_is_one_line_and_nothing_starts(args: list[str], line: str) -> None:
    done = compare(*args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_both_sides_take_turns_on_the_lab() -> None:
    done = compare(
        *("--lab", "--users", "10", "--run-time", "6s", "--blocks", "2"),
        *("--format", "json", "--format", "html=page.html", "--format", "text=report.txt"),
    )
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)] == []
    assert (document["command"], document["verdict"], document["blocks"]) == ("compare", "healthy", 2)
    websocket, polling = document["websocket"], document["polling"]
    assert (websocket["users"], polling["users"]) == (10, 10)
    assert (websocket["sessions"]["opened"], polling["sessions"]["opened"]) == (10, 0)
    assert [poll["name"] for poll in polling["polls"]] == ["GET /api/bots", "GET /api/health"], "what is pushed"
    assert document["ratios"]["server_cpu"] > 0, "the lab's process was watched"
    assert "1/2 websocket  " in done.stderr
    assert "2/2 polling  " in done.stderr
    assert "Side by side" in Path("report.txt").read_text("utf-8")
    assert Path("page.html").read_text("utf-8").startswith("<!doctype html>")


def test_turns_follow_a_shape() -> None:
    """All come in the first quarter of a turn and begin to leave in the last, before they are told to."""
    shape = ("--shape", "ramp-hold-ramp", "--run-time", "12s", "--blocks", "2")
    done = compare("--lab", "--users", "10", *shape, "-q", "--format", "json", "--format", "text=report.txt")
    assert done.exit_code == 0, done.stderr
    websocket = json.loads(done.stdout)["websocket"]
    assert (websocket["sessions"]["opened"], websocket["sessions"]["peak_open"]) == (10, 10)
    assert websocket["series"][-1]["open_sessions"] < 10


def test_workers_of_ones_own_do_every_turn(tmp_path: Path, free_port: int) -> None:
    """A worker ends with its master, so a shell starts it again."""
    wsdiag = [str(Path(sys.executable).parent / "wsdiag"), "compare"]
    wsdiag += ["--lab", "--users", "6", "--run-time", "6s", "--blocks", "2"]
    workers = ["--expect-workers", "1", "--master-bind-port", str(free_port)]
    with subprocess.Popen(
        [*wsdiag, *workers, "--format", "json"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        told, _, loop = process.stderr.readline().partition(": ")
        assert told == "waiting for 1 workers"
        again = loop.replace("locust -f", f"{shlex.quote(sys.executable)} -m locust -f", 1)
        with subprocess.Popen(["sh", "-c", again], stderr=subprocess.DEVNULL, start_new_session=True) as shell:
            try:
                out, said = process.communicate(timeout=90)
            finally:
                os.killpg(shell.pid, signal.SIGKILL)
    assert process.returncode == 0, said
    document = json.loads(out)
    assert [document[side]["workers"] for side in ("websocket", "polling")] == [{"expected": 1, "lost": 0}] * 2
    assert document["polling"]["http"]["requests"] > 0


def test_a_server_that_is_gone_has_no_cpu_and_the_report_says_so() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    done = compare(
        "--lab",
        "--users",
        "2",
        "--run-time",
        "4s",
        "--blocks",
        "2",
        "--server-pid",
        str(child),
        "-q",
        "--format",
        "json",
    )
    document = json.loads(done.stdout)
    assert (done.exit_code, document["ratios"]["server_cpu"]) == (0, None)
    assert any(note.startswith("the server's CPU is not known") for note in document["notes"])
