"""A fault, and how the files of `diag.lab.faults` are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from types import ModuleType
from typing import Literal

from diag.lab.config import LabConfig
from diag.lab.errors import UnknownFaultError


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break the lab. `causes` are the catalogue codes that may be named for it, best first; `warning` says
    that the page keeps a usable socket all the same."""

    name: str
    where: Literal["page", "proxy", "backend"]
    summary: str
    causes: tuple[str, ...]
    apply: Callable[[LabConfig], LabConfig]
    warning: bool = False


def load_faults(package: ModuleType | None = None) -> Mapping[str, Fault]:
    """Every fault of the package by name, sorted.

    A module without a `FAULT`, or with one that is not named after its file, is a TypeError.
    """
    package = package or importlib.import_module("diag.lab.faults")
    modules = sorted(found.name for found in pkgutil.iter_modules(package.__path__))
    faults = [_exported(importlib.import_module(f"{package.__name__}.{name}")) for name in modules]
    return {fault.name: fault for fault in faults}


def broken(config: LabConfig, names: Sequence[str]) -> LabConfig:
    """The configuration with these faults switched on, in this order; UnknownFaultError for a name that is none."""
    faults = load_faults()
    for name in names:
        if name not in faults:
            close = get_close_matches(name, faults, n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else "wsdiag lab --list names them"
            raise UnknownFaultError(f"no fault is named {name}; {hint}")
    return reduce(lambda changed, name: faults[name].apply(changed), names, config)


def _exported(module: ModuleType) -> Fault:
    fault = getattr(module, "FAULT", None)
    file_name = module.__name__.rpartition(".")[2]
    if not isinstance(fault, Fault) or fault.name.replace("-", "_") != file_name:
        raise TypeError(f"{module.__name__} must export FAULT, a Fault named {file_name.replace('_', '-')}")
    return fault
