"""`wsdiag load`: what it refuses, what it runs, how it ends."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

import diag
import reports
from diag.cli import cli
from diag.commands._load_workers import free_port as free_port_for_master
from diag.loading import process

ROOT = Path(diag.__file__).parents[1]
WSDIAG = [sys.executable, "-c", "from diag.cli import main; main()"]
SCHEMA = json.loads((Path(reports.__file__).parent / "schema" / "load-v1.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And with a place of its own for temporary files, in which nothing may stay."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture(autouse=True)
def _limits() -> Any:
    """A run may raise the soft limit of this process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def load(*args: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["load", *args], env=environment)


@pytest.mark.parametrize(
    ("args", "line"),
    [
        pytest.param([], "wsdiag: nothing to load: give a URL", id="no target"),
        pytest.param(
            ["--lab", "--threshold", "p95(heartbeat_rt_ms) < 200"],
            'wsdiag: --threshold: "p95(heartbeat_rt_ms) < 200": there is no metric "heartbeat_rt_ms"; did you mean',
            id="misspelt metric",
        ),
        pytest.param(
            ["--lab", "--threshold", "fast"], 'wsdiag: --threshold: "fast" is not a threshold', id="no threshold"
        ),
        pytest.param(["--lab", "--scenario", "sockets"], "wsdiag: --scenario: ", id="scenario"),
        pytest.param(["--lab", "--shape", "round"], "wsdiag: --shape: 'round' is not one of", id="shape"),
        pytest.param(["--lab", "--users", "0"], "wsdiag: --users: ", id="no users"),
        pytest.param(["--lab", "--spawn-rate", "0"], 'wsdiag: --spawn-rate: "0" is not a number of users', id="rate"),
        pytest.param(["--lab", "--run-time", "10"], 'wsdiag: --run-time: "10" has no unit', id="no unit"),
        pytest.param(["--lab", "--web-port", "0"], 'wsdiag: --web-port: "0" is not a port', id="port"),
        pytest.param(["--lab", "--fault", "no-such"], "wsdiag: no fault is named no-such; ", id="fault"),
        pytest.param(["--lab", "ws://localhost/"], "wsdiag: --lab brings its own routes", id="lab and url"),
        pytest.param(
            ["--lab", "--processes", "2", "--expect-workers", "2"],
            "wsdiag: --expect-workers and --processes: ",
            id="two kinds of workers",
        ),
        pytest.param(["--lab", "--format", "pdf"], 'wsdiag: --format: "pdf" is not one of html, json', id="format"),
        pytest.param(["--lab", "--format", "html=no/x"], "wsdiag: --format: there is no folder no", id="no folder"),
        pytest.param(["--lab", "--observe", "5s"], "wsdiag: no such option", id="a flag of probe's"),
        pytest.param(
            ["--scenario", "polling", "ws://localhost:1/ws"], "wsdiag: nothing to poll: give --poll URL", id="no poll"
        ),
        pytest.param(
            ["ws://localhost:1/ws", "--poll", "POST http://localhost/a", "--poll", "http://localhost/b"],
            "wsdiag: --poll: several requests must all be GETs",
            id="polls that change something",
        ),
        pytest.param(
            ["ws://example.com/ws"],
            "wsdiag: example.com is not this machine: say --yes-load example.com, or load: {allow: [example.com]}",
            id="somebody else's host",
        ),
        pytest.param(
            ["ws://app.localhost/ws", "--resolve", "app.localhost=192.0.2.1"],
            "wsdiag: app.localhost is not this machine",
            id="elsewhere by an override",
        ),
        pytest.param(
            ["ws://localhost/ws", "--poll", "http://example.com/api", "--yes-load", "example.org"],
            "wsdiag: example.com is not this machine",
            id="polls go elsewhere",
        ),
    ],
)
def test_a_usage_error_is_one_line_and_nothing_starts(args: list[str], line: str) -> None:
    done = load(*args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_more_sockets_than_a_process_may_have_are_refused() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    done = load("ws://localhost:1/ws", "--users", str(hard))
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"may have {hard}; raise the limit (ulimit -n " in done.stderr
    assert "or share the users among more --processes" in done.stderr


def test_the_file_names_thresholds_and_hosts() -> None:
    Path("wsdiag.yaml").write_text(
        "url: ws://app.test:1/ws\nload: {allow: [app.test], thresholds: ['p95(nonsense) < 1']}\n", "utf-8"
    )
    done = load()
    assert done.exit_code == 2
    assert done.stderr.startswith("wsdiag.yaml:2: load.thresholds[0]: ")


def test_every_format_of_one_healthy_run(tmp_path: Path) -> None:
    done = load(
        *("--lab", "--users", "20", "--run-time", "3s", "--threshold", "count(sessions_opened) == 20"),
        *("--threshold", "p95(heartbeat_rtt_ms) < 5000"),
        *("--format", "json", "--format", "junit=run.xml", "--format", "html=run.html", "--format", "text=run.txt"),
    )
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)] == []
    assert (document["command"], document["verdict"], document["scenario"]) == ("load", "healthy", "websocket")
    assert (document["users"], document["sessions"]["opened"], document["sessions"]["peak_open"]) == (20, 20, 20)
    assert [judged["ok"] for judged in document["thresholds"]] == [True, True]
    assert ET.parse("run.xml").getroot().get("failures") == "0"  # noqa: S314 - our own
    assert Path("run.txt").read_text("utf-8").startswith("HEALTHY  every threshold holds")
    page = Path("run.html").read_text("utf-8")
    assert "src=" not in page
    assert "href=" not in page
    assert " open  0 failed  " in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["here"], "no temporary file stays"


