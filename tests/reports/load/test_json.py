"""The published schemas, the writer and the contract name the same fields."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import reports
from diag.measures.comparison import Comparison
from diag.measures.result import Result
from reports import Options
from reports.load import render

FOLDER = Path(reports.__file__).parent / "schema"
LOAD, COMPARE, COMMON = (
    json.loads((FOLDER / f"{name}-v1.json").read_text("utf-8")) for name in ("load", "compare", "report")
)
CONTRACT = {
    "": "scenario users run_time_s workers sessions handshake_ms heartbeat_rtt_ms update_staleness_ms poll_ms messages"
    " http generator thresholds",
    "workers": "expected lost",
    "sessions": "opened failed failed_by_cause peak_open dropped dropped_by_close",
    "handshake_ms": "count min p50 p95 p99 p999 max mean",
    "messages": "received sent bytes_in bytes_out sequence_gaps",
    "http": "requests failures bytes_in bytes_out",
    "generator": "cpu_s rss_peak_mb loop_lag_ms saturated",
}


def written(report: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render("json", report, Options(80, color=False)))
    return document


def names(value: Any) -> set[str]:
    return set(value)


@pytest.mark.parametrize("schema", [LOAD, COMPARE], ids=["load", "compare"])
def test_the_schemas_are_schemas(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


def test_every_report_is_valid_by_both_of_its_schemas(every_report: Any) -> None:
    document = written(every_report)
    own = COMPARE if document["command"] == "compare" else LOAD
    for schema in (own, COMMON):
        assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []


def test_the_contract_is_kept(report: Any) -> None:
    document = written(report("troubled"))
    for path, promised in CONTRACT.items():
        assert names(promised.split()) <= names(document[path] if path else document), path
    assert names(document["thresholds"][0]) == {"expression", "value", "ok"}
    compared = written(report("comparison"))
    assert {"websocket", "polling", "ratios"} <= names(compared)
    assert {"staleness_p50", "requests_per_update", "bytes_per_update", "server_cpu"} <= names(compared["ratios"])


def test_the_schema_has_every_field_that_is_written_and_requires_it() -> None:
    for schema, kind in ((LOAD, Result), (COMPARE["$defs"]["result"], Result)):
        known = {field.name for field in fields(kind)}
        assert names(schema["properties"]) == known
        assert names(schema["required"]) == known
    assert {field.name for field in fields(Comparison)} <= names(COMPARE["required"])


def test_what_is_written_is_read_again(report: Any) -> None:
    found = report("troubled")
    assert Result.from_json(written(found)) == found.result
    compared = report("comparison")
    assert Comparison.from_json(written(compared)) == compared.comparison


def test_a_result_without_a_promised_field_is_refused(report: Any) -> None:
    document = written(report("calm"))
    del document["sessions"]["dropped_by_close"]
    assert not Draft202012Validator(LOAD).is_valid(document)
