"""What is sent and what is recognised: JSON subsets, texts, bytes, patterns."""

from __future__ import annotations

import re
from typing import Any

import pytest

from diag.dialects.templates import (
    BINARY,
    PARSED_LIMIT,
    TEXT,
    Content,
    FieldReader,
    Frame,
    HexTemplate,
    JsonTemplate,
    PatternReader,
    PatternTemplate,
    TextTemplate,
    contains,
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param(
            JsonTemplate({"at": "$now_ms", "deep": [{"id": "$id"}], "n": 1}),
            Frame(TEXT, b'{"at":5,"deep":[{"id":"x"}],"n":1}'),
            id="JSON, compact, its variables filled in",
        ),
        pytest.param(TextTemplate("PING $id $now_ms\0"), Frame(TEXT, b"PING x 5\0"), id="text"),
        pytest.param(HexTemplate(b"\xc0\x00"), Frame(BINARY, b"\xc0\x00"), id="bytes"),
    ],
)
def test_a_template_makes_a_frame(template, expected: Frame) -> None:
    assert template.frame("x", 5) == expected


@pytest.mark.parametrize(
    ("value", "template"),
    [
        pytest.param({"type": "pong", "more": 1}, {"type": "pong"}, id="more than is asked for"),
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, id="at any depth"),
        pytest.param([None, "7", "phoenix"], [None, "$any", "phoenix"], id="a list with a place for anything"),
        pytest.param({}, {}, id="nothing asked for"),
        pytest.param([{"a": 1, "b": 2}], [{"a": 1}], id="an object in a list"),
        pytest.param({"x": None}, {"x": None}, id="null"),
    ],
)
def test_contains(value: Any, template: Any) -> None:
    assert contains(value, template)


@pytest.mark.parametrize(
    ("value", "template"),
    [
        pytest.param({"type": "ping"}, {"type": "pong"}, id="another value"),
        pytest.param({}, {"type": "pong"}, id="the key is missing"),
        pytest.param({}, {"type": None}, id="null is not missing"),
        pytest.param([1, 2, 3], [1, 2], id="a longer list"),
        pytest.param([1], [1, "$any"], id="a shorter list"),
        pytest.param({"type": True}, {"type": 1}, id="true is not 1"),
        pytest.param("pong", {"type": "pong"}, id="a text"),
        pytest.param(None, {}, id="no JSON"),
        pytest.param({"0": 1}, [1], id="an object is not a list"),
    ],
)
def test_contains_not(value: Any, template: Any) -> None:
    assert not contains(value, template)


@pytest.mark.parametrize(
    ("template", "data", "expected"),
    [
        pytest.param(TextTemplate("2"), "2", True, id="the text"),
        pytest.param(TextTemplate("2"), "2probe", False, id="a longer text"),
        pytest.param(TextTemplate("2"), b"2", False, id="the same as bytes"),
        pytest.param(HexTemplate(b"\x20\x02"), b"\x20\x02\x00\x00", True, id="bytes that begin so"),
        pytest.param(HexTemplate(b"\x20\x02"), b"\x20", False, id="too few bytes"),
        pytest.param(HexTemplate(b" "), " ", False, id="text is not bytes"),
        pytest.param(PatternTemplate(re.compile(r"\A0\{")), '0{"sid"', True, id="a pattern"),
        pytest.param(PatternTemplate(re.compile(r"\A0\{")), '10{"sid"', False, id="not at the beginning"),
        pytest.param(PatternTemplate(re.compile(r"\A[\x30-\x3f]")), b"\x32\xff", True, id="a pattern on bytes"),
        pytest.param(PatternTemplate(re.compile("z")), "a" * 10_000 + "z", False, id="far behind the beginning"),
        pytest.param(JsonTemplate({"a": 1}), '{"a":1,"b":2}', True, id="JSON"),
        pytest.param(JsonTemplate({"a": 1}), b'{"a":1}', False, id="JSON in a binary message"),
        pytest.param(JsonTemplate({}), "{" * 100_000, False, id="nested without end"),
        pytest.param(JsonTemplate({}), '{"a":"\ud800"', False, id="a lone surrogate, cut off"),
        pytest.param(JsonTemplate({}), '{"a":"%s"}' % ("x" * PARSED_LIMIT), False, id="too long to parse"),
    ],
)
def test_matches(template, data: str | bytes, expected: bool) -> None:
    assert template.matches(Content(data)) is expected


@pytest.mark.parametrize(
    ("reader", "data", "expected"),
    [
        pytest.param(FieldReader(("type",)), '{"type":"a"}', "a", id="a key"),
        pytest.param(FieldReader((1,)), '[null,"7"]', "7", id="an index"),
        pytest.param(FieldReader(("a", 0, "b")), '{"a":[{"b":3}]}', 3, id="a path"),
        pytest.param(FieldReader(("a", "b")), '{"a":"text"}', None, id="a path into a text"),
        pytest.param(FieldReader((5,)), "[1]", None, id="behind the end"),
        pytest.param(FieldReader((0,)), '{"0":1}', None, id="an index into an object"),
        pytest.param(FieldReader(("type",)), "no JSON", None, id="no JSON"),
        pytest.param(PatternReader(re.compile("to:(.*)")), "x\nto:/topic\n", "/topic", id="a group"),
        pytest.param(PatternReader(re.compile("^E"), "ERROR"), "E1", "ERROR", id="a name"),
        pytest.param(PatternReader(re.compile("^E"), "ERROR"), "F1", None, id="not found"),
    ],
)
def test_readers(reader, data: str, expected: Any) -> None:
    assert reader.read(Content(data)) == expected
