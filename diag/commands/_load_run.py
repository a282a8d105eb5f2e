"""What `wsdiag load` and `wsdiag compare` do alike: run Locust, show how it goes, say what it said."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from diag.commands._load_target import Loaded, ensure_descriptors
from diag.commands._terminal import Progress
from diag.config.errors import ConfigError, printable
from diag.exits import ExitCode
from diag.loading import descriptors, plan
from diag.measures.thresholds import Threshold

if TYPE_CHECKING:
    from diag.loading.process import Done
    from diag.loading.progress import Snapshot

PLAIN_EVERY_S = 5.0
_SAID_LINES = 12
_OURS = "wsdiag: "
_LOGGED = re.compile(r"\[[^\]]*\] [^/ ]+/(?:WARNING|ERROR|CRITICAL)/[\w.]+: ")


class BrokenLoadError(Exception):
    """Locust could not do its work; the text says why in one line."""


def or_broken(run: Callable[[], ExitCode]) -> ExitCode:
    """The run's exit code; where Locust broke, one line on stderr and BROKEN."""
    try:
        return run()
    except BrokenLoadError as error:
        click.echo(error, err=True)
        return ExitCode.BROKEN


def spawn_rate(given: float | None, users: int) -> float:
    """Everybody at once, but no more in a second than one process of Locust spawns evenly."""
    return given or float(min(users, 100))


def locust(job: plan.Plan, what: Loaded, progress: LoadProgress, thresholds: tuple[Threshold, ...]) -> Done:
    """Runs the plan. BrokenLoadError when Locust ended without a result and nobody interrupted it, and
    ConfigError when what it said was that these settings cannot work.
    """
    from diag.loading import handover, process  # noqa: PLC0415 - subprocesses

    sockets = plan.SOCKETS[job.scenario]
    ours = 0 if job.workers.expected else job.users  # workers that somebody else starts have limits of their own
    wanted = descriptors.needed(ours, job.workers.count, sockets)
    ensure_descriptors(wanted, f"--users {job.users}: a process", "share the users among more --processes")
    behaviour = {key: value for key, value in what.settings.load.items() if key != "mix" or job.scenario == "mixed"}
    handed = handover.written(what.target, thresholds, what.allowed, behaviour)
    done = process.run(job, handed, progress.following(job))
    progress.clear()
    if done.result is None and not done.interrupted:
        own = next((line for line in done.said.splitlines() if line.startswith(_OURS)), None)
        raise ConfigError(printable(own)) if own else BrokenLoadError(_why(done))
    for line in _spoken(done.said):
        click.echo(line, err=True)
    return done


def _why(done: Done) -> str:
    """The last error that a Locust without a result has logged, else its last word: its tables tell no reason."""
    lines = [line for line in done.said.splitlines() if line.strip()]
    reasons = [line for line in lines if _LOGGED.match(line)] or lines
    last = f": {printable(_bare(reasons[-1]))}" if reasons else ""
    return f"wsdiag: Locust ended without a result (exit code {done.exit_code}){last}"


def _spoken(said: str) -> list[str]:
    """Warnings and errors of Locust's log, each once, without their time and place; not its tables."""
    logged = [_bare(line) for line in said.splitlines() if _LOGGED.match(line)]
    return [printable(line) for line in dict.fromkeys(logged)][-_SAID_LINES:]


def _bare(line: str) -> str:
    logged = _LOGGED.match(line)
    return f"locust: {line[logged.end() :]}" if logged else line.strip()


class LoadProgress(Progress):
    """One line a second on stderr, over itself on a terminal; a plain line every few seconds elsewhere."""

    def __init__(self, *, quiet: bool, label: str = "") -> None:
        super().__init__()
        self.label = label
        self._quiet = quiet
        self._written = 0.0

    def following(self, job: plan.Plan) -> Callable[[Snapshot], None]:
        """What shows the snapshots of a run."""
        ends = None if job.ui and not job.ui.starts else job.run_time_s
        self._written = 0.0

        def follow(snapshot: Snapshot) -> None:
            if not self._quiet:
                self._show(snapshot.text(ends, sockets=job.scenario != plan.POLLING))

        return follow

    def __enter__(self) -> LoadProgress:
        return self

    def clear(self) -> None:
        """Leaves the line empty for what comes next."""
        self("")

    def say(self, text: str) -> None:
        """A line that stays."""
        if not self._quiet:
            self.clear()
            click.echo(text, err=True)

    def _show(self, text: str) -> None:
        shown = f"{self.label}  {text}" if self.label else text
        if self.shown:
            self(shown)
        elif time.monotonic() - self._written >= PLAIN_EVERY_S:
            self._written = time.monotonic()
            sys.stderr.write(f"{shown}\n")
            sys.stderr.flush()
