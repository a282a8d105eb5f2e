"""Several kinds of pages in one run: `--wsdiag-mix "websocket=8,polling=1,fallback=1"`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diag.config.errors import ConfigError
from diag.loading.plan import SCENARIOS

CLASSES = {name: classes[0] for name, classes in SCENARIOS.items() if len(classes) == 1}
"""Scenario -> its class, by the one table that the command line has, too."""


def population(mix: tuple[tuple[str, int], ...], available: Mapping[str, Any]) -> list[Any]:
    """The classes of a mix, with their weights set, in which Locust spawns them.

    ConfigError when the locustfile, which may be somebody's own, lacks one.
    """
    classes = []
    for name, weight in mix:
        user_class = available.get(CLASSES[name])
        if user_class is None:
            raise ConfigError(f"wsdiag: --wsdiag-mix: this locustfile has no {CLASSES[name]}, which {name} stands for")
        user_class.weight = weight
        classes.append(user_class)
    return classes
