"""WebSocket against polling for a terminal: one table, and the sentence that it comes down to."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from diag.loading.blocks import CompareReport
from reports._terminal import beside, words
from reports.load import _compare_words as phrases
from reports.load._load_text import STYLES
from reports.text import print_rest, print_section


def write(report: CompareReport, console: Console) -> None:
    """The whole of it."""
    frame = report.report
    label = words(frame.verdict.upper(), STYLES[frame.verdict])
    lines = [
        words(phrases.sentence(report)),
        words(phrases.run(report)),
        words(f"{frame.target.url}, from {frame.target.page}", "dim"),
    ]
    console.print(beside((label, Text("\n").join(lines))))
    print_section(console, "Side by side", _table(report))
    print_section(console, "To match the WebSocket by polling", words(phrases.match(report)))
    print_rest(console, frame)


def _table(report: CompareReport) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(overflow="fold")
    for _ in range(2):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(), words("WebSocket", "bold"), words("polling", "bold"), words("polling / WebSocket", "bold"))
    for row in phrases.rows(report):
        table.add_row(words(row.label, "dim"), words(row.websocket), words(row.polling), words(row.ratio))
    return table
