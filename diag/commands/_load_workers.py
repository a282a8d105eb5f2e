"""Who does the work of `wsdiag load` and `wsdiag compare`: processes, workers; and the web UI that shows it."""

from __future__ import annotations

import random
import shlex
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from diag.commands._help import Value, option, section
from diag.config.errors import ConfigError, quoted
from diag.config.urls import host_name
from diag.loading import plan

if TYPE_CHECKING:
    from diag.commands._load_run import LoadProgress

_PORTS = range(20_000, 32_000)


def port(text: str) -> int:
    """A port that can be listened on."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:6]) <= 65535:
        raise ValueError(f"{quoted(text)} is not a port")
    return int(text)


_PORT, _HOST = Value("port", port), Value("host", host_name)

PROCESSES = option("--processes", type=click.IntRange(1, 256), metavar="N", help="Share the users among N processes.")
DISTRIBUTED = section(
    "Distributed, and with a web UI",
    option(
        "--expect-workers",
        type=click.IntRange(1, 10_000),
        metavar="N",
        help="Wait for N workers that you start, on this machine or on others, and let them do it.",
    ),
    option("--master-bind-host", type=_HOST, default=plan.LOOPBACK, metavar="HOST", help="Where workers find us."),
    option("--master-bind-port", type=_PORT, default=5557, metavar="PORT", help="The same. Default: 5557."),
    option("--ui", is_flag=True, help="Locust's web UI: load waits there until Ctrl-C, compare shows its turns."),
    option("--web-host", type=_HOST, default=plan.LOOPBACK, metavar="HOST", help="Where it is. Default: 127.0.0.1."),
    option("--web-port", type=_PORT, default=8089, metavar="PORT", help="The same. Default: 8089."),
)


def workers(given: Mapping[str, Any]) -> plan.Workers:
    """By the flags. ConfigError when no port is free; UsageError when they contradict each other."""
    expected, processes = given["expect_workers"] or 0, given["processes"]
    if expected and processes:
        raise click.UsageError("--expect-workers and --processes: workers of your own, or ours")
    return plan.Workers(
        processes=processes or 1,
        expected=expected,
        host=given["master_bind_host"],
        port=given["master_bind_port"] if expected else free_port(),
    )


def interface(given: Mapping[str, Any], *, starts: bool = False) -> plan.Interface | None:
    """By the flags; see `plan.Interface`."""
    return plan.Interface(given["web_host"], given["web_port"], starts=starts) if given["ui"] else None


def announce(job: plan.Plan, progress: LoadProgress, *, runs: int = 1) -> None:
    """What somebody has to do before the runs can begin, or may do while they last. Workers end with every run."""
    if job.workers.expected:
        from diag.loading import process  # noqa: PLC0415 - subprocesses

        line = shlex.join(plan.worker_command(job, process.locustfile()))
        again = f"while {line}; do :; done" if runs > 1 else line
        progress.say(f"waiting for {job.workers.expected} workers: {again}")
    if job.ui:
        progress.say(f"web UI: {job.ui.url}{'' if job.ui.starts else ' (Ctrl-C ends it)'}")


def free_port() -> int:
    """For a master and workers that nobody else has to find.

    Below the ports that the system hands out: with thousands of connections about, one of those would be taken again
    before Locust gets to it.
    """
    for found in random.sample(_PORTS, 20):
        with socket.socket() as sock, suppress(OSError):
            sock.bind((plan.LOOPBACK, found))
            return found
    raise ConfigError(f"wsdiag: no port from {_PORTS.start} to {_PORTS.stop - 1} is free for Locust's master")
