"""HTML: one page that needs nothing else, to read, print, or paste into a report. No script, no request."""

from __future__ import annotations

from diag.loading.judging import LoadReport
from reports import Options
from reports.load import AnyReport, _compare_page, _load_page


def render(report: AnyReport, _options: Options) -> str:
    """A document of HTML 5 in UTF-8, ending in a newline."""
    return _load_page.page_of(report) if isinstance(report, LoadReport) else _compare_page.page_of(report)
