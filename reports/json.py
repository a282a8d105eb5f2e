"""JSON: the report for programs, field by field as `schema/report-v1.json` promises.

Fields may be added within a schema version, never renamed or removed. Times are float milliseconds.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from diag import __version__
from diag.model import Finding, Target
from diag.report import ApiReport, Report, RouteReport
from reports import Options
from reports._stages import PHASES

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SCHEMA_VERSION = 1


def render(report: Report, _options: Options) -> str:
    """Valid JSON (RFC 8259), UTF-8, indented by 2, ending in a newline."""
    return dumped(document(report))


def dumped(value: Any) -> str:
    """A document of dicts, sequences and scalars as text that any parser takes and any terminal shows."""
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=2)
    return "".join(map(_written, text)) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The report as dicts, sequences and scalars, named as the published schema names them; nothing is rounded yet."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "wsdiag", "version": __version__},
        "command": report.command,
        "started_at": report.started_at,
        "duration_ms": report.duration_ms,
        "target": _target(report.target),
        "verdict": report.verdict.value,
        "primary_cause": report.primary_cause,
        "findings": [_finding(finding) for finding in report.findings],
        "routes": {route.name: _route(route) for route in report.routes},
        "api": [_api(api) for api in report.api],
        "checks": [asdict(check) for check in report.checks],
        "waived": [asdict(waived) for waived in report.waived],
        "environment": {"proxies_set": report.proxies_set},
        "notes": report.notes,
    }


def _target(target: Target) -> dict[str, Any]:
    return {
        "page": target.page,
        "routes": {route.name: route.url for route in target.routes},
        "api": [asdict(request) for request in target.api],
        "dialect": target.client.dialect,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "layer": finding.layer,
        "route": finding.route,
        "title": finding.title,
        "detail": finding.detail,
        "evidence": [asdict(evidence) for evidence in finding.evidence],
        "fix": {
            "summary": finding.fix.summary,
            "snippets": [{"for": snippet.where, "text": snippet.text} for snippet in finding.fix.snippets],
        },
        "explains": finding.explains,
    }


def _route(route: RouteReport) -> dict[str, Any]:
    return {
        "url": route.url,
        "opened": route.opened,
        "browser": asdict(route.browser),
        "phases_ms": {phase: route.phases_ms.get(phase) for phase in PHASES},
        "answered_by": route.answered_by,
        "handshake": _record(route.handshake),
        "heartbeat": _record(route.heartbeat),
        "updates": [asdict(update) for update in route.updates],
        "closed": _record(route.closed),
        "idle": _record(route.idle),
        "requests": route.requests,
        "chromium": _record(route.chromium),
    }


def _api(api: ApiReport) -> dict[str, Any]:
    cors = api.cors
    return {
        "method": api.method,
        "url": api.url,
        "route": api.route,
        "status": api.status,
        "cors": {
            "required": cors.required,
            "allowed": cors.allowed,
            "error": cors.error,
            "preflight_sent": cors.preflight_sent,
        },
        "chromium": _record(api.chromium),
    }


def _record(value: DataclassInstance | None) -> dict[str, Any] | None:
    return None if value is None else asdict(value)


def _plain(value: Any) -> Any:
    """Floats rounded to 3 decimals; JSON has no NaN and no infinity, so those become null."""
    match value:
        case float():
            return round(value, 3) if math.isfinite(value) else None
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def _written(char: str) -> str:
    """A character of the finished text; invisible ones occur only inside strings, so they may be escaped there.

    A lone surrogate has no UTF-8 form, and its escape makes strict parsers refuse the whole document (RFC 8259,
    section 8.2): it becomes the text `\\udc80` instead.
    """
    if char.isprintable() or char == "\n":
        return char
    escape = json.dumps(char)[1:-1]
    return "\\" + escape if "\ud800" <= char <= "\udfff" else escape
