"""The processes that make the load of a run, those that were lost among them."""

from __future__ import annotations

from typing import Any

from locust.runners import STATE_MISSING, MasterRunner

from scenarios.web.snapshot import Worker

_MEGABYTE = 1_000_000
_ID_LENGTH = 40


class Roster:
    """Remembers a run's lost workers: Locust forgets one a minute after it went missing."""

    def __init__(self, runner: Any) -> None:
        """Of the process that leads: the master, or the only one."""
        self._runner = runner
        self._lost: dict[str, Worker] = {}

    def clear(self) -> None:
        """A new run starts."""
        self._lost = {}

    def rows(self) -> list[Worker]:
        """In the order in which workers joined."""
        runner = self._runner
        if not isinstance(runner, MasterRunner):
            return [_row("this process", runner.state, runner.user_count, runner.current_cpu_usage,
                         runner.current_memory_usage)]  # fmt: skip
        joined = {node.id: self._of(node) for node in runner.clients.values()}
        for identifier, row in joined.items():
            if row.lost:
                self._lost[identifier] = row
            else:
                self._lost.pop(identifier, None)
        found = {**self._lost, **joined}
        return [found[identifier] for identifier in sorted(found, key=self._number)]

    def _number(self, identifier: str) -> int:
        return int(self._runner.worker_indexes.get(identifier, len(self._runner.worker_indexes)))

    def _of(self, node: Any) -> Worker:
        name = f"{self._number(node.id) + 1}: {node.id[:_ID_LENGTH]}"
        if node.state == STATE_MISSING:
            return _row(name, "lost", 0, 0.0, 0, lost=True)
        return _row(name, node.state, node.user_count, node.cpu_usage, node.memory_usage)


def _row(name: str, state: str, users: int, cpu: float, memory: int, *, lost: bool = False) -> Worker:
    return Worker(name, state, users, round(float(cpu), 1), round(memory / _MEGABYTE, 1), lost)
