"""Joins Locust: the options, and each process by its place in the run."""

from __future__ import annotations

from typing import Any

from locust import events
from locust.runners import MasterRunner, WorkerRunner

from scenarios.metrics.leading import Leader, Master
from scenarios.metrics.process import Worker
from scenarios.metrics.running import Run

_installed = False
_leader: Leader | None = None


def install() -> None:
    """Declares the options and joins Locust's events; a second call does nothing."""
    global _installed  # noqa: PLW0603 - Locust's events are global, and a listener that is there twice counts twice
    if not _installed:
        _installed = True
        events.init_command_line_parser.add_listener(_declare)
        events.init.add_listener(_begin)


def run() -> Run | None:
    """The run that this process leads, or has led last; None before the first one, and on workers."""
    return _leader.run if _leader else None


def _declare(parser: Any) -> None:
    parser.add_argument(
        "--wsdiag-threshold",
        env_var="WSDIAG_THRESHOLD",
        default="",
        help='What must hold, like "p95(heartbeat_rtt_ms) < 200; failed_ratio(sessions) < 0.01". '
        "Default: load.thresholds in wsdiag.yaml",
    )
    parser.add_argument(
        "--wsdiag-events",
        env_var="WSDIAG_EVENTS",
        action="store_true",
        help="Fire an event for every success, for plugins that listen for requests; by default only failures are "
        "events, and successes reach the tables twice a second",
    )
    parser.add_argument(
        "--wsdiag-out",
        env_var="WSDIAG_OUT",
        default="",
        include_in_web_ui=False,
        help="Write the result of the run to this file, as JSON",
    )
    parser.add_argument(
        "--wsdiag-scenario",
        env_var="WSDIAG_SCENARIO",
        default="",
        include_in_web_ui=False,
        help="What the result calls the run. Default: the names of its users",
    )


def _begin(environment: Any, runner: Any, **_: Any) -> None:
    global _leader  # noqa: PLW0603 - one Locust a process
    if isinstance(runner, WorkerRunner):
        Worker(environment)
    elif isinstance(runner, MasterRunner):
        _leader = Master(environment)
    else:
        _leader = Leader(environment)
