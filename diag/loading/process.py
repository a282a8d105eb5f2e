"""Locust as a child process: started, followed, drained when it is to end early, and gone at the end.

It gets a process group of its own: a terminal sends Ctrl-C to everybody in a group, and Locust's master would lose its
workers before it has heard their last reports. Whoever holds the pipe of the snapshots is alive, so its end tells
when master and workers are gone, and nobody has to look for processes.
"""

from __future__ import annotations

import importlib.util
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any

from diag.loading.lab import environment
from diag.loading.plan import Plan, command
from diag.loading.progress import DESCRIPTOR, Snapshot
from diag.measures.result import Result

DRAIN_S = 40.0
"""After the first Ctrl-C: users are stopped, workers report once more, the result is written."""
GONE_S = 5.0
_TICK_S = 0.25
_KEPT = 64 * 1024
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

Follow = Callable[[Snapshot], None]


@dataclass(frozen=True, slots=True)
class Done:
    """How it ended. `result` is None when Locust wrote none; `said` is what it wrote to stderr, its end at least."""

    exit_code: int
    result: Result | None
    said: str
    interrupted: bool


def locustfile() -> str:
    """The path of the file that Locust runs, found without importing `scenarios`, which would import Locust."""
    found = importlib.util.find_spec("scenarios")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("the package scenarios is not installed")
    return str(Path(next(iter(found.submodule_search_locations))) / "locustfile.py")


def run(plan: Plan, settings: str, follow: Follow = lambda _: None) -> Done:
    """Runs the plan to its end. `settings` is what `handover.written` makes.

    SIGINT and SIGTERM end it early and in order; a second one ends it at once. Neither is raised here.
    """
    with tempfile.TemporaryDirectory(prefix="wsdiag-") as folder, tempfile.TemporaryFile() as said:
        result_file = Path(folder) / "result.json"
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        with os.fdopen(reading, "rb", buffering=0) as snapshots, _held_signals() as held:
            process = _started(plan, settings, folder, str(result_file), said, writing)
            try:
                code = _followed(process, snapshots, held, follow)
            finally:
                _ended(process, snapshots)
        return Done(code, _result(result_file), _tail(said), held.count > 0)


@dataclass(slots=True)
class _Held:
    """How often we were asked to stop. Held rather than raised: an exception could come between any two steps."""

    count: int = 0

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1


@contextmanager
def _held_signals() -> Iterator[_Held]:
    held = _Held()
    before = [(number, signal.signal(number, held)) for number in _SIGNALS]
    try:
        yield held
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _started(
    plan: Plan, settings: str, folder: str, result_file: str, said: IO[bytes], writing: int
) -> subprocess.Popen[bytes]:
    """In a folder of its own, so that no locust.conf or pyproject.toml of the user's folder has a say."""
    variables = {"WSDIAG_CONFIG": settings, DESCRIPTOR: str(writing)}
    if plan.shape:
        variables["WSDIAG_SHAPE"] = plan.shape
    try:
        return subprocess.Popen(
            command(plan, locustfile(), result_file),
            cwd=folder,
            env={**environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            pass_fds=(writing,),
            start_new_session=True,
        )
    finally:
        os.close(writing)


def _followed(process: subprocess.Popen[bytes], snapshots: IO[bytes], held: _Held, follow: Follow) -> int:
    """Until Locust has ended. A first request to stop is handed on, a second or an endless drain ends it at once."""
    asked = 0
    give_up = float("inf")
    buffered = b""
    with selectors.DefaultSelector() as selector:
        selector.register(snapshots, selectors.EVENT_READ)
        while process.poll() is None:
            if held.count > asked:
                asked = held.count
                give_up = min(give_up, time.monotonic() + DRAIN_S)
                process.send_signal(signal.SIGINT if asked == 1 else signal.SIGKILL)
            elif time.monotonic() > give_up:
                process.kill()
            if selector.select(_TICK_S):
                part = snapshots.read(_KEPT)
                if part == b"":  # only a process that is about to end closes it
                    selector.unregister(snapshots)
                *lines, buffered = (buffered + (part or b"")).split(b"\n")
                for snapshot in map(Snapshot.read, lines):
                    if snapshot is not None:
                        follow(snapshot)
    return process.returncode


def _ended(process: subprocess.Popen[bytes], snapshots: IO[bytes]) -> None:
    """Waits for the workers, and ends those that stay, at once if Locust was killed or still runs. Their group cannot
    be anybody else's while one of them holds on to the pipe."""
    code = process.poll()
    patience_s = GONE_S if code is not None and code >= 0 else 0.0
    give_up = time.monotonic() + patience_s
    while not _closed(snapshots):
        if time.monotonic() > give_up:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        time.sleep(_TICK_S / 10)
    process.wait()


def _closed(snapshots: IO[bytes]) -> bool:
    while part := snapshots.read(_KEPT):
        pass
    return part == b""


def _result(file: Path) -> Result | None:
    try:
        document: Any = json.loads(file.read_text("utf-8"))
        return Result.from_json(document)
    except (OSError, ValueError):
        return None


def _tail(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - _KEPT))
    return said.read().decode("utf-8", "replace")
