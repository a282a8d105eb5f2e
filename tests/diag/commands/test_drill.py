from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import diag
from diag.cli import cli
from diag.lab import Lab

WSDIAG = [sys.executable, "-c", "from diag.cli import main; main()"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(diag.__file__).parents[1])}
FAST = ("--lab", "--speed", "20")
PATIENCE_S = 30


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def drill(*args: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["drill", *args], env=environment)


def reported(done: Result) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_a_deployment_of_the_lab_ends_in_polling_for_ever() -> None:
    done = drill(*FAST, "--format", "json")
    report = reported(done)

    assert (done.exit_code, done.stderr) == (1, "")
    assert (report["command"], report["verdict"], report["primary_cause"]) == ("drill", "broken", "fallback-permanent")
    assert report["drill"]["timeline"] == "deploy"
    assert report["drill"]["returned_from_fallback"] is False
    assert "retry-window-too-short" in [finding["code"] for finding in report["findings"]]


def test_a_blip_passes_the_gate_and_reads_well() -> None:
    done = drill(*FAST, "--timeline", "blip")

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("Drill blip: a short break")
    assert re.search(r"attempt 1 after [1-9]", done.stdout)
    assert "Page http://localhost:" in done.stdout


@pytest.mark.parametrize(
    ("args", "code"),
    [
        pytest.param((), 1, id="the incident's policy has errors"),
        pytest.param(("--fail-on", "never"), 0, id="never"),
        pytest.param(("--ignore", "fallback-permanent", "--ignore", "retry-window-too-short"), 0, id="waived"),
    ],
)
def test_the_gate_of_a_schedule(args: tuple[str, ...], code: int) -> None:
    assert drill("--schedule-only", *args).exit_code == code


def test_a_schedule_needs_no_target_and_no_network() -> None:
    done = drill("--schedule-only", "--clients", "100", "--format", "json", "--format", "text=schedule.txt")
    report = reported(done)

    assert [row["outage_ms"] for row in report["schedule"]["outages"]][-1] == 600_000.0
    assert report["schedule"]["herd"]["peak"] == 100
    assert Path("schedule.txt").read_text("utf-8").startswith("Reconnect schedule")


def test_a_schedule_of_the_policy_in_the_file() -> None:
    Path("wsdiag.yaml").write_text(
        "routes: {proxy: 'ws://localhost:5173/ws'}\nclient:\n  reconnect: {attempts: 100, interval: 5s}\n", "utf-8"
    )
    report = reported(drill("--schedule-only", "--format", "json"))

    assert report["schedule"]["policy"]["reconnect"]["attempts"] == 100
    assert all(row["back_after_ms"] is not None for row in report["schedule"]["outages"])


def test_the_timelines_are_listed() -> None:
    done = drill("--list")

    assert (done.exit_code, done.stdout.count("\n")) == (0, 5)
    assert "deploy             the server restarts" in done.stdout


def test_a_target_that_does_not_open_is_probed_instead(refusing: str) -> None:
    done = drill(refusing, "--format", "json")
    report = reported(done)

    assert (done.exit_code, report["verdict"], report["primary_cause"]) == (1, "broken", "tcp-refused")
    assert report["notes"][0] == "there was no connection to break: the socket did not open"
    assert report["command"] == "drill"


def test_secrets_stay_out_unless_they_are_asked_for() -> None:
    with Lab() as lab:
        url = f"{lab.target().url}?token=hunter2hunter2"
        args = (url, "--page", lab.page, "--deadline", "300ms", "--format", "json", "--format", "text=out.txt")
        masked = drill(*args).stdout + Path("out.txt").read_text("utf-8")
        shown = drill(*args, "--show-secrets").stdout

    assert "hunter2" not in masked
    assert "hunter2hunter2" in shown


