"""The embedded system as a process of its own: its CPU time can be read, and it does not share our interpreter.

`python -m diag.loading.lab FAULT…` prints the lab's target as one line of JSON and runs until its stdin ends, which
also happens when its parent is killed. Where it cannot start, the line is `{"error": …}`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import diag
from diag.config.errors import ConfigError
from diag.measures.plain import decoded, encoded
from diag.model import Target


@dataclass(frozen=True, slots=True)
class RunningLab:
    """Its target, and the process to watch."""

    target: Target
    pid: int


@contextmanager
def running(faults: Sequence[str]) -> Iterator[RunningLab]:
    """The lab on free ports while the body runs; ConfigError for a fault that does not exist."""
    process = subprocess.Popen(
        [sys.executable, "-m", "diag.loading.lab", *faults],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        start_new_session=True,  # a terminal's Ctrl-C is for us: the lab goes when the run has been drained
        text=True,
    )
    with process:
        try:
            line = json.loads(process.stdout.readline() if process.stdout else "")
            if "error" in line:
                raise ConfigError(f"wsdiag: {line['error']}")
            yield RunningLab(decoded(Target, line), process.pid)
        finally:
            process.communicate()


def environment() -> dict[str, str]:
    """Ours, with which a child imports the same wsdiag from any folder, and without settings for Locust."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WSDIAG_", "LOCUST_"))}
    root = str(Path(diag.__file__).parents[1])
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}


def _serve(faults: Sequence[str]) -> None:
    from diag.lab import Lab  # noqa: PLC0415 - starlette and uvicorn, in the child only
    from diag.lab.errors import LabError  # noqa: PLC0415

    try:
        with Lab(faults) as lab:
            print(json.dumps(encoded(lab.target())), flush=True)  # noqa: T201 - the line that the parent reads
            sys.stdin.read()
    except LabError as error:
        print(json.dumps({"error": error.message}), flush=True)  # noqa: T201


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _serve(sys.argv[1:])
