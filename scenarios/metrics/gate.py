"""What a run's thresholds mean for its end: the exit code, a table for people, the result file for programs."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diag.measures.result import Result
from diag.measures.thresholds import Judged, Threshold
from scenarios.load import Given, load_of

stats_logger = logging.getLogger("locust.stats_logger")
logger = logging.getLogger("wsdiag")


def thresholds(environment: Any) -> tuple[Threshold, ...]:
    """Those of this run: the option's, else those of wsdiag.yaml."""
    return load_of(Given.of(vars(environment.parsed_options))).thresholds


def exit_code(result: Result) -> int | None:
    """1 when the run does not pass; None leaves it to Locust, where nothing was asked and nothing is wrong with us."""
    if not result.ok:
        return 1
    return 0 if result.thresholds else None


def table(result: Result, judged: Sequence[Judged]) -> list[str]:
    """Lines for people: each threshold, and what else made the run fail. `judged` has the values unrounded."""
    lines = []
    if judged:
        width = max(len(one.expression) for one in judged)
        lines.append(f"{'Threshold':<{width}}  {'measured':>10}")
        lines += [f"{one.expression:<{width}}  {_value(one):>10}  {'ok' if one.ok else 'FAILED'}" for one in judged]
    if result.aborted_by:
        lines.append(f"The run was ended early, by {result.aborted_by}")
    if result.workers.lost:
        lines.append(f"Workers lost: {result.workers.lost} of {result.workers.expected}, and their users with them")
    if result.user_errors:
        lines.append(f"Exceptions in users: {result.user_errors}; they are defects of the scenario, not of the target")
    if result.generator.saturated:
        lines.append("The load generator was too busy at some point: times are worse than the target's")
    return lines


def print_table(lines: Sequence[str]) -> None:
    """Where Locust prints its own summary."""
    if lines:
        for line in (*lines, ""):
            stats_logger.info(line)


def write(result: Result, file: str) -> None:
    """Replaces the file as a whole: who reads it meanwhile never sees half a result."""
    target = Path(file)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(result.to_json(), out, ensure_ascii=False, allow_nan=False)
            out.write("\n")
        Path(name).replace(target)
    except OSError as error:
        logger.error("The result could not be written to %s: %s", file, error.strerror)  # noqa: TRY400 - one line


def _value(judged: Judged) -> str:
    return "nothing" if judged.value is None else f"{judged.value:.5g}"
