"""The route table and other aligned pieces of the terminal report, in rich's terms.

Text objects are built from escaped strings only, so rich never reads markup out of what a server sent.
"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from diag.report import ApiReport, Report, RouteReport
from reports._escape import terminal
from reports._stages import NOTHING, Cell, Mark, rows
from reports._words import blocked_because

_LABEL_WIDTH = 11
_GAP = 2
_NARROWEST_COLUMN = 20
_WIDEST_COLUMN = 44
_STYLES = {Mark.GOOD: "green", Mark.BAD: "bold red", Mark.PARTLY: "yellow", Mark.NONE: "dim", Mark.REMARK: ""}


def words(text: str, style: str = "") -> Text:
    """Any text, safe to show, folded rather than cut when a word is longer than the line."""
    return Text(terminal(text), style=style, overflow="fold")


def beside(*pairs: tuple[Text, RenderableType], gap: int = _GAP, label_width: int | None = None) -> Table:
    """Labels on the left and what belongs to them on the right, aligned; both sides wrap within their columns.

    `label_width` is the widest that the left column may get, in columns of the terminal.
    """
    grid = Table.grid(padding=(0, gap, 0, 0), pad_edge=False)
    grid.add_column(max_width=label_width, overflow="fold", no_wrap=label_width is None)
    grid.add_column(overflow="fold")
    for label, content in pairs:
        grid.add_row(label, content)
    return grid


def routes(report: Report, width: int) -> RenderableType:
    """The routes side by side; one below the other when `width` columns are too few for that."""
    page = report.target.page_route.name
    share = (width - _LABEL_WIDTH) // len(report.routes) - _GAP
    if share < _NARROWEST_COLUMN:
        return Group(*(_alone(report, index, page) for index in range(len(report.routes))))
    table = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    table.add_column(width=_LABEL_WIDTH, no_wrap=True)
    for _ in report.routes:
        table.add_column(max_width=min(share, _WIDEST_COLUMN), overflow="fold")
    table.add_row(Text(), *(_heading(route, page) for route in report.routes))
    for label, cells in rows(report):
        table.add_row(words(label, "dim"), *map(_cell, cells))
    return table


def _alone(report: Report, index: int, page: str) -> RenderableType:
    route = report.routes[index]
    stages = [(words(label, "dim"), _cell(cells[index])) for label, cells in rows(report) if cells[index] != NOTHING]
    return Group(*([Text()] if index else []), _heading(route, page), beside(*stages))


def _heading(route: RouteReport, page: str) -> Text:
    name = f"{route.name} (page)" if route.name == page else route.name
    return Text("\n").join([words(name, "bold"), words(route.url)])


def _cell(cell: Cell) -> RenderableType:
    return beside(*((words(line.mark, _STYLES[line.mark]), words(line.text)) for line in cell), gap=1)


def requests(api: tuple[ApiReport, ...]) -> RenderableType:
    """The page's REST requests, each with what a browser makes of it."""
    return beside(*((_sign(request), _request(request)) for request in api), gap=1)


def _sign(request: ApiReport) -> Text:
    if not request.cors.allowed:
        return words(Mark.BAD, _STYLES[Mark.BAD])
    mark = Mark.GOOD if request.status is not None and request.status < 400 else Mark.PARTLY
    return words(mark, _STYLES[mark])


def _request(request: ApiReport) -> Text:
    line = words(f"{request.method} {request.url} — {request.outcome}")
    if not request.cors.allowed and blocked_because(request) != request.outcome:
        return Text("\n").join([line, words(f"blocked by the browser: {blocked_because(request)}")])
    return line
