"""Compare WebSocket with polling: the same users, the same updates, on equal terms."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import click

from diag.commands import _load_workers
from diag.commands._help import Command, decorated, option, section
from diag.commands._load_options import (
    SPAWN_RATE,
    THRESHOLD,
    USERS,
    Output,
    Traffic,
    load_output_options,
    load_target_options,
    run_time,
)
from diag.commands._load_run import LoadProgress, locust, or_broken, spawn_rate
from diag.commands._load_target import Loaded, ensure_polls, loaded, polls_of
from diag.commands._load_workers import DISTRIBUTED, PROCESSES
from diag.commands.options import LabChoice
from diag.config.flags import Flags
from diag.exits import ExitCode
from diag.loading import plan, shapes
from diag.measures.thresholds import Threshold
from diag.model import Fallback, Target

EPILOG = """
The two take turns, as A B B A: what drifts meanwhile hits both. Every block opens its connections anew, and that is
counted. How far the blocks disagree is given with every ratio. Workers of your own (--expect-workers) end with every
block, so let a shell start them again; the web UI (--ui) shows the block that is under way.

Staleness is how old the state is that a page shows. It can be told where updates carry a timestamp; both clocks must
agree.

Exit codes: 0 compared, 1 a threshold failed, 2 usage or configuration, 3 the run broke, 130 interrupted.
"""
_SHORTEST_S = 2.0
_SHAPES = tuple(name for name in shapes.NAMES if name != shapes.CAPACITY)
"""Not the one that puts another load on each side."""

COMPARE = section(
    "Comparison",
    USERS,
    SPAWN_RATE,
    run_time("How long, all turns together.", 60),
    option(
        "--blocks",
        type=click.IntRange(2, 100),
        default=4,
        metavar="N",
        help="How many turns they take, an even number. Default: 4.",
    ),
    option(
        "--server-pid",
        "server_pids",
        type=click.IntRange(1),
        multiple=True,
        metavar="PID",
        help="A process of the server's, on this machine, whose CPU time is counted. Repeatable.",
    ),
    option(
        "--shape",
        type=click.Choice(_SHAPES),
        metavar="NAME",
        help=f"How the number of users goes up and down in each turn: {', '.join(_SHAPES)}.",
    ),
    PROCESSES,
    THRESHOLD,
)


@click.command(cls=Command, epilog=EPILOG)
@partial(decorated, decorators=(*COMPARE, *DISTRIBUTED))
@load_target_options
@load_output_options
def command(
    flags: Flags,
    lab: LabChoice,
    traffic: Traffic,
    output: Output,
    expressions: tuple[Threshold, ...],
    server_pids: tuple[int, ...],
    blocks: int,
    **given: Any,
) -> ExitCode:
    """Compare WebSocket with polling: the same users, the same updates, on equal terms."""
    if blocks % 2:
        raise click.UsageError("--blocks: must be even, so that both sides have as many")
    job = _plan(blocks, **given)
    with loaded(flags, lab, traffic, job.users) as found, LoadProgress(quiet=output.quiet) as progress:
        ensure_polls(found.target, plan.POLLING)
        what = replace(found, settings=replace(found.settings, target=_same_updates(found, traffic)))
        watched = server_pids or ((what.lab_pid,) if what.lab_pid else ())
        run = _Run(job, what, watched, expressions or what.settings.thresholds, progress)
        return or_broken(lambda: _compared(run, blocks, output))


def _plan(blocks: int, **given: Any) -> plan.Plan:
    block_s = given["run_time"] / blocks
    if block_s < _SHORTEST_S:
        raise click.UsageError(f"--run-time: {blocks} blocks need {blocks * _SHORTEST_S:g}s at least")
    users: int = given["users"]
    return plan.Plan(
        users=users,
        spawn_rate=spawn_rate(given["spawn_rate"], users),
        run_time_s=block_s,
        shape=given["shape"],
        workers=_load_workers.workers(given),
        ui=_load_workers.interface(given, starts=True),
    )


def _same_updates(found: Loaded, traffic: Traffic) -> Target:
    """The lab pushes bots and health, so both are polled: its page's own fallback asks for the bots alone."""
    target = found.target
    if found.lab_pid is None or traffic.polls:
        return target
    own = tuple(request for request in target.api if request.url.startswith(target.page))
    fallback = replace(target.client.fallback or Fallback(), request=None)
    return replace(target, api=own, client=replace(target.client, fallback=fallback))


@dataclass(slots=True)
class _Run:
    """Blocks of both sides, one after the other."""

    job: plan.Plan
    what: Loaded
    watched: tuple[int, ...]
    thresholds: tuple[Threshold, ...]
    progress: LoadProgress
    blocks: dict[str, list[Any]] = field(default_factory=lambda: {plan.WEBSOCKET: [], plan.POLLING: []})
    interrupted: bool = False
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: float = field(default_factory=time.monotonic)

    def take_turns(self, blocks: int) -> None:
        """All of them, or those before Ctrl-C. The last of an unequal number is left out of the comparison."""
        from diag.loading.blocks import Block, order  # noqa: PLC0415
        from diag.loading.cpu import seconds  # noqa: PLC0415
        from diag.loading.judging import thresholds_for  # noqa: PLC0415

        for number, scenario in enumerate(order(blocks), 1):
            self.progress.label = f"{number}/{blocks} {scenario}"
            before = seconds(self.watched) if self.watched else None
            job = replace(self.job, scenario=scenario)
            done = locust(job, self.what, self.progress, thresholds_for(scenario, self.thresholds))
            after = seconds(self.watched) if self.watched else None
            if done.interrupted or done.result is None:
                self.interrupted = True
                return
            used = after - before if after is not None and before is not None else None
            self.blocks[scenario].append(Block(done.result, used))

    @property
    def poll_every_s(self) -> float:
        """The interval of the polling users."""
        return (self.what.target.client.fallback or Fallback()).every_s

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know about how it was measured."""
        polled = ", ".join(f"{request.method} {request.url}" for request in polls_of(self.what.target))
        said = [
            f"polled every {self.poll_every_s:g} s: {polled}",
            "bytes are bodies and payloads: what HTTP's headers take on top is not counted",
        ]
        if not self.watched:
            said.append("the server's CPU is not known: name its processes with --server-pid")
        elif any(block.server_cpu_s is None for side in self.blocks.values() for block in side):
            said.append("the server's CPU is not known: a process of --server-pid could not be read all the time")
        return tuple(said)


def _compared(run: _Run, turns: int, output: Output) -> ExitCode:
    from diag.loading import blocks, judging  # noqa: PLC0415
    from diag.loading.merging import merged  # noqa: PLC0415

    _load_workers.announce(run.job, run.progress, runs=turns)
    run.take_turns(turns)
    pairs = min(map(len, run.blocks.values()))
    if not pairs:
        run.progress.say("interrupted before both sides had had their turn")
        return ExitCode.INTERRUPTED
    websocket, polling = (run.blocks[side][:pairs] for side in (plan.WEBSOCKET, plan.POLLING))
    frame = judging.comparison_report(
        run.what.target,
        merged([block.result for block in websocket]),
        merged([block.result for block in polling]),
        started_at=run.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        duration_ms=(time.monotonic() - run.started) * 1000,
        notes=run.notes,
    )
    report = blocks.compared(frame, websocket, polling, run.poll_every_s)
    output.write(report)
    if run.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.OK if report.comparison.ok else ExitCode.FINDINGS
