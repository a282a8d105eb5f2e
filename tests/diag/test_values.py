"""What two channels may be compared by: words and truth values of things with an id."""

from __future__ import annotations

import json
from typing import Any

import pytest

from diag.observations import Answer, NoAnswer
from diag.values import Field, folded, values_of, values_of_answer

BOT = Field("botid", "bot-1", "status")


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"botId": "bot-1", "status": "running"}, id="an object"),
        pytest.param({"type": "x", "messageId": "7", "data": {"bot_id": "bot-1", "status": "Running "}}, id="inside"),
        pytest.param({"bots": [{"bot-id": "bot-1", "status": "RUNNING"}]}, id="in a list"),
        pytest.param([{"botId": "bot-1", "status": "running"}] * 2, id="twice alike"),
    ],
)
def test_a_value_is_found_whatever_its_spelling(document: Any) -> None:
    assert values_of(document) == {BOT: "running"}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"status": 7}, id="a number"),
        pytest.param({"status": "7.5"}, id="a number as text"),
        pytest.param({"status": "2027-01-15T10:12:03Z"}, id="a time"),
        pytest.param({"status": None}, id="nothing"),
        pytest.param({"status": ""}, id="an empty text"),
        pytest.param({"status": "a" * 101}, id="a long text"),
        pytest.param({"status": ["running"]}, id="a list"),
        pytest.param({"updatedAt": "today"}, id="the name of a time"),
        pytest.param({"avatar_url": "a.png"}, id="the name of an address"),
        pytest.param({"type": "bot"}, id="the message's own type"),
        pytest.param({"message": "all is well"}, id="a text for people"),
        pytest.param({"ownerId": "u-1", "status": "running"}, id="two ids: whose status is it?"),
    ],
)
def test_what_is_no_value(fields: dict[str, Any]) -> None:
    assert values_of({"botId": "bot-1", **fields}) == {}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"status": "running"}, id="no id"),
        pytest.param({"id": 7, "status": "running"}, id="a bare number: any table has it"),
        pytest.param({"id": "7", "status": "running"}, id="and as text"),
        pytest.param({"messageId": "m-1", "status": "running"}, id="the id of the message"),
        pytest.param({"botId": True, "status": "running"}, id="an id that is none"),
        pytest.param(
            [{"botId": "bot-1", "status": "running"}, {"botId": "bot-1", "status": "stopped"}], id="torn: two values"
        ),
        pytest.param("running", id="a text"),
        pytest.param(None, id="nothing"),
    ],
)
def test_what_says_nothing_of_a_thing(document: Any) -> None:
    assert values_of(document) == {}


def test_ids_of_every_kind() -> None:
    found = values_of([{"id": "b-1", "on": True}, {"bot_id": 7, "on": False}, {"id": "x1", "bot_id": 7, "mode": "a"}])
    assert found == {
        Field("id", "b-1", "on"): "true",
        Field("botid", "7", "on"): "false",
        Field("id", "x1", "mode"): "a",
    }


def test_a_large_document_is_looked_at_in_part() -> None:
    rows = [{"botId": f"bot-{number}", "status": "running"} for number in range(5000)]
    assert 0 < len(values_of(rows)) <= 500
    deep: Any = {"botId": "bot-1", "status": "running"}
    for _ in range(2000):
        deep = [deep]
    assert values_of(deep) == {}


def test_an_answer_that_may_be_old_says_nothing() -> None:
    def answer(status: int = 200, body: str = json.dumps({"botId": "bot-1", "status": "on"}), **headers: str) -> Answer:
        lines = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return Answer(status, "", "HTTP/1.1", lines, body.encode())

    fresh = {Field("botid", "bot-1", "status"): "on"}
    assert values_of_answer(answer()) == values_of_answer(answer(Cache_Control="max-age=0, no-cache")) == fresh
    assert values_of_answer(answer(Cache_Control="public, max-age=30")) == {}
    assert values_of_answer(answer(Age="3")) == {}
    assert values_of_answer(answer(404)) == {}
    assert values_of_answer(answer(body="{")) == {}
    assert values_of_answer(NoAnswer("tcp", "refused")) == values_of_answer(None) == {}


def test_names_without_their_spelling() -> None:
    assert folded("botId") == folded("bot_id") == folded("BOT-ID") == "botid"
