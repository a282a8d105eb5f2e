"""`wsdiag load`, as users run it, against targets that are killed, refuse, hang, flood and send garbage, and short of
what the machine itself has to give. In each case the run ends, its exit code is right, and no result is lost."""

from __future__ import annotations

import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60
"""Any run here ends long before."""
USERS = 6
PUSHES, PONG_SIZE, LIMITED_TO = 20, 200, 3
"""As in load_target.py."""
OWN_DESCRIPTORS = 4
"""How many more files a process may open once its limit has been lowered."""
ONE_LINE = "wsdiag: --users 200: a process needs 296 file descriptors and may have 64; raise the limit (ulimit -n 296"


class Target:
    """load_target.py in a process of its own; `kill` and `start` again on the same port."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.start()

    def start(self) -> None:
        program = [sys.executable, str(Path(__file__).with_name("load_target.py")), str(self.port)]
        self._process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def url(self, name: str) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/{name}"

    def api(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/api/{name}"

    def counts(self) -> dict[str, int]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", "/counts")
            counted: dict[str, int] = json.load(connection.getresponse())
        return counted

    def wait_for(self, name: str, least: int) -> None:
        until = time.monotonic() + LIMIT_S
        while self.counts().get(name, 0) < least:
            assert time.monotonic() < until, self.counts()
            time.sleep(0.05)


@dataclass(frozen=True)
class Run:
    exit_code: int
    document: dict[str, Any]
    said: str

    @property
    def causes(self) -> dict[str, str]:
        """Where things went wrong, by cause."""
        return {cause["code"]: cause["where"] for cause in self.document["causes"]}


def program(*args: str, heartbeat: str = "500ms") -> list[str]:
    wsdiag = [sys.executable, "-c", "from diag.cli import main; main()"]
    return [*wsdiag, "load", *args, "--heartbeat-interval", heartbeat, "--format", "json"]


def started(args: list[str], folder: Path, **more: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(args, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True, **more)


def ended(process: subprocess.Popen[str]) -> Run:
    try:
        out, said = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    assert "Traceback" not in said
    assert out, f"exit code {process.returncode}: {said}"
    return Run(process.returncode, json.loads(out), said)


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    target = Target()
    yield target
    target.kill()


@pytest.fixture
def own_target() -> Iterator[Target]:
    """One whose counts are of one run."""
    target = Target()
    yield target
    target.kill()


SITUATIONS: dict[str, Callable[[Target], tuple[str, ...]]] = {
    **{
        name: lambda target, name=name: (target.url(name),)  # type: ignore[misc]
        for name in (
            *("forbidden", "busy", "down", "limited", "silent", "drip", "mute"),
            *("not-http", "noise", "masked", "not-utf8", "huge", "flood"),
        )
    },
    "given-up": lambda target: (target.url("silent"), "--timeout", "1s"),
    "polls": lambda target: (
        target.url("good"),
        *("--scenario", "polling", "--poll-every", "300ms"),
        *(f"--poll={target.api(name)}" for name in ("not-http", "half", "bad-chunks", "endless", "error")),
    ),
    "poll-silent": lambda target: (target.url("good"), "--scenario", "polling", "--poll", target.api("silent")),
}


@pytest.fixture(scope="module")
def runs(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Run]]]:
    """All situations that need nothing but a target, a few at a time: each of them mostly waits."""
    folder = tmp_path_factory.mktemp("runs")

    def run(name: str) -> Run:
        args = program(*SITUATIONS[name](target), "--users", str(USERS), "--run-time", "3s")
        return ended(started(args, folder))

    with ThreadPoolExecutor(3) as pool:
        yield {name: pool.submit(run, name) for name in SITUATIONS}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("forbidden", "origin-rejected", id="refused for the origin"),
        pytest.param("busy", "handshake-rate-limited", id="429"),
        pytest.param("down", "gateway-upstream-refused", id="503"),
        pytest.param("silent", "handshake-unanswered", id="accepts, and never answers"),
        pytest.param("given-up", "backend-hang", id="never answers, and the page gives up"),
        pytest.param("drip", "handshake-unanswered", id="a byte a second"),
        pytest.param("not-http", "port-wrong-protocol", id="no HTTP"),
    ],
)
def test_no_session_of_a_target_that_says_no_is_lost(runs: dict[str, Future[Run]], name: str, code: str) -> None:
    run = runs[name].result()
    assert (run.exit_code, run.document["verdict"]) == (1, "broken")
    assert run.document["sessions"]["failed_by_cause"] == {code: USERS}
    assert (run.document["sessions"]["opened"], run.document["user_errors"]) == (0, 0)
    assert (run.document["ended"], run.document["users"]) == ("completed", USERS)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("noise", "frame-invalid", id="bytes that are no frames"),
        pytest.param("masked", "frame-masked-by-server", id="masked frames"),
        pytest.param("not-utf8", "frame-invalid-utf8", id="text that is no UTF-8"),
        pytest.param("huge", "message-too-big-1009", id="a message of a gigabyte"),
    ],
)
def test_garbage_ends_the_session_and_not_the_user(runs: dict[str, Future[Run]], name: str, code: str) -> None:
    run = runs[name].result()
    sessions = run.document["sessions"]
    assert run.exit_code == 1
    assert sessions["dropped_by_cause"] == {code: USERS}
    assert sessions["dropped_by_close"] == {"1006": USERS}
    assert (sessions["opened"], sessions["failed"]) == (USERS, 0)
    assert run.document["user_errors"] == 0
    assert run.document["generator"]["rss_peak_mb"] < 120, "no memory for what is announced"


def test_a_full_server_is_not_taken_for_one_that_is_down(runs: dict[str, Future[Run]]) -> None:
    run = runs["limited"].result()
    sessions = run.document["sessions"]
    assert (run.exit_code, run.document["verdict"]) == (1, "degraded")
    assert (sessions["opened"], sessions["failed_by_cause"]) == (LIMITED_TO, {"connection-limit": USERS - LIMITED_TO})
    assert sessions["dropped"] == 0


def test_a_server_that_accepts_and_never_speaks_does_not_pass(runs: dict[str, Future[Run]]) -> None:
    run = runs["mute"].result()
    beats = run.document["heartbeats"]
    assert run.exit_code == 1
    assert run.causes == {"heartbeat-unanswered": "heartbeat"}
    assert beats["answered"] == 0 < beats["unanswered"] <= beats["sent"]
    assert run.document["sessions"]["failed"] == 0


def test_a_flood_is_counted_in_bounded_memory_and_a_busy_generator_says_so(runs: dict[str, Future[Run]]) -> None:
    run = runs["flood"].result()
    generator = run.document["generator"]
    assert run.document["messages"]["received"] > 10_000
    assert generator["rss_peak_mb"] < 120
    assert generator["saturated"] == ("generator itself is too busy" in run.said)
    assert generator["saturated"] == any("too busy" in note for note in run.document["notes"])
    assert (run.document["ended"], run.document["sessions"]["dropped"]) == ("completed", 0)


def test_polls_that_get_garbage_are_failures_by_cause(runs: dict[str, Future[Run]]) -> None:
    run = runs["polls"].result()
    http, polls = run.document["http"], {poll["name"]: poll for poll in run.document["polls"]}
    assert run.exit_code == 1
    assert http["failed_by_cause"].keys() == {"rest-broken-answer", "rest-answer-too-large", "http-500"}
    assert http["failures"] == http["requests"] == sum(http["failed_by_cause"].values())
    assert len(polls) == 5
    assert all(poll["failures"] == poll["requests"] >= USERS for poll in polls.values())
    assert http["failed_by_cause"]["rest-answer-too-large"] == polls["GET /api/endless"]["failures"]
    assert run.document["generator"]["rss_peak_mb"] < 120


def test_polls_that_hang_when_the_run_ends_are_failures(runs: dict[str, Future[Run]]) -> None:
    run = runs["poll-silent"].result()
    assert (run.exit_code, run.document["verdict"]) == (1, "broken")
    assert run.document["http"]["failed_by_cause"] == {"rest-timeout": USERS}


def test_users_outlive_a_target_that_is_killed_and_comes_back(own_target: Target, tmp_path: Path) -> None:
    (tmp_path / "wsdiag.yaml").write_text(
        f"url: {own_target.url('good')}\n"
        "client: {reconnect: {attempts: 2, interval: 300ms, max_interval: 300ms, backoff: fixed}}\n"
    )
    args = ("--users", str(USERS), "--run-time", "8s")
    strict = started(program(*args), tmp_path)
    lenient = started(program(*args, "--threshold", "count(workers_lost) == 0"), tmp_path)
    own_target.wait_for("opened", 2 * USERS)
    own_target.kill()
    time.sleep(2)  # how long the target is down
    own_target.start()
    own_target.wait_for("opened", 2 * USERS)

    for process, exit_code in ((strict, 1), (lenient, 0)):
        run = ended(process)
        sessions = run.document["sessions"]
        assert run.exit_code == exit_code
        assert (sessions["dropped"], sessions["dropped_by_close"]) == (USERS, {"1006": USERS})
        assert sessions["failed_by_cause"].keys() == {"tcp-refused"}
        assert (sessions["opened"], sessions["peak_open"]) == (2 * USERS, USERS)
        assert run.document["user_errors"] == 0


def test_what_a_killed_worker_had_reported_is_kept(own_target: Target, tmp_path: Path) -> None:
    args = (own_target.url("good"), "--users", "20", "--run-time", "7s", "--processes", "2")
    process = started(program(*args, heartbeat="200ms"), tmp_path)
    own_target.wait_for("received", 20 * 12)  # more than two seconds' worth: workers report once a second
    (master,) = children(process.pid)
    os.kill(children(master)[0], signal.SIGKILL)
    run = ended(process)

    assert run.exit_code == 1
    assert run.document["workers"] == {"expected": 2, "lost": 1}
    assert (run.document["sessions"]["opened"], run.document["sessions"]["peak_open"]) == (20, 20)
    assert any("1 of 2 workers went away" in note for note in run.document["notes"])
    assert [each["expression"] for each in run.document["thresholds"] if not each["ok"]] == ["count(workers_lost) == 0"]


def test_two_workers_count_what_the_target_counted(own_target: Target, tmp_path: Path, free_port: int) -> None:
    args = (own_target.url("good"), "--users", "40", "--run-time", "3s")
    distributed = ("--expect-workers", "2", "--master-bind-port", str(free_port))
    master = started(program(*args, *distributed, heartbeat="200ms"), tmp_path)
    assert master.stderr is not None
    told, _, command = master.stderr.readline().partition(": ")
    assert told == "waiting for 2 workers"
    with ExitStack() as workers:
        for _ in range(2):
            worker = started([sys.executable, "-m", *shlex.split(command)], tmp_path)
            workers.callback(worker.communicate, timeout=LIMIT_S)
        run = ended(master)

    did, counted = run.document, own_target.counts()
    assert run.exit_code == 0
    assert did["workers"] == {"expected": 2, "lost": 0}
    assert did["sessions"]["opened"] == counted["opened"] == 40
    assert did["messages"]["sent"] == did["heartbeats"]["sent"] == counted["received"]
    assert did["messages"]["bytes_out"] == counted["bytes_received"]
    assert counted["pushed"] == 40 * PUSHES
    assert did["messages"]["received"] == counted["pushed"] + did["heartbeats"]["answered"]
    assert did["messages"]["bytes_in"] == counted["bytes_pushed"] + did["heartbeats"]["answered"] * PONG_SIZE


def test_too_few_descriptors_are_one_line_before_the_run(target: Target, tmp_path: Path) -> None:
    process = started(
        program(target.url("good"), "--users", "200", "--run-time", "2s"),
        tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    )
    out, said = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, out) == (2, "")
    assert said.startswith(ONE_LINE)
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "name", [pytest.param("good", id="sockets are free at the end"), pytest.param("clinging", id="and are not")]
)
def test_descriptors_that_run_out_are_our_own_fault_and_the_run_goes_on(
    own_target: Target, tmp_path: Path, name: str
) -> None:
    args = (own_target.url(name), "--users", "20", "--spawn-rate", "4", "--run-time", "6s")
    process = started(program(*args), tmp_path)
    own_target.wait_for("opened", 2)
    (locust,) = children(process.pid)
    limit = len(list(Path(f"/proc/{locust}/fd").iterdir())) + OWN_DESCRIPTORS
    resource.prlimit(locust, resource.RLIMIT_NOFILE, (limit, limit))
    run = ended(process)

    sessions = run.document["sessions"]
    assert run.exit_code == 1
    assert run.document["primary_cause"] == "local-descriptors-exhausted"
    assert sessions["failed_by_cause"].keys() == {"local-descriptors-exhausted"}
    assert sessions["opened"] < 20 <= sessions["opened"] + sessions["failed"]
    assert (sessions["dropped"], run.document["user_errors"]) == (0, 0)
    assert (run.document["ended"], run.document["users"]) == ("completed", 20)
    assert run.document["heartbeats"]["answered"] > 0


def children(pid: int) -> list[int]:
    """From Linux's own list."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
