"""Text: what a person reads in a terminal when a run has ended: the verdict, then numbers, causes, the way out."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from diag.loading.judging import LoadReport
from reports import Options
from reports.load import AnyReport, _compare_text, _load_text
from reports.text import console_for


def render(report: AnyReport, options: Options) -> str:
    """The report for a terminal of `options.width` columns; without colour there is not one escape code in it."""
    file = StringIO()
    _write(report, console_for(file, options))
    return "\n".join(line.rstrip(" ") for line in file.getvalue().split("\n"))


def _write(report: AnyReport, console: Console) -> None:
    if isinstance(report, LoadReport):
        _load_text.write(report, console)
    else:
        _compare_text.write(report, console)
