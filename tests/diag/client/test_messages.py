from __future__ import annotations

import json
from typing import Any

import pytest

from diag.client.messages import sequence_of, type_of
from diag.dialects import load


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param({"sequence": 7}, 7, id="sequence"),
        pytest.param({"seq": 0}, 0, id="zero"),
        pytest.param({"data": {"sequence": 8}}, 8, id="in-data"),
        pytest.param({"data": {"seq": 9}}, 9, id="seq-in-data"),
        pytest.param({"sequence": 1, "data": {"sequence": 2}}, 1, id="the-outer-one"),
        pytest.param({"sequence": "7"}, None, id="text"),
        pytest.param({"sequence": True}, None, id="bool"),
        pytest.param({"sequence": 1.5}, None, id="fraction"),
        pytest.param({"sequence": 10**30}, None, id="too-large"),
        pytest.param({"data": [1]}, None, id="data-is-a-list"),
        pytest.param({}, None, id="none"),
        pytest.param(None, None, id="no-object"),
    ],
)
def test_the_sequence_number(message: dict[str, Any] | None, expected: int | None) -> None:
    assert sequence_of(message) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(json.dumps({"type": "bot:status_change"}), "bot:status_change", id="named"),
        pytest.param(json.dumps({"type": "x" * 900}), "x" * 200, id="bounded"),
        pytest.param(json.dumps({"type": ""}), "text", id="empty"),
        pytest.param(json.dumps({"type": 5}), "text", id="a-number"),
        pytest.param(json.dumps({"type": "connection:pong"}), "connection:pong", id="somebody-else-s-answer"),
        pytest.param("[" * 100_000, "text", id="nested"),
        pytest.param("not json", "text", id="text"),
        pytest.param(b"\x00\xff", "binary", id="binary"),
    ],
)
def test_the_type(data: str | bytes, expected: str) -> None:
    (heard,) = load("orchestration").hear(data)
    assert type_of(heard, "text" if isinstance(data, str) else "binary") == expected


def test_a_message_of_the_dialect_itself_is_named_by_its_role() -> None:
    assert [type_of(load("socketio").hear(text)[0], "text") for text in ('0{"sid":"x"}', "2")] == ["greeting", "beat"]