@pytest.mark.parametrize(
    ("args", "line"),
    [
        pytest.param((), "wsdiag: nothing to examine: give a URL", id="nothing to go on"),
        pytest.param(("--lab", "--timeline", "blop"), 'no timeline is named "blop"; did you mean blip?', id="a slip"),
        pytest.param(("--lab", "--timeline", "no.yaml"), "no.yaml: cannot be read: No such file", id="no file"),
        pytest.param(("--lab", "--timeline", "bad.yaml"), 'bad.yaml:2: steps[1].at: "5" has no unit', id="a bad file"),
        pytest.param(("--lab", "--speed", "0"), 'wsdiag: --speed: "0" is not a number', id="no speed"),
        pytest.param(("--lab", "--speed", "nan"), 'wsdiag: --speed: "nan" is not a number', id="not a number"),
        pytest.param(("--lab", "--clients", "5"), "wsdiag: --clients goes with --schedule-only", id="clients alone"),
        pytest.param(("--lab", "--fault", "no-such"), "wsdiag: no fault is named no-such", id="no fault of the lab"),
        pytest.param(("--listen", "8.8.8.8:80", "ws://h/"), '"8.8.8.8" is not this machine', id="not loopback"),
        pytest.param(("--listen", "x", "ws://h/"), '"x" is not a port', id="no port"),
        pytest.param(("--listen", "0", "ws://h/", "--fault", "restrat"), "did you mean restart", id="no fault"),
        pytest.param(("--listen", "0"), "wsdiag: nothing to examine", id="nothing to lead to"),
    ],
)
def test_a_usage_error_is_one_line_and_nothing_on_stdout(args: tuple[str, ...], line: str) -> None:
    Path("bad.yaml").write_text("- {at: 1s, do: reset}\n- {at: 5, do: reset}\n", "utf-8")
    done = drill(*args)

    assert (done.exit_code, done.stdout) == (2, "")
    assert line in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_a_usage_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = drill("--listen", str(taken.getsockname()[1]), "ws://127.0.0.1:1/ws")

    assert (done.exit_code, "cannot be used: Address already in use" in done.stderr) == (2, True)


def test_json_goes_into_a_pipe_as_it_is() -> None:
    program = [*WSDIAG, "drill", *FAST, "--timeline", "blip", "--format", "json"]
    done = subprocess.run(program, env=ENVIRONMENT, capture_output=True, check=False, timeout=PATIENCE_S)

    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["drill"]["losses"][0]["back_after_ms"] > 0


def test_ctrl_c_prints_what_was_seen_and_leaves_nothing() -> None:
    with Lab() as lab:
        program = [*WSDIAG, "drill", lab.target().url, "--page", lab.page, "--format", "json", "--format", "text=x.txt"]
        with subprocess.Popen(program, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            _wait_for_a_session(lab)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=PATIENCE_S)

    assert (running.returncode, b"Traceback" in err) == (130, False)
    assert "interrupted: this is what was seen until then" in json.loads(out)["notes"]
    assert sorted(path.name for path in Path().iterdir()) == ["x.txt"]


def test_the_proxy_alone_breaks_what_goes_through_it_until_ctrl_c() -> None:
    program = [*WSDIAG, "drill", "--listen", "0", "--lab", "--fault", "latency,delay=10ms"]
    with subprocess.Popen(program, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout
        first = running.stdout.readline().decode()
        url = first.split()[0]
        port = int(url.rpartition(":")[2].partition("/")[0])
        assert running.stdout.readline() == b"Ctrl-C ends it.\n"
        assert running.stdout.readline().endswith(b"everything is 10 ms late, each way\n")
        page = first.split()[-1].replace("ws:", "http:").removesuffix("/ws")
        probed = CliRunner().invoke(cli, ["probe", url, "--page", page, "--observe", "300ms", "--format", "json"])
        assert json.loads(probed.stdout)["routes"]["direct"]["opened"] is True
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=PATIENCE_S)

    assert (running.returncode, b"Traceback" in err) == (0, False)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), PATIENCE_S)


def _wait_for_a_session(lab: Lab) -> None:
    """Until the drill's client is connected: the lab's proxy has a connection with the backend."""
    import time

    end = time.monotonic() + PATIENCE_S
    while not _has_a_connection(lab.backend_port):
        assert time.monotonic() < end, "the drill never connected"
        time.sleep(0.02)


def _has_a_connection(port: int) -> bool:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in lines)
