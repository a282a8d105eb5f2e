"""Writers for load runs: what `wsdiag load` and `wsdiag compare` found goes in, text comes out. One module a format."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

from diag.loading.blocks import CompareReport
from diag.loading.judging import LoadReport
from reports import Options

AnyReport = LoadReport | CompareReport


def formats() -> tuple[str, ...]:
    """The names that `render` knows, sorted: the modules of this package without a leading underscore."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")))


def render(name: str, report: AnyReport, options: Options) -> str:
    """The report in the format of that name, ending in a newline; ValueError for an unknown name."""
    if name not in formats():
        raise ValueError(f"unknown format {name!r}: there are {', '.join(formats())}")
    writer: Callable[[AnyReport, Options], str] = importlib.import_module(f"{__name__}.{name}").render
    return writer(report, options)
