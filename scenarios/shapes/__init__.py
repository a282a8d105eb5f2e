"""Load shapes: one module each, named as `--wsdiag-shape` has it, with `_` for `-`.

A module is pure: `stages(users, rate, run_time_s)` is its table, from `--users`, `--spawn-rate` and `--run-time`.
`find-capacity` has none, because where it goes depends on what it meets (`_capacity`). `_installing` puts a shape into
Locust's environment when it is asked for: a shape class in a locustfile would take every run over.
"""

from __future__ import annotations

import pkgutil

NAMES = tuple(
    sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__) if module.name[0] != "_")
)
