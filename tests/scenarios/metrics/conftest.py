from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from diag.measures.result import Result

ROOT = Path(__file__).resolve().parents[3]
QUIET = Path(__file__).with_name("quiet_locustfile.py")
PATIENCE_S = 40.0


class Running:
    """A Locust in the background, with the notes of its users and the result that it leaves."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.notes = folder / "notes"
        self.out = folder / "result.json"
        self.output = ""

    def noted(self) -> dict[int, int]:
        """What users did, by the id of their process."""
        return {int(file.name): file.stat().st_size for file in self.notes.iterdir()}

    def wait_for(self, met: Callable[[dict[int, int]], bool]) -> dict[int, int]:
        """The notes as soon as they meet a condition."""
        end = time.monotonic() + PATIENCE_S
        while not met(noted := self.noted()):
            assert time.monotonic() < end, noted
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.02)
        return noted

    def end(self) -> int:
        """Waits for its end."""
        stdout, stderr = self.process.communicate(timeout=PATIENCE_S)
        self.output = stdout + stderr
        return self.process.returncode

    def result(self) -> Result:
        return Result.from_json(json.loads(self.out.read_text()))

    def requests(self, name: str) -> int:
        """Of Locust's own summary."""
        found = re.search(rf"^WS +{name} +(\d+) ", self.output, re.MULTILINE)
        assert found is not None, self.output
        return int(found[1])


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts Locust with quiet users, headless unless told otherwise."""
    with ExitStack() as ends:

        def start(*arguments: str, headless: bool = True, block_s: float = 0.0) -> Running:
            (tmp_path / "notes").mkdir()
            kept = {name: value for name, value in os.environ.items() if not name.startswith(("WSDIAG_", "LOCUST_"))}
            process = ends.enter_context(
                subprocess.Popen(
                    [
                        *(sys.executable, "-m", "locust", "-f", str(QUIET), "--only-summary"),
                        *(("--headless",) if headless else ()),
                        *("--ws-url", "ws://127.0.0.1:9/ws", "--wsdiag-out", str(tmp_path / "result.json")),
                        *arguments,
                    ],
                    cwd=tmp_path,
                    env={
                        **kept,
                        "PYTHONPATH": str(ROOT),
                        "QUIET_NOTES": str(tmp_path / "notes"),
                        "QUIET_BLOCK_S": str(block_s),
                    },
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    process_group=0,
                )
            )
            ends.callback(process.kill)
            return Running(tmp_path, process)

        yield start


@pytest.fixture
def two_workers(free_port: int) -> tuple[str, ...]:
    port = str(free_port)
    return "--processes", "2", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port


@pytest.fixture
def in_locust() -> Callable[[str], Any]:
    """Runs a script in a process that may import Locust, and gives what it printed as JSON."""

    def run(script: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
