"""How the number of users goes up and down over a run: one pure module a shape, found by listing this folder.

A module's `stages(users, rate, run_time_s)` is its table, from `--users`, `--spawn-rate` and `--run-time`.
`find_capacity` has a `Search` instead, because where it goes depends on what it meets. `scenarios.shapes` has Locust
follow them.
"""

from __future__ import annotations

import pkgutil

NAMES = tuple(
    sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__) if module.name[0] != "_")
)
"""As `--shape` has them."""
CAPACITY = "find-capacity"
"""The one that is no table."""
