"""JSON: `wsdiag load` and `wsdiag compare` for programs, as `schema/load-v1.json` and `schema/compare-v1.json` promise.

The fields that all reports share come first (`schema/report-v1.json`).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from diag.loading.judging import LoadReport
from reports import Options
from reports.json import document, dumped
from reports.load import AnyReport


def render(report: AnyReport, _options: Options) -> str:
    """Valid JSON (RFC 8259), UTF-8, indented by 2, ending in a newline."""
    return dumped({**document(report.report), **_measured(report)})


def _measured(report: AnyReport) -> dict[str, Any]:
    if isinstance(report, LoadReport):
        return report.result.to_json()
    measured = report.comparison.to_json()
    ratios = {name: {**asdict(spread)} for name, spread in report.spreads.items()}
    return {
        **measured,
        "blocks": report.blocks,
        "poll_every_s": report.poll_every_s,
        "ratios_by_block": ratios,
        "sides": {"websocket": asdict(report.websocket), "polling": asdict(report.polling)},
        "match": asdict(report.match),
    }
