"""The benchmark kit beside the project: its `measure.py` counts on the target's side and in the kernel, not on ours."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIABLE = "WSDIAG_BENCH_KIT"
ROOT = Path(__file__).resolve().parents[1]
_DRAIN_S = 30


class KitError(Exception):
    """There is no kit; the text says where it was looked for."""


@dataclass(frozen=True, slots=True)
class Work:
    """One call of `measure.py`: a kind of work, and the commands or peers that do it in turns."""

    kind: str
    ours: Sequence[str]
    peer: str | None = None
    sessions: int | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians by `measure.py`'s names, empty for a side that did not work, and why not to believe single runs."""

    ours: dict[str, float]
    peer: dict[str, float]
    doubts: tuple[str, ...] = ()


def folder(given: str | None) -> Path:
    """The kit: the one given, else $WSDIAG_BENCH_KIT, else beside the project."""
    found = Path(given or os.environ.get(VARIABLE) or ROOT.parent / "shared" / "bench").resolve()
    if not (found / "measure.py").is_file():
        raise KitError(f"no benchmark kit in {found}: give --kit DIR, or set {VARIABLE}")
    return found


def measure(kit: Path, work: Work, repeats: int) -> Measured:
    """Runs it; its progress goes to stderr, and so does why it cannot (a peer that is not installed)."""
    command = [sys.executable, str(kit / "measure.py"), work.kind, "--repeats", str(repeats)]
    command += ["--a", shlex.join(work.ours)]
    for option, value in (("--b", work.peer), ("--sessions", work.sessions), ("--rate", work.rate)):
        if value is not None:
            command += [option, str(value)]
    # In a folder of its own: no wsdiag.yaml or locust.conf has a say.
    with (
        tempfile.TemporaryDirectory(prefix="wsdiag-") as here,
        subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            printed, _ = process.communicate()
        except KeyboardInterrupt:
            process.wait(_DRAIN_S)  # it was interrupted as well, and has generators to end
            raise
    return read(printed)


def read(printed: str) -> Measured:
    """What `measure.py` printed on stdout: one line of JSON, or nothing when it could not begin."""
    if not printed.strip():
        return Measured({}, {})
    document: dict[str, Any] = json.loads(printed)
    ours, peer = (document.get(side, {}).get("median", {}) for side in "AB")
    return Measured(ours, peer, tuple(_doubts(document)))


def _doubts(document: dict[str, Any]) -> list[str]:
    what = f"{document['kind']}, {document['sessions']} sessions"
    return [
        f"{what}, {'wsdiag' if run['side'] == 'A' else _short(run['name'])}, run {run['repeat']}: {note}"
        for run in document["runs"]
        for note in run["notes"]
    ]


def _short(command: str) -> str:
    return "FastHttpUser" if "fast_http_user" in command else command
