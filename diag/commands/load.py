"""Put many users of the page on a target, and measure what they get."""

from __future__ import annotations

import time
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
from diag.commands._load_target import Loaded, ensure_polls, loaded
from diag.commands._load_workers import DISTRIBUTED, PROCESSES
from diag.commands.options import LabChoice
from diag.config.flags import Flags
from diag.exits import ExitCode
from diag.loading import plan, shapes
from diag.measures.thresholds import Threshold

EPILOG = """
\b
Scenarios: websocket  the page's socket: heartbeats, pushes, reconnects
           polling    the page's fallback alone
           fallback   a page that falls back to polling when its socket fails
           storm      pages that come back all at once
           mixed      websocket and polling, half and half

Thresholds read FUNCTION(METRIC) < NUMBER: p50 to p99.9, min, max, mean of handshake_ms, heartbeat_rtt_ms,
update_staleness_ms, poll_ms, loop_lag_ms; count and rate of sessions_opened, messages_received, ...; failed_ratio of
sessions, http, heartbeats. Without any, one attempt in a hundred may fail.

Exit codes: 0 every threshold holds, 1 one does not, 2 usage or configuration, 3 the run broke, 130 interrupted.
"""

LOAD = section(
    "Load",
    option(
        "--scenario",
        type=click.Choice(list(plan.SCENARIOS)),
        default=plan.WEBSOCKET,
        metavar="NAME",
        help="websocket (the default), polling, fallback, storm or mixed.",
    ),
    USERS,
    SPAWN_RATE,
    run_time("How long, from the first user on.", 30),
    option(
        "--shape",
        type=click.Choice(shapes.NAMES),
        metavar="NAME",
        help=f"How the number of users goes up and down: {', '.join(shapes.NAMES)}.",
    ),
    PROCESSES,
    THRESHOLD,
)


@click.command(cls=Command, epilog=EPILOG)
@partial(decorated, decorators=(*LOAD, *DISTRIBUTED))
@load_target_options
@load_output_options
def command(
    flags: Flags, lab: LabChoice, traffic: Traffic, output: Output, expressions: tuple[Threshold, ...], **given: Any
) -> ExitCode:
    """Put many users of the page on a target, and measure what they get.

    Each user does what the page does: opens the socket, beats, receives, comes back when it is lost. Locust runs them.
    """
    job = _plan(**given)
    with loaded(flags, lab, traffic, job.users) as what, LoadProgress(quiet=output.quiet) as progress:
        ensure_polls(what.target, job.scenario)
        return or_broken(lambda: _run(job, what, expressions, output, progress))


def _plan(**given: Any) -> plan.Plan:
    return plan.Plan(
        scenario=given["scenario"],
        users=given["users"],
        spawn_rate=spawn_rate(given["spawn_rate"], given["users"]),
        run_time_s=given["run_time"],
        shape=given["shape"],
        workers=_load_workers.workers(given),
        ui=_load_workers.interface(given),
    )


def _run(
    job: plan.Plan, what: Loaded, expressions: tuple[Threshold, ...], output: Output, progress: LoadProgress
) -> ExitCode:
    from diag.loading import judging  # noqa: PLC0415 - the rules

    asked = expressions or what.settings.thresholds
    thresholds = asked or judging.default_thresholds(job.scenario)
    _load_workers.announce(job, progress)
    started_at, started = datetime.now(UTC), time.monotonic()
    done = locust(job, what, progress, thresholds)
    if done.result is None:
        progress.say("there is no result: no run has ended" if job.ui else "interrupted: there is no result")
        return ExitCode.OK if job.ui else ExitCode.INTERRUPTED
    report = judging.report(
        what.target,
        done.result,
        started_at=started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        duration_ms=(time.monotonic() - started) * 1000,
        notes=() if asked else ("no threshold was given: these are the defaults",),
    )
    output.write(report)
    if done.interrupted and not job.ui:
        return ExitCode.INTERRUPTED
    return ExitCode.OK if done.result.ok else ExitCode.FINDINGS
