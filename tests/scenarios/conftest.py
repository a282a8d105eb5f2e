from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60


@dataclass(frozen=True)
class Run:
    """A finished headless run: statistics and failures by (type, name), and the result file."""

    exit_code: int
    requests: dict[tuple[str, str], int]
    failures: dict[tuple[str, str], set[str]]
    output: str
    result: dict[str, Any]


def clean_environment() -> dict[str, str]:
    """No WSDIAG_* or LOCUST_* of the developer's own decides a test."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("WSDIAG_", "LOCUST_"))}
    return {**kept, "PYTHONPATH": str(ROOT)}


def command(*arguments: str, file: Path = ROOT / "locustfile.py") -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(file), *arguments]


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Run]:
    """Runs Locust headless in a process of its own, because importing it patches the process that does."""

    def run(*arguments: str, environment: dict[str, str] | None = None, file: Path = ROOT / "locustfile.py") -> Run:
        written = tmp_path / "result.json"
        done = subprocess.run(
            command("--headless", "--only-summary", "--wsdiag-out", str(written), *arguments, file=file),
            cwd=tmp_path,
            env={**clean_environment(), **(environment or {})},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        output = done.stdout + done.stderr
        result = json.loads(written.read_text("utf-8")) if written.exists() else {}
        return Run(done.returncode, _requests(output), _failures(output), output, result)

    return run


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Starts Locust in the background; it ends with the test, and must end well."""
    with ExitStack() as running:

        def begin(*arguments: str) -> None:
            process = subprocess.Popen(
                command(*arguments),
                cwd=tmp_path,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            running.callback(process.wait, LIMIT_S)
            running.callback(process.terminate)

        yield begin


def _requests(output: str) -> dict[tuple[str, str], int]:
    """From the summary. The files of --json-file and --csv are written by workers too, or are a second old."""
    rows = re.findall(r"^(\S+) +(\S.*?) {2,}(\d+) +\d+\(", output, re.MULTILINE)
    return {(method, name): int(count) for method, name, count in rows}


def _failures(output: str) -> dict[tuple[str, str], set[str]]:
    failures: dict[tuple[str, str], set[str]] = {}
    for method, name, error in re.findall(r"^\d+ +(\S+) (.+?): (.+?) *$", output, re.MULTILINE):
        failures.setdefault((method, name), set()).add(error)
    return failures
