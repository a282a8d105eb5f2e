"""A dialect's file: every mistake is a TypeError that names the file and the field."""

from __future__ import annotations

import re
from typing import Any

import pytest

from diag.dialects import UnknownDialectError, load, names, schema


@pytest.mark.parametrize("name", names())
def test_every_file_is_a_dialect_that_loads(name: str) -> None:
    dialect = load(name)
    assert (dialect.name, bool(dialect.summary)) == (name, True)


def test_an_unknown_dialect_names_those_that_exist() -> None:
    with pytest.raises(UnknownDialectError, match=r"unknown dialect .nope.; there are .*mqtt.*orchestration"):
        load("nope")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"pings": {"json": 1}}, "pings: no such key; there are summary, ", id="an unknown key"),
        pytest.param({"summary": 3}, "summary: not a text", id="a number for a text"),
        pytest.param({"ping": "PING"}, "ping: not a mapping", id="a message without its kind"),
        pytest.param({"ping": {}}, "ping: one of json, text, hex is needed", id="an empty message"),
        pytest.param({"ping": {"text": "a", "hex": "00"}}, "ping: one of json, text, hex", id="two kinds at once"),
        pytest.param({"ping": {"pattern": "a"}}, "ping.pattern: no such key", id="a pattern cannot be sent"),
        pytest.param({"ping": {"hex": "c0 0"}}, "ping.hex: not hexadecimal", id="half a byte"),
        pytest.param({"greeting": {"pattern": "("}}, "greeting.pattern: not a regular expression", id="a pattern"),
        pytest.param({"opening": {"text": "a"}}, "opening: not a list", id="no list"),
        pytest.param({"opening": [{"text": "a"}, {"text": 3}]}, "opening[1].text: not a text", id="in a list"),
        pytest.param({"answers": [{"to": {"text": "2"}}]}, "answers[0].reply: missing", id="an answer without a reply"),
        pytest.param(
            {"types": [{"pattern": "a"}]}, "types[0].pattern: a regular expression with one group", id="group"
        ),
        pytest.param({"types": [{"field": 1.5}]}, "types[0].field: not a key, an index", id="a field"),
        pytest.param({"types": [{"name": "x"}]}, "types[0].pattern: missing", id="a name for nothing"),
        pytest.param({"pong": {"text": "a"}}, "pong: of no use without ping", id="a pong without a ping"),
        pytest.param({"correlation": {"field": "id"}}, "correlation: of no use without pong", id="correlation"),
        pytest.param({"server_beat": {"message": {"text": "2"}}}, "server_beat: of no use without greeting", id="beat"),
        pytest.param(
            {"greeting": {"text": "0"}, "server_beat": {"message": {"text": "2"}, "every_ms": -1}},
            "server_beat.every_ms: not a whole number",
            id="a negative interval",
        ),
    ],
)
def test_a_mistake_is_named(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(TypeError, match=re.escape(f"dialects/mine.yaml: {says}")):
        schema.dialect("mine", {"summary": "mine", **fields})


@pytest.mark.parametrize(
    ("document", "says"),
    [
        pytest.param(None, "the file: not a mapping", id="empty"),
        pytest.param([1], "the file: not a mapping", id="a list"),
        pytest.param({}, "summary: missing", id="no summary"),
    ],
)
def test_a_file_that_is_no_dialect(document: Any, says: str) -> None:
    with pytest.raises(TypeError, match=f"dialects/mine.yaml: {says}"):
        schema.dialect("mine", document)
