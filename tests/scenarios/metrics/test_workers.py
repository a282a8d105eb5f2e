"""Nothing that a worker has measured is lost on its way to the result, and a worker that is lost is not hidden."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

USERS = ("-u", "4", "-r", "4")


def test_result_and_tables_hold_everything_that_two_workers_did(quiet: Callable, two_workers: tuple[str, ...]) -> None:
    run = quiet(*USERS, *two_workers, "-t", "2s", "--wsdiag-threshold", "count(workers_lost) == 0")
    exit_code = run.end()
    result, did = run.result(), sum(run.noted().values())
    assert exit_code == 0, run.output
    assert len(run.noted()) == 2
    assert result.heartbeats.answered == result.heartbeat_rtt_ms.count == did
    assert run.requests("heartbeat") == did
    assert run.requests("connect") == result.sessions.opened == 4
    assert (result.workers.expected, result.workers.lost, result.ended) == (2, 0, "completed")
    assert result.sessions.peak_open == result.users == 4
    assert result.generator.cpu_s > 0
    assert result.generator.rss_peak_mb > 90, "of three processes"
    assert [point.users for point in result.series][-1] == 4
    assert "Traceback" not in run.output


def test_killed_worker_keeps_what_it_reported_and_fails_the_run(quiet: Callable, two_workers: tuple[str, ...]) -> None:
    run = quiet(*USERS, *two_workers, "--wsdiag-threshold", "failed_ratio(sessions) < 0.01")
    noted = run.wait_for(lambda noted: len(noted) == 2 and min(noted.values()) > 60)
    victim = min(noted)
    os.kill(victim, signal.SIGKILL)
    run.process.send_signal(signal.SIGTERM)
    exit_code = run.end()

    result, did = run.result(), run.noted()
    survivor = next(count for process, count in did.items() if process != victim)
    assert exit_code == 1, run.output
    assert (result.workers.expected, result.workers.lost) == (2, 1)
    assert survivor + 1 < result.heartbeats.answered <= sum(did.values())
    assert result.thresholds[0].ok, "the target did nothing wrong"
    assert "Workers lost: 1 of 2" in run.output


def test_run_without_workers_left_ends_and_fails(quiet: Callable, two_workers: tuple[str, ...]) -> None:
    run = quiet(*USERS, *two_workers, "-t", "10m")
    for victim in run.wait_for(lambda noted: len(noted) == 2 and min(noted.values()) > 60):
        os.kill(victim, signal.SIGKILL)
    exit_code = run.end()

    result = run.result()
    assert exit_code == 1, run.output
    assert (result.ended, result.workers.lost) == ("workers-gone", 2)
    assert result.heartbeats.answered > 0


@pytest.mark.parametrize(
    ("send", "interrupt"),
    [
        pytest.param(os.kill, signal.SIGTERM, id="SIGTERM to the master"),
        pytest.param(os.killpg, signal.SIGINT, id="Ctrl-C, which all processes get"),
    ],
)
def test_interrupted_run_hears_its_workers_out(
    quiet: Callable, two_workers: tuple[str, ...], send: Callable[[int, int], None], interrupt: signal.Signals
) -> None:
    run = quiet(*USERS, *two_workers)
    run.wait_for(lambda noted: len(noted) == 2 and min(noted.values()) > 10)
    send(run.process.pid, interrupt)
    exit_code = run.end()

    result = run.result()
    assert exit_code == 0, run.output
    assert result.ended == "interrupted"
    assert result.workers.lost == 0
    assert result.heartbeats.answered == sum(run.noted().values()) == run.requests("heartbeat")
