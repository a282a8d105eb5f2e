"""Which dialect a server speaks, by its subprotocol and its first words; and what is said from then on."""

from __future__ import annotations

import pytest

from diag.dialects import AUTO, Conversation, Frame, load, names, recognise

OPEN = '0{"sid":"a","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}'
FIRST_WORDS = [
    pytest.param("graphql-transport-ws", [], "graphql-transport-ws", id="GraphQL's subprotocol"),
    pytest.param("mqtt", [], "mqtt", id="MQTT's"),
    pytest.param("v11.stomp", [], "stomp", id="an older STOMP's"),
    pytest.param("actioncable-v1-json", ['{"type":"welcome"}'], "actioncable", id="Action Cable's"),
    pytest.param("", [OPEN], "socketio", id="Engine.IO's open packet"),
    pytest.param("", ['{"type":"connection:established","data":{}}'], "orchestration", id="the incident's greeting"),
    pytest.param("", ['{"type":"x"}', '{"type":"connection:established"}'], "orchestration", id="a later message"),
    pytest.param("", ['{"type":"welcome"}'], "actioncable", id="a welcome without a subprotocol"),
    pytest.param("", ["{}\x1e"], "signalr", id="SignalR's handshake response"),
    pytest.param("", ["CONNECTED\nversion:1.2\n\n\0"], "stomp", id="CONNECTED"),
    pytest.param("mqtt", [OPEN], "mqtt", id="the subprotocol counts first"),
    pytest.param("app.v1", [OPEN], "socketio", id="a subprotocol of nobody's"),
]


@pytest.mark.parametrize(("subprotocol", "messages", "expected"), FIRST_WORDS)
def test_recognise(subprotocol: str, messages: list[str | bytes], expected: str) -> None:
    found = recognise(subprotocol, messages)
    assert found is not None
    assert found[0] == expected
    assert (subprotocol if subprotocol in load(expected).subprotocols else "the server greets in it") in found[1]


@pytest.mark.parametrize(
    ("subprotocol", "messages"),
    [
        pytest.param("", [], id="silence"),
        pytest.param("app.v1", [], id="somebody's own subprotocol"),
        pytest.param("", ['{"type":"hello"}', "text", b"\x00"], id="somebody's own messages"),
        pytest.param("", ["{}"], id="an empty object without SignalR's separator"),
        pytest.param("", ["1", "2", "3", OPEN], id="a greeting that comes too late"),
        pytest.param("", ["", b"", "{" * 100_000, "\ud800"], id="rubbish"),
    ],
)
def test_recognise_nothing(subprotocol: str, messages: list[str | bytes]) -> None:
    assert recognise(subprotocol, messages) is None


def test_no_two_dialects_share_a_subprotocol() -> None:
    offered = [subprotocol for name in names() for subprotocol in load(name).subprotocols]
    assert len(offered) == len(set(offered))


def test_auto_speaks_what_the_subprotocol_says() -> None:
    talk = Conversation(AUTO, "mqtt")
    assert (talk.listening, talk.dialect.name, talk.why) == (False, "mqtt", "the subprotocol mqtt was negotiated")
    assert talk.dialect.open_with() == load("mqtt").open_with() != ()


def test_auto_speaks_what_the_greeting_says_and_answers_it() -> None:
    talk = Conversation(AUTO, "")
    # given a session in which nothing is known, and so nothing is opened with
    assert (talk.listening, talk.dialect.open_with(), talk.dialect.beat_kind) == (True, (), "protocol")
    # when the server greets
    [heard] = talk.hear(OPEN)
    # then the greeting itself is already answered in its dialect
    assert (talk.listening, talk.dialect.name, heard.role) == (False, "socketio", "greeting")
    assert heard.replies == (Frame(1, b"40"),)


def test_auto_gives_up_and_pings() -> None:
    talk = Conversation(AUTO, "")
    for _ in range(3):
        assert talk.listening
        talk.hear('{"type":"hello"}')
    assert (talk.listening, talk.dialect.name, talk.why) == (False, AUTO, "")
    talk.hear(OPEN)
    assert talk.dialect.name == AUTO


def test_a_dialect_that_was_told_is_never_changed() -> None:
    talk = Conversation("plain", "mqtt")
    talk.hear(OPEN)
    assert (talk.listening, talk.dialect.name, talk.why) == (False, "plain", "")
