"""Puts a shape into Locust's environment, where one is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from locust import LoadTestShape

from diag.loading import stages
from diag.loading.shapes import CAPACITY
from scenarios.shapes.capacity import CapacityShape

DEFAULT_RUN_S = 60.0


class StagedShape(LoadTestShape):  # type: ignore[misc]
    """Follows a table."""

    abstract = True
    use_common_options = True

    def __init__(self, table: tuple[stages.Stage, ...]) -> None:
        """One run's."""
        super().__init__()
        self._table = table

    def tick(self) -> tuple[int, float] | None:
        """Where Locust should be going."""
        stage = stages.at(self._table, self.get_run_time())
        return (stage.users, stage.rate) if stage else None


def install(environment: Any, name: str) -> None:
    """Has the next run follow that shape; "" gives it back to Locust."""
    if not name:
        if isinstance(environment.shape_class, StagedShape | CapacityShape):
            environment.shape_class = None
        return
    options = environment.parsed_options
    users, rate = int(options.num_users or 1), float(options.spawn_rate or 1)
    run_time_s = float(options.run_time or DEFAULT_RUN_S)
    if name == CAPACITY:
        shape: Any = CapacityShape(environment, users, rate, run_time_s)
    else:
        module = import_module(f"diag.loading.shapes.{name.replace('-', '_')}")
        shape = StagedShape(module.stages(users, rate, run_time_s))
    shape.runner = environment.runner
    environment.shape_class = shape
