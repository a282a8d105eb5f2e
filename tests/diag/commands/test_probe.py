from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import diag
from diag.cli import cli

WSDIAG = [sys.executable, "-c", "from diag.cli import main; main()"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(diag.__file__).parents[1])}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


def url_of(server: socket.socket) -> str:
    return f"ws://127.0.0.1:{server.getsockname()[1]}/ws"


def probe(*args: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["probe", *args], env=environment)


def reported(done: Result) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_the_healthy_lab_is_healthy() -> None:
    done = probe("--lab", "--observe", "1s", "--format", "json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert (reported(done)["verdict"], reported(done)["primary_cause"]) == ("healthy", None)
    assert list(reported(done)["routes"]) == ["proxy", "direct"]


def test_a_fault_of_the_lab_is_named() -> None:
    done = probe("--fault", "strip-upgrade", "--observe", "1s", "--format", "json")
    assert (done.exit_code, reported(done)["primary_cause"]) == (1, "upgrade-headers-stripped")


def test_a_fault_that_does_not_exist_is_a_usage_error() -> None:
    done = probe("--fault", "no-such-fault")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("wsdiag: ")
    assert done.stderr.count("\n") == 1


def test_an_unreachable_target_is_a_finding_and_stdout_still_parses(refusing: str) -> None:
    done = probe(refusing, "--format", "json")
    report = reported(done)
    assert (done.exit_code, done.stderr) == (1, "")
    assert (report["verdict"], report["primary_cause"], report["command"]) == ("broken", "tcp-refused", "probe")
    assert report["target"]["page"] == refusing.replace("ws:", "http:").removesuffix("/ws")


def test_text_is_the_default(refusing: str) -> None:
    assert probe(refusing).stdout.startswith("BROKEN  tcp-refused")


@pytest.mark.parametrize(
    ("args", "code"),
    [
        pytest.param([], 1, id="error"),
        pytest.param(["--fail-on", "info"], 1, id="info"),
        pytest.param(["--fail-on", "never"], 0, id="never"),
        pytest.param(["--ignore", "tcp-refused"], 0, id="waived"),
        pytest.param(["--ignore", "tcp-refused@2000-01-01"], 1, id="waiver-expired"),
        pytest.param(["--ignore", "tcp-timeout"], 1, id="another-code-waived"),
    ],
)
def test_the_gate(refusing: str, args: list[str], code: int) -> None:
    assert probe(refusing, *args).exit_code == code


def test_a_waiver_keeps_the_verdict_and_is_reported(refusing: str) -> None:
    report = reported(probe(refusing, "--ignore", "tcp-refused@9999-12-31", "--format", "json"))
    assert (report["verdict"], report["primary_cause"], report["findings"]) == ("broken", "tcp-refused", [])
    assert report["waived"][0]["code"] == "tcp-refused"


def test_formats_go_to_files_and_the_text_to_stdout(refusing: str) -> None:
    done = probe(refusing, "--format", "json=out.json", "--format", "junit=out.xml")
    assert done.stdout.startswith("BROKEN")
    assert json.loads(Path("out.json").read_text("utf-8"))["verdict"] == "broken"
    assert Path("out.xml").read_text("utf-8").startswith("<?xml")


def test_what_was_recorded_is_judged_alike(refusing: str) -> None:
    probed = reported(probe(refusing, "--record", "run.json", "--format", "json"))
    judged = reported(CliRunner().invoke(cli, ["judge", "run.json", "--format", "json"]))
    assert {**judged, "command": "probe"} == probed


def test_secrets_stay_out_of_report_and_recording_unless_asked_for(refusing: str) -> None:
    args = [f"{refusing}?token=hunter2hunter2", "--bearer", "t0ken-of-mine", "--record", "run.json", "--format", "json"]
    done = probe(*args)
    written = done.stdout + Path("run.json").read_text("utf-8")
    assert not [secret for secret in ("hunter2hunter2", "t0ken-of-mine") if secret in written]
    done = probe(*args, "--show-secrets")
    assert "hunter2hunter2" in done.stdout
    assert "t0ken-of-mine" in Path("run.json").read_text("utf-8")


def test_the_file_of_the_folder_and_the_environment_are_read(refusing: str) -> None:
    Path("wsdiag.yaml").write_text(f'routes: {{proxy: "{refusing}"}}\npage: http://from.file\n', "utf-8")
    assert reported(probe("--format", "json"))["target"]["page"] == "http://from.file"
    environment = {"WSDIAG_PAGE": "http://from.environment", "WSDIAG_FORMAT": "json"}
    assert reported(probe(**environment))["target"]["page"] == "http://from.environment"
    assert reported(probe("--page", "http://from.flag", **environment))["target"]["page"] == "http://from.flag"


@pytest.mark.parametrize(
    ("args", "line"),
    [
        pytest.param([], "wsdiag: nothing to examine: give a URL", id="nothing-to-go-on"),
        pytest.param(["--config", "no.yaml"], "no.yaml: cannot be read: No such file or directory", id="no-file"),
        pytest.param(["ws://h/", "--record", "no/x"], "wsdiag: --record: there is no folder no", id="no-folder"),
        pytest.param(["ws://h/", "--format", "json", "--format", "text"], "wsdiag: two formats go to stdout", id="two"),
        pytest.param(["ws://h/", "--lab"], "wsdiag: --lab brings its own routes", id="lab-and-url"),
        pytest.param(["--proxy", "ws://h/", "--route", "proxy=ws://i/"], "wsdiag: the route proxy is", id="twice"),
    ],
)
def test_a_usage_error_is_one_line_and_nothing_on_stdout(args: list[str], line: str) -> None:
    done = probe(*args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_an_error_in_the_file_names_its_line() -> None:
    Path("wsdiag.yaml").write_text("client:\n  heartbeat:\n    interval: abc\n", "utf-8")
    done = probe()
    assert (done.exit_code, done.stdout, done.stderr) == (
        2,
        "",
        'wsdiag.yaml:3: client.heartbeat.interval: "abc" is not a duration (like 500ms, 5s, 1m)\n',
    )


def test_the_limit_of_a_connect_is_kept(silent: socket.socket) -> None:
    done = probe(url_of(silent), "--timeout", "300ms", "--format", "json")
    assert (done.exit_code, reported(done)["verdict"]) == (1, "broken")


def test_ctrl_c_prints_what_was_found_and_exits_130(silent: socket.socket) -> None:
    program = [*WSDIAG, "probe", url_of(silent), "--format", "json", "--record", "run.json"]
    with (
        subprocess.Popen(program, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running,
        contextlib.ExitStack() as connections,
    ):
        asked = b""
        while not asked.startswith(b"GET /ws"):
            connection = connections.enter_context(silent.accept()[0])
            connection.settimeout(30)
            asked = connection.recv(16)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, b"Traceback" in err) == (130, False)
    assert json.loads(out)["command"] == "probe"
    assert json.loads(Path("run.json").read_text("utf-8"))["interrupted"] is True


@pytest.mark.parametrize("closed", ["stdout", "nothing"])
def test_the_exit_code_tells_what_was_found_even_when_nobody_reads(refusing: str, closed: str) -> None:
    reader, writer = os.pipe()
    if closed == "stdout":
        os.close(reader)
    try:
        done = subprocess.run(
            [*WSDIAG, "probe", refusing],
            env=ENVIRONMENT,
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writer)
        if closed == "nothing":
            os.close(reader)
    assert (done.returncode, done.stderr) == (1, b"")
