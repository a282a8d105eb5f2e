"""The published schema, the writer and the contract name the same fields."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

import reports
from reports import Options, render

SCHEMA = json.loads((Path(reports.__file__).parent / "schema" / "report-v1.json").read_text(encoding="utf-8"))
OPTIONS = Options(width=80, color=False)

CONTRACT = {
    "": "schema_version tool command started_at duration_ms target verdict primary_cause findings routes api checks"
    " waived environment",
    "tool": "name version",
    "target": "page routes api dialect",
    "findings[]": "code severity layer route title detail evidence fix explains",
    "findings[].evidence[]": "label value",
    "findings[].fix": "summary snippets",
    "findings[].fix.snippets[]": "for text",
    "routes.*": "url opened browser phases_ms answered_by handshake heartbeat updates closed idle",
    "routes.*.browser": "opens message",
    "routes.*.phases_ms": "dns tcp tls upgrade",
    "routes.*.handshake": "status reason headers body_excerpt",
    "routes.*.heartbeat": "kind sent received loss rtt_ms",
    "routes.*.heartbeat.rtt_ms": "min p50 p95 p99 max stddev jitter",
    "routes.*.updates[]": "type count first_after_ms",
    "routes.*.closed": "code reason clean after_ms",
    "routes.*.idle": "limit_ms closed_after_ms",
    "api[]": "method url route status cors",
    "api[].cors": "required allowed error preflight_sent",
    "checks[]": "id outcome because took_ms",
    "environment": "proxies_set",
}
ADDED = {
    "": "notes",
    "target.api[]": "method url headers credentials",
    "checks[]": "did saw cause",
    "waived[]": "code route until reason",
    "routes.*": "requests chromium",
    "routes.*.chromium": "opens message",
    "routes.*.idle": "found by closed_how silence_ms longest_silence_ms max_lifetime_ms keeps_alive",
    "routes.*.idle.keeps_alive": "pings client_data server_data",
    "api[]": "chromium",
    "api[].chromium": "opens message",
}


def spelled_out(table):
    return {f"{parent}.{name}".lstrip(".") for parent, names in table.items() for name in names.split()}


def resolved(schema):
    if "$ref" in schema:
        return SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema:
        return resolved(schema["oneOf"][0])
    return schema


def in_schema(schema, path="", keyword="properties"):
    schema = resolved(schema)
    yield from (f"{path}.{name}".lstrip(".") for name in schema.get(keyword, ()))
    for name, inner in schema.get("properties", {}).items():
        yield from in_schema(inner, f"{path}.{name}".lstrip("."), keyword)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from in_schema(schema["additionalProperties"], f"{path}.*", keyword)
    if "items" in schema:
        yield from in_schema(schema["items"], f"{path}[]", keyword)


def in_output(value, path=""):
    if isinstance(value, list):
        for item in value:
            yield from in_output(item, f"{path}[]")
    elif isinstance(value, dict) and path in ("routes", "target.routes"):
        for item in value.values():
            yield from in_output(item, f"{path}.*")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield f"{path}.{name}".lstrip(".")
            yield from in_output(item, f"{path}.{name}".lstrip("."))


def written(report):
    return json.loads(render("json", report, OPTIONS))


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


def test_every_report_is_valid(named_report):
    assert list(Draft202012Validator(SCHEMA).iter_errors(written(named_report[1]))) == []


def test_the_schema_names_the_fields_of_the_contract_and_the_few_added_ones():
    assert set(in_schema(SCHEMA)) == spelled_out(CONTRACT) | spelled_out(ADDED)


def test_the_writer_writes_the_fields_of_the_schema_and_no_others(report):
    names = ("incident", "degraded", "verify", "hostile")
    fields = {path for name in names for path in in_output(written(report(name)))}

    assert fields == set(in_schema(SCHEMA))


def test_every_field_of_the_contract_is_required():
    assert set(in_schema(SCHEMA, keyword="required")) == set(in_schema(SCHEMA)) - {"notes"}


def test_a_report_without_a_promised_field_is_refused(report):
    document = written(report("incident"))
    del document["routes"]["direct"]["browser"]["opens"]

    assert not valid(document)


def test_fields_may_be_added(report):
    document = written(report("incident"))
    document["later"] = document["routes"]["direct"]["later"] = 1

    assert valid(document)


def valid(document):
    return Draft202012Validator(SCHEMA).is_valid(document)
