"""What a run is to do, and Locust's command line for it. Pure."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from types import MappingProxyType

WEBSOCKET, POLLING = "websocket", "polling"
SCENARIOS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        WEBSOCKET: ("WebSocketUser",),
        POLLING: ("PollingUser",),
        "fallback": ("FallbackUser",),
        "storm": ("ReconnectStormUser",),
        "mixed": ("WebSocketUser", "PollingUser"),
    }
)
"""Scenario -> the classes of the locustfile that Locust spawns, in equal parts."""

SOCKETS: Mapping[str, int] = MappingProxyType({WEBSOCKET: 1, POLLING: 2, "fallback": 3, "storm": 2, "mixed": 2})
"""Scenario -> how many sockets a user may have open at once: a closing one beside its successor, REST by origin."""

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Workers:
    """Who shares the load. `expected` are workers that somebody else starts; they find the master at `host:port`."""

    processes: int = 1
    expected: int = 0
    host: str = LOOPBACK
    port: int = 5557

    @property
    def count(self) -> int:
        """Processes that have users."""
        return self.expected or self.processes


@dataclass(frozen=True, slots=True)
class Interface:
    """Where Locust's web UI is. `starts`: the run begins and ends by itself; else somebody starts runs there."""

    host: str = LOOPBACK
    port: int = 8089
    starts: bool = False

    @property
    def url(self) -> str:
        """What to open in a browser."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. Seconds; `spawn_rate` is in users per second; `ui` is None for a run without a web UI."""

    scenario: str = WEBSOCKET
    users: int = 10
    spawn_rate: float = 10.0
    run_time_s: float = 30.0
    shape: str | None = None
    workers: Workers = field(default_factory=Workers)
    ui: Interface | None = None


def command(plan: Plan, locustfile: str, result_file: str) -> list[str]:
    """The program and its arguments. What may be secret, or belongs to the target, is not among them.

    Locust knows whole seconds only.
    """
    return [
        *(sys.executable, "-m", "locust", "-f", locustfile),
        *("--users", str(plan.users), "--spawn-rate", f"{plan.spawn_rate:g}"),
        *("--run-time", f"{ceil(plan.run_time_s)}s"),
        *("--loglevel", "WARNING", "--wsdiag-out", result_file, "--wsdiag-scenario", plan.scenario),
        *_interface(plan.ui),
        *_workers(plan.workers),
        *SCENARIOS[plan.scenario],
    ]


def worker_command(plan: Plan, locustfile: str) -> list[str]:
    """What to start on each of the machines that share the load."""
    master = ("--master-host", plan.workers.host, "--master-port", str(plan.workers.port))
    return ["locust", "-f", locustfile, "--worker", *master]


def _interface(ui: Interface | None) -> list[str]:
    if ui is None:
        return ["--headless", "--only-summary"]
    by_itself = ["--autostart", "--autoquit", "0"] if ui.starts else []
    return ["--web-host", ui.host, "--web-port", str(ui.port), *by_itself]


def _workers(workers: Workers) -> list[str]:
    """The master listens where it is told to, and on this machine without that: whoever reaches it can join."""
    at = ["--master-bind-host", workers.host, "--master-bind-port", str(workers.port)]
    if workers.expected:
        return ["--master", "--expect-workers", str(workers.expected), *at]
    if workers.processes > 1:
        return ["--processes", str(workers.processes), *at, "--master-port", str(workers.port)]
    return []
