"""One load run for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from diag.loading.judging import LoadReport
from diag.measures.result import Result, Summary
from diag.measures.thresholds import Judged
from diag.model import Verdict
from reports._terminal import beside, words
from reports.load import _words as phrases
from reports.text import print_cause, print_rest, print_section

STYLES = {
    Verdict.HEALTHY: "bold green",
    Verdict.DEGRADED: "bold yellow",
    Verdict.BROKEN: "bold red",
    Verdict.UNKNOWN: "bold magenta",
}
_MOST_CAUSES = 8


def write(report: LoadReport, console: Console) -> None:
    """The whole of it."""
    result = report.result
    _verdict(report, console)
    if result.thresholds:
        print_section(console, "Thresholds", beside(*map(_threshold, result.thresholds), gap=2))
    print_section(
        console, "What happened", beside(*((words(label, "dim"), words(text)) for label, text in facts(result)))
    )
    timings = phrases.timings(result)
    if timings:
        print_section(console, "Times", times(timings))
    if result.causes:
        print_section(console, "What went wrong", beside(*map(_cause, phrases.causes(result)[:_MOST_CAUSES])))
    if report.report.primary is not None:
        print_cause(console, report.report.primary)
    print_rest(console, report.report)


def facts(result: Result) -> list[tuple[str, str]]:
    """Label and text; rows that nobody needs are left out."""
    rows = [(row.label, row.text) for row in phrases.facts(result)]
    return [*rows, ("generator", phrases.generator(result.generator))]


def times(timings: list[tuple[str, Summary]]) -> Table:
    """One distribution a line, in milliseconds or seconds."""
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    for _ in phrases.PERCENTILES:
        table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(Text(), *(words(name, "dim") for name in phrases.PERCENTILES), words("count", "dim"))
    for label, summary in timings:
        values = [phrases.time(getattr(summary, name)) for name in phrases.PERCENTILES]
        table.add_row(words(label, "dim"), *map(words, values), words(f"{summary.count:,}"))
    return table


def _verdict(report: LoadReport, console: Console) -> None:
    label = words(report.report.verdict.upper(), STYLES[report.report.verdict])
    lines = [phrases.sentence(report), phrases.run(report.result), phrases.aim(report)]
    shown = [words(line, style) for line, style in zip(lines, ("", "", "dim"), strict=True)]
    console.print(beside((label, Text("\n").join(shown))))


def _threshold(judged: Judged) -> tuple[Text, Text]:
    sign = words("✓ ok", "green") if judged.ok else words("✗ failed", "bold red")
    return sign, words(f"{judged.expression}   measured {phrases.value(judged)}")


def _cause(row: phrases.Row) -> tuple[Text, Text]:
    return words(row.label, "bold"), words(row.text)