def test_a_dead_target_fails_by_cause_and_exits_1(free_port: int) -> None:
    done = load(f"ws://127.0.0.1:{free_port}/ws", "--users", "3", "--run-time", "2s", "--format", "json", "-q")
    document = json.loads(done.stdout)
    assert done.exit_code == 1
    assert " users  " not in done.stderr, "quiet"
    assert (document["verdict"], document["primary_cause"]) == ("broken", "tcp-refused")
    assert document["sessions"]["failed_by_cause"].keys() == {"tcp-refused"}
    assert "no threshold was given: these are the defaults" in document["notes"]


def test_secrets_reach_the_target_and_no_report(free_port: int) -> None:
    url = f"ws://127.0.0.1:{free_port}/ws?token=hunter2hunter2"
    args = (url, "--bearer", "t0ken-of-mine", "--users", "1", "--run-time", "1s", "-q", "--format", "json")
    done = load(*args, "--format", "html=run.html")
    written = done.stdout + Path("run.html").read_text("utf-8")
    assert not [secret for secret in ("hunter2hunter2", "t0ken-of-mine") if secret in written]


def test_what_locust_finds_unusable_is_our_line() -> None:
    done = subprocess.run(
        [*process_command(), "--headless", "--users", "1", "--run-time", "1s"],
        env=environment(WSDIAG_CONFIG='{"url": "ws://example.com/ws"}'),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "wsdiag: example.com is not this machine: say --yes-load example.com" in done.stderr


@pytest.mark.parametrize(
    ("last_words", "reason"),
    [
        pytest.param("no users today", "no users today", id="all that it says"),
        pytest.param("[now] here/ERROR/wsdiag: no room\\n--|--", "locust: no room", id="an error before a table"),
    ],
)
def test_locust_that_breaks_is_one_line_and_exit_3(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, last_words: str, reason: str
) -> None:
    broken = tmp_path / "locustfile.py"
    broken.write_text(f"raise SystemExit('{last_words}')\n", "utf-8")
    monkeypatch.setattr(process, "locustfile", lambda: str(broken))
    done = load("--lab", "--users", "1", "--run-time", "1s")
    broken.unlink()
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr == f"wsdiag: Locust ended without a result (exit code 1): {reason}\n"


@pytest.mark.parametrize(
    ("number", "more"),
    [
        pytest.param(signal.SIGINT, ("--processes", "2"), id="Ctrl-C, two processes"),
        pytest.param(signal.SIGTERM, (), id="TERM"),
    ],
)
def test_an_interrupted_run_is_reported_and_leaves_nothing(number: int, more: tuple[str, ...], tmp_path: Path) -> None:
    program = [*WSDIAG, "load", "--lab", "--users", "10", "--run-time", "60s", "--format", "json", *more]
    with subprocess.Popen(program, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        assert " users  " in run.stderr.readline()
        children = descendants(run.pid)
        assert len(children) >= 2, "the lab and Locust"
        run.send_signal(number)
        out, err = run.communicate(timeout=60)
    document = json.loads(out)
    assert run.returncode == 130
    assert (document["ended"], document["sessions"]["failed"]) == ("interrupted", 0)
    assert document["sessions"]["opened"] > 0
    assert "Traceback" not in err
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_the_masters_port_is_not_one_that_the_system_hands_out() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    ports = {free_port_for_master() for _ in range(20)}
    assert len(ports) > 1
    assert all(1024 < port < first for port in ports)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def process_command() -> list[str]:
    return [sys.executable, "-m", "locust", "-f", process.locustfile()]


def descendants(pid: int) -> list[int]:
    """Children and theirs, from Linux's own list."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    return [found for child in children for found in (child, *descendants(child))]
