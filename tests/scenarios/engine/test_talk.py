"""The short way to understand a dialect must agree with the long one."""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path

import pytest

from diag.dialects import Conversation, load, names
from scenarios.engine import Talk

_file = Path(__file__).parents[2] / "diag" / "dialects" / "test_dialects.py"
_spec = importlib.util.spec_from_file_location("dialect_examples", _file)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
EXAMPLES = sorted(
    {
        mark.values[1]
        for test in vars(_module).values()
        for group in getattr(test, "pytestmark", [])
        if group.name == "parametrize" and tuple(group.args[0])[:2] == ("name", "data")
        for mark in group.args[1]
        if isinstance(mark.values[1], str)
    }
)
ODD = [
    "", " ", "null", "[]", '"text"', "3", "{", "{}", '{"type":null}', '{"type":3}', '{"type":["connection:pong"]}',
    '{"type":"connection:pong"}', '{"type":"connection:pong","correlationId":"a"}', '{"type":"\\ud800"}',
    '{"type":"connection:pong","correlationId":7}', '{"type":"connection:pong","correlationId":null}',
    '{"type":"connection:pong","correlationId":{"a":1}}', '{"type":"x","timestamp":true}',
    '{"type":"x","timestamp":1e400}', '{"type":"x","timestamp":1.5}', '{"type":"x","timestamp":NaN}',
    '{"type":"x","type":"connection:pong"}', '{"type":"pong","deep":' + "[" * 3000 + "]" * 3000 + "}",
    '{"type":"connection:pong"} x', '\ufeff{"type":"x"}', '{"type":"caf\u00e9 \U0001f600","timestamp":1763850000000}',
]  # fmt: skip


def of_heard(heard) -> tuple:
    sent = (heard.fields or {}).get("timestamp")
    sent = None if isinstance(sent, bool) or not isinstance(sent, int | float) else sent
    return heard.role, heard.type, heard.identifier, sent, [reply.opcode for reply in heard.replies]


def of_spoken(spoken) -> tuple:
    return spoken.role, spoken.type, spoken.identifier, spoken.sent_ms, [reply[0] & 0x0F for reply in spoken.replies]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 15


@pytest.mark.parametrize("name", names())
def test_it_hears_what_the_dialect_hears(name: str) -> None:
    for data in [*EXAMPLES, *ODD]:
        heard = [of_heard(one) for one in Conversation(name, "").dialect.hear(data)]
        assert [of_spoken(one) for one in Talk.of(name).hear(data.encode())] == heard, data


@pytest.mark.parametrize("name", names())
def test_it_hears_the_same_in_random_objects(name: str) -> None:
    dice = random.Random(name)
    texts = ["connection:pong", "pong", "ping", "welcome", "x", "connection_ack", 5, None, {"type": "ping"}]
    for _ in range(300):
        keys = dice.sample(["type", "correlationId", "timestamp", "data", "message"], dice.randrange(6))
        value = {key: dice.choice([*texts, dice.random(), dice.randrange(10**20)]) for key in keys}
        data = json.dumps(value)
        heard = [of_heard(one) for one in load(name).hear(data)]
        assert [of_spoken(one) for one in Talk.of(name).hear(data.encode())] == heard, data


@pytest.mark.parametrize("name", names())
def test_its_beats_are_the_dialects(name: str) -> None:
    ours = Talk.of(name).beat("0123abcd", 1763850000123)
    theirs = load(name).beat("0123abcd", 1763850000123)
    assert [unmask(frame) for frame in ours] == [(frame.opcode, frame.payload) for frame in theirs]


def unmask(frame: bytes) -> tuple[int, bytes]:
    at = 2 if frame[1] & 0x7F < 126 else 4
    mask, payload = frame[at : at + 4], frame[at + 4 :]
    return frame[0] & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
