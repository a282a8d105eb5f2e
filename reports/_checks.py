"""The checks of `verify` for a terminal: what was seen, why it is not enough, and in dim what was done for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from diag.report import Check
from reports._terminal import words
from reports._words import duration

_NAME_WIDTH = len("survives-refresh")
_OUTCOMES = {
    "pass": ("✓", "green", "passed"),
    "warn": ("!", "yellow", "with a warning"),
    "fail": ("✗", "bold red", "failed"),
    "skip": ("—", "dim", "skipped"),
    "broken": ("?", "bold magenta", "could not be told"),
}


def heading(checks: Iterable[Check]) -> str:
    """`Checks: 6 of 8 passed, 1 failed, 1 skipped`."""
    counts = Counter(check.outcome for check in checks)
    others = [f", {counts[outcome]} {said}" for outcome, (_, _, said) in _OUTCOMES.items() if counts[outcome]]
    return f"Checks: {counts['pass']} of {counts.total()} passed{''.join(others[bool(counts['pass']) :])}"


def table(checks: Iterable[Check]) -> RenderableType:
    """Sign, name, and what there is to say, aligned."""
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    grid.add_column(min_width=1)
    grid.add_column(min_width=_NAME_WIDTH, max_width=_NAME_WIDTH + 4, overflow="fold")
    grid.add_column(overflow="fold")
    for check in checks:
        sign, style, _ = _OUTCOMES[check.outcome]
        name = "" if check.outcome == "skip" else "bold"
        grid.add_row(words(sign, style), words(check.id, name or style), _told(check))
    return grid


def _told(check: Check) -> Text:
    """Why it is no pass comes first; a pass has nothing to say before what was seen."""
    lines = []
    if check.because:
        lines.append(words(check.because, _OUTCOMES[check.outcome][1].removeprefix("bold ")))
    if check.saw:
        lines.append(words(check.saw))
    if check.did:
        lines.append(words(check.did, "dim"))
    return Text("\n").join(lines or [words(duration(check.took_ms))])
