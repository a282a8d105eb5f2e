"""Every kind of page, for a few seconds on the lab: does it do what its page does, and count what it says?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from diag.lab import Lab

TRADER = Path(__file__).with_name("trader_locustfile.py")
PATIENCE_S = 30.0
QUICK = "client: {heartbeat: {interval: 300ms}, reconnect: {interval: 200ms, max_interval: 200ms}}\n"


def of(lab: Lab) -> tuple[str, ...]:
    return "--ws-url", lab.target().url, "--page", lab.page


def test_own_users_hear_send_and_have_tasks_beside_their_socket(load: Callable) -> None:
    with Lab(push_interval_s=0.2) as lab:
        run = load("-u", "3", "-r", "3", "-t", "2s", *of(lab), "TraderUser", file=TRADER)
    counts = run.result["counts"]
    assert run.exit_code == 0, run.output
    assert run.failures == {}
    assert counts["hellos"] == counts["left"] == run.result["sessions"]["opened"] == 3
    assert counts["heard connection:established"] == 3
    assert counts["heard bot:status_change"] > 3
    assert counts["orders"] > 3
    assert run.result["messages"]["sent"] >= counts["orders"] + counts["hellos"]
    assert "lost" not in counts


def test_hook_that_raises_is_shown_and_its_page_comes_back(load: Callable, tmp_path: Path) -> None:
    (tmp_path / "wsdiag.yaml").write_text(QUICK)
    with Lab() as lab:
        run = load("-u", "2", "-r", "2", "-t", "2s", *of(lab), "ClumsyUser", file=TRADER)
    assert run.exit_code == 1
    assert run.result["user_errors"] > 2, "each page met it more than once"
    assert run.result["sessions"]["opened"] > 2
    assert run.result["sessions"]["dropped"] == 0, "the target did nothing wrong"


def test_storm_cuts_everybody_at_once_and_all_come_back(load: Callable, tmp_path: Path) -> None:
    (tmp_path / "wsdiag.yaml").write_text(QUICK + "load: {storm_every: 1s, jitter: false}\n")
    with Lab() as lab:
        run = load("-u", "6", "-r", "6", "-t", "4s", *of(lab), "ReconnectStormUser")
    counts = run.result["counts"]
    assert run.exit_code == 0, run.output
    assert run.result["sessions"]["dropped"] == 0, "we cut them"
    assert counts["storms"] >= 2
    assert counts["storm_sessions_cut"] >= 10
    assert counts["storm_sessions_back"] >= 6
    assert counts["storm_back_ms"] >= 200, "the policy waits that long"
    assert 1 <= counts["storm_peak_handshakes_per_s"] <= 6
    assert run.result["sessions"]["opened"] == 6 + counts["storm_sessions_back"]


@pytest.fixture
def polled() -> Iterator[tuple[str, threading.Event]]:
    """The URL of a REST server, and what is set when it is first asked."""
    asked = threading.Event()

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.set()
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/bots", asked
        server.shutdown()
        serving.join()


@pytest.fixture
def socket_comes_back(load: Callable, tmp_path: Path, free_port: int, polled: tuple[str, threading.Event]) -> Callable:
    """Runs one page whose socket is dead until it polls."""
    url, asked = polled

    def run(settings: str) -> Any:
        file = f"url: ws://localhost:{free_port}/ws\npage: http://localhost:{free_port}\n{settings}"
        (tmp_path / "wsdiag.yaml").write_text(file)
        with ThreadPoolExecutor() as pool:
            running = pool.submit(
                load, "-u", "1", "-t", "5s", "--poll-url", url, "--poll-every", "100ms", "FallbackUser"
            )
            assert asked.wait(PATIENCE_S)
            with Lab(backend_port=free_port):
                return running.result()

    return run


def test_page_falls_back_to_polling_and_returns_when_its_socket_is_back(socket_comes_back: Callable) -> None:
    policy = "{reconnect: {attempts: 100, interval: 200ms, backoff: fixed}, fallback: {after_attempts: 2}}"
    done = socket_comes_back(f"client: {policy}\n")
    counts = done.result["counts"]
    assert counts["fallbacks"] == counts["fallback_recovered"] == 1, done.output
    assert counts["fallback_ms"] > 0
    assert done.failures == {("WS", "connect"): {"WsFailure('tcp-refused')"}}
    assert done.requests["GET", "/bots"] > 0
    assert done.result["sessions"]["opened"] == 1
    assert done.result["user_errors"] == 0


def test_page_whose_policy_is_used_up_returns_where_it_is_told_to_try_again(socket_comes_back: Callable) -> None:
    policy = "{reconnect: {attempts: 1, interval: 100ms}, fallback: {after_attempts: 2}}"
    done = socket_comes_back(f"client: {policy}\nload: {{reprobe: 300ms}}\n")
    counts = done.result["counts"]
    assert counts["fallbacks"] == counts["fallback_recovered"] == 1, done.output
    assert done.result["sessions"]["opened"] == 1


def test_page_whose_policy_is_used_up_polls_for_ever(load: Callable, tmp_path: Path, free_port: int) -> None:
    (tmp_path / "wsdiag.yaml").write_text(
        "client: {reconnect: {attempts: 2, interval: 100ms}, fallback: {after_attempts: 3, every: 100ms}}\n"
    )
    with Lab() as lab:
        run = load(
            *("-u", "2", "-r", "2", "-t", "3s", "FallbackUser", "--ws-url", f"ws://127.0.0.1:{free_port}/ws"),
            *("--poll-url", f"{lab.page}/api/bots"),
        )
    assert run.failures == {("WS", "connect"): {"WsFailure('tcp-refused')"}}
    assert run.result["sessions"]["failed"] == 2 * 3, "the first attempt and the policy's two"
    assert run.result["counts"]["fallbacks"] == 2
    assert "fallback_recovered" not in run.result["counts"]
    assert run.requests["GET", "/api/bots"] > 10


def test_polls_tell_how_old_the_state_is_that_they_bring(load: Callable) -> None:
    with Lab(push_interval_s=0.1) as lab:
        polls = ("--poll-url", f"{lab.page}/api/bots", "--poll-every", "500ms")
        run = load("-u", "4", "-r", "4", "-t", "3s", *of(lab), *polls, "PollingUser")
    staleness = run.result["staleness_by_transport"]["polling"]
    assert run.exit_code == 0, run.output
    assert run.result["updates_received"] > 6
    assert run.result["messages"]["sequence_gaps"] > run.result["updates_received"], "five changes a poll"
    assert staleness["p50"] > 100, "a change waits for the next poll, half of the interval on average"
    assert run.result["messages"]["received"] == 0


def test_polls_without_a_pause_follow_answers_but_not_failures(load: Callable, free_port: int) -> None:
    with Lab() as lab:
        fast = load("-u", "1", "-t", "2s", *of(lab), "--poll-url", f"{lab.page}/api/bots", "--poll-every", "0s",
                    "PollingUser")  # fmt: skip
    down = load("-u", "1", "-t", "2s", "--ws-url", "ws://127.0.0.1:9/ws", "--poll-url",
                f"http://127.0.0.1:{free_port}/", "--poll-every", "0s", "PollingUser")  # fmt: skip
    assert fast.requests["GET", "/api/bots"] > 50
    assert 1 <= down.requests["GET", "/"] <= 10


def test_mix_has_its_kinds_in_their_proportion_with_workers_too(load: Callable, tmp_path: Path, free_port: int) -> None:
    port = str(free_port)
    with Lab() as lab:
        (tmp_path / "wsdiag.yaml").write_text(
            f'load: {{mix: {{websocket: 4, polling: 1}}}}\napi: ["{lab.page}/api/bots"]\nurl: {lab.target().url}\n'
            "client: {fallback: {every: 200ms}}\n"
        )
        run = load(
            *("--processes", "2", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port),
            *("-u", "10", "-r", "10", "-t", "3s", "FallbackUser"),
        )
    assert run.exit_code == 0, run.output
    assert run.result["users"] == 10
    assert run.result["sessions"]["opened"] == 8
    assert run.requests["GET", "/api/bots"] > 10
    assert "fallbacks" not in run.result["counts"]


def test_dialect_is_told_by_the_server_and_spoken(load: Callable) -> None:
    with Lab() as lab:
        run = load("-u", "2", "-r", "2", "-t", "2s", *of(lab), "--dialect", "auto", "--heartbeat-interval", "200ms")
    assert run.exit_code == 0, run.output
    assert run.result["heartbeats"]["answered"] > 4
    assert run.result["messages"]["bytes_out"] > 60 * run.result["heartbeats"]["sent"], "more than a protocol ping"


def test_page_that_does_not_stay_comes_back_at_once(load: Callable) -> None:
    with Lab() as lab:
        run = load("-u", "2", "-r", "2", "-t", "2s", *of(lab), "--wsdiag-session-time", "0s")
    assert run.exit_code == 0, run.output
    assert run.result["sessions"]["opened"] > 20
    assert run.result["sessions"]["dropped"] == 0
    assert run.result["sessions"]["peak_open"] <= 4


def test_capacity_is_the_highest_load_whose_window_held(load: Callable) -> None:
    with Lab(push_interval_s=0.1) as lab:
        run = load(
            *("-u", "30", "-r", "30", "-t", "40s", *of(lab)),
            *("--wsdiag-shape", "find-capacity", "--wsdiag-threshold", "rate(messages_received) < 70"),
        )
    assert run.exit_code == 0, run.output
    assert run.result["counts"]["capacity_users"] == 3, "each page is sent 20 messages a second"
    assert "find-capacity: 3 users held; 4 broke rate(messages_received) < 70" in run.output
    assert run.result["thresholds"] == []


def test_shape_takes_the_users_up_and_the_time_ends_it(load: Callable) -> None:
    with Lab() as lab:
        shape = {"WSDIAG_SHAPE": "ramp-hold-ramp"}
        run = load("-u", "4", "-r", "4", "-t", "3s", "-s", "5", *of(lab), environment=shape)
    assert run.exit_code == 0, run.output
    assert run.result["users"] == run.result["sessions"]["opened"] == 4
    assert run.result["sessions"]["dropped"] == 0


def test_no_user_ends_because_its_server_says_no(load: Callable, free_port: int) -> None:
    run = load(
        *("-u", "8", "-r", "8", "-t", "2s", "--ws-url", f"ws://127.0.0.1:{free_port}/ws"),
        *("--poll-url", f"http://127.0.0.1:{free_port}/", "--poll-every", "200ms"),
        *("--wsdiag-mix", "websocket=2,polling=2,fallback=2,storm=2"),
    )
    assert run.result["users"] == 8
    assert run.result["series"][-1]["users"] == 8
    assert run.result["causes"][0]["code"] in ("tcp-refused", "rest-unreachable")
    assert run.result["user_errors"] == 0
    assert "Traceback" not in run.output
