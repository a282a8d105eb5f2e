"""Thresholds decide how a run ends, in one process too, and the result file is there however it ends."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

USERS = ("-u", "2", "-r", "2")


@pytest.mark.parametrize(
    ("thresholds", "exit_code"),
    [
        pytest.param({"p95(heartbeat_rtt_ms) < 200": "ok", "count(sessions_opened) == 2": "ok"}, 0, id="all held"),
        pytest.param(
            {
                "p95(heartbeat_rtt_ms) < 1": "FAILED",
                "p95(poll_ms) < 200": "nothing  FAILED",
                "failed_ratio(sessions) < 0.01": "0  ok",
            },
            1,
            id="one did not hold, and one had nothing to measure",
        ),
    ],
)
def test_thresholds_decide_the_exit_code_and_stand_in_a_table(
    quiet: Callable, thresholds: dict[str, str], exit_code: int
) -> None:
    run = quiet(*USERS, "-t", "1s", "--wsdiag-threshold", "; ".join(thresholds))
    assert run.end() == exit_code, run.output
    result, lines = run.result(), run.output.splitlines()
    assert [judged.expression for judged in result.thresholds] == list(thresholds)
    assert [judged.ok for judged in result.thresholds] == [said.endswith("ok") for said in thresholds.values()]
    assert result.heartbeats.answered == sum(run.noted().values()) == run.requests("heartbeat")
    for expression, said in thresholds.items():
        assert any(line.startswith(expression) and line.endswith(said) for line in lines), run.output


def test_threshold_that_may_ends_the_run_early(quiet: Callable, tmp_path: Path) -> None:
    (tmp_path / "wsdiag.yaml").write_text(
        'load: {thresholds: [{threshold: "max(heartbeat_rtt_ms) < 3", abort: true, delay: 1s}]}\n'
    )
    run = quiet(*USERS, "-t", "10m")
    assert run.end() == 1, run.output
    result = run.result()
    assert (result.ended, result.aborted_by) == ("aborted", "max(heartbeat_rtt_ms) < 3")
    assert result.heartbeats.answered == sum(run.noted().values())


@pytest.mark.parametrize(
    "interrupt", [pytest.param(signal.SIGTERM, id="SIGTERM"), pytest.param(signal.SIGINT, id="Ctrl-C")]
)
def test_interrupted_run_leaves_a_whole_result(quiet: Callable, interrupt: signal.Signals) -> None:
    run = quiet(*USERS, "--wsdiag-threshold", "count(heartbeats_answered) > 1000000")
    run.wait_for(lambda noted: sum(noted.values()) > 10)
    run.process.send_signal(interrupt)
    assert run.end() == 1, run.output
    result = run.result()
    assert result.ended == "interrupted"
    assert result.heartbeats.answered == sum(run.noted().values()) == run.requests("heartbeat")
    assert [file.name for file in run.out.parent.iterdir() if file.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("file", "arguments", "line"),
    [
        pytest.param(
            "",
            ("--wsdiag-threshold", "p95(heartbeat_rtt) < 200"),
            'wsdiag: --wsdiag-threshold: "p95(heartbeat_rtt) < 200": there is no metric "heartbeat_rtt"; '
            "did you mean heartbeat_rtt_ms?",
            id="on the command line",
        ),
        pytest.param(
            'load:\n  thresholds: ["p95(poll) < 200"]\n',
            (),
            'wsdiag.yaml:2: load.thresholds[0]: "p95(poll) < 200": there is no metric "poll"; did you mean poll_ms?',
            id="in the file",
        ),
    ],
)
def test_misspelt_metric_ends_the_run_before_it_starts(
    quiet: Callable, tmp_path: Path, file: str, arguments: tuple[str, ...], line: str
) -> None:
    (tmp_path / "wsdiag.yaml").write_text(file)
    run = quiet(*USERS, "-t", "1m", *arguments)
    assert run.end() == 2, run.output
    said = [row for row in run.output.splitlines() if row and "locust.main: Starting Locust" not in row]
    assert said == [line]
    assert run.noted() == {}


def test_generator_that_is_held_up_says_so(quiet: Callable) -> None:
    run = quiet(*USERS, "-t", "3s", block_s=0.2)
    assert run.end() == 0, "it says nothing about the target"
    generator = run.result().generator
    assert generator.saturated
    assert generator.loop_lag_ms.p99 > 100
    assert generator.rss_peak_mb > 0
    assert run.output.count("The load generator itself is too busy") == 1


def test_run_of_the_web_ui_is_gated_too(quiet: Callable, free_port: int) -> None:
    ui = ("--autostart", "--autoquit", "0", "--web-host", "127.0.0.1", "--web-port", str(free_port))
    run = quiet(*USERS, *ui, "-t", "2s", "--wsdiag-threshold", "max(heartbeat_rtt_ms) < 1", headless=False)
    run.wait_for(lambda noted: sum(noted.values()) > 10)
    with urlopen(f"http://127.0.0.1:{free_port}/stats/requests") as answer:
        assert json.load(answer)["state"] in ("spawning", "running")
    assert run.end() == 1, run.output
    assert run.result().heartbeats.answered == sum(run.noted().values())
