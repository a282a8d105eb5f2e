"""A prober that is not given its processor, as on a busy machine: its own delays are not the server's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import diag
from diag.observations import Beat

PROBE = [sys.executable, "-c", "from diag.cli import main; main()", "probe", "--format", "json"]
BEATS = ("--dialect", "plain", "--heartbeat-interval", "1s", "--observe", "3.5s")
LATE_MS, PAUSE_S = 500.0, 0.8
"""When the answers to these beats are late: after half their interval."""


@pytest.mark.parametrize(
    ("who", "found"),
    [
        pytest.param("prober", [], id="the prober is stopped while it waits"),
        pytest.param("server", ["heartbeat-late"], id="the server waits before it answers"),
    ],
)
def test_who_was_late(speaking: Callable[..., int], tmp_path: Path, who: str, found: list[str]) -> None:
    started = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def answer(peer: Any) -> None:
        if not peer.is_upgrade:
            peer.answer(404)
            return
        peer.switch()
        assert started.wait(30)
        # given one of the two that pauses between every second beat and its answer
        for number, _ in enumerate(peer.messages()):
            if number % 2 and who == "prober":
                running[0].send_signal(signal.SIGSTOP)
            elif number % 2:
                time.sleep(PAUSE_S)
            peer.say({"type": "pong"})
            if number % 2 and who == "prober":
                time.sleep(PAUSE_S)
                running[0].send_signal(signal.SIGCONT)

    # when the server is probed
    program = [*PROBE, f"ws://127.0.0.1:{speaking(answer)}/ws", *BEATS]
    environment = {**os.environ, "PYTHONPATH": str(Path(diag.__file__).parents[1])}
    with subprocess.Popen(program, cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as process:
        running.append(process)
        started.set()
        report = json.loads(process.communicate(timeout=60)[0])

    # then only a server that was late is called late
    assert [finding["code"] for finding in report["findings"]] == found
    assert (report["routes"]["proxy"]["heartbeat"]["rtt_ms"]["max"] > LATE_MS) is (who == "server")


def test_what_we_were_held_up_is_not_the_answers_time() -> None:
    assert Beat("application", 100.0, 950.0, held_ms=800.0).trip_ms == 50.0
    assert Beat("application", 100.0).trip_ms is None
