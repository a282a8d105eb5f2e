"""Writers: a report goes in, text comes out. One module a format; a leading underscore marks a shared helper.

A writer prints nothing, opens no file and chooses no exit code. Its module is imported when its format is rendered
and not before, so that naming the formats stays cheap.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import cast, get_type_hints

from diag.report import Report


@dataclass(frozen=True, slots=True)
class Options:
    """How a person will read it: `width` in columns, and whether escape codes may be used for colour."""

    width: int
    color: bool


Writer = Callable[[Report, Options], str]


def formats() -> tuple[str, ...]:
    """The names that `render` knows, sorted: the modules of this package without a leading underscore.

    A package inside it has the formats of another kind of report: `load`.
    """
    modules = (module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    return tuple(sorted(name for name in modules if not name.startswith("_")))


def render(name: str, report: Report, options: Options) -> str:
    """The report in the format of that name, ending in a newline.

    Raises ValueError for an unknown name, and TypeError when the module does not keep its side of the bargain.
    """
    if name not in formats():
        raise ValueError(f"unknown format {name!r}: there are {', '.join(formats())}")
    return _writer(importlib.import_module(f"{__name__}.{name}"))(report, options)


def _writer(module: ModuleType) -> Writer:
    render_function = getattr(module, "render", None)
    if not inspect.isfunction(render_function):
        raise TypeError(f"{module.__name__} has no function render(report: Report, options: Options) -> str")
    if list(get_type_hints(render_function).values()) != [Report, Options, str]:
        raise TypeError(f"{module.__name__}.render is not (report: Report, options: Options) -> str")
    return cast(Writer, render_function)
