"""Every dialect to the letter of its written protocol: what is sent, and what each message of a server's is."""

from __future__ import annotations

import pytest

from diag.dialects import PING, Frame, load

TEXT, BINARY = 1, 2


def text(data: str) -> Frame:
    return Frame(TEXT, data.encode())


@pytest.mark.parametrize(
    ("name", "opening", "goodbye"),
    [
        pytest.param("orchestration", [], [], id="orchestration"),
        pytest.param("protocol", [], [], id="protocol"),
        pytest.param("plain", [], [], id="plain"),
        pytest.param("socketio", [], [text("41")], id="socketio"),
        pytest.param("graphql-transport-ws", [text('{"type":"connection_init"}')], [], id="graphql-transport-ws"),
        pytest.param("phoenix", [], [], id="phoenix"),
        pytest.param("actioncable", [], [], id="actioncable"),
        pytest.param("signalr", [text('{"protocol":"json","version":1}\x1e')], [text('{"type":7}\x1e')], id="signalr"),
        pytest.param(
            "stomp",
            [text("CONNECT\naccept-version:1.2,1.1,1.0\nhost:/\nheart-beat:0,1000\n\n\0")],
            [text("DISCONNECT\n\n\0")],
            id="stomp",
        ),
        pytest.param(
            "mqtt", [Frame(BINARY, b"\x10\x0c\x00\x04MQTT\x04\x02\0\0\0\0")], [Frame(BINARY, b"\xe0\0")], id="mqtt"
        ),
    ],
)
def test_how_it_opens_and_leaves(name: str, opening: list[Frame], goodbye: list[Frame]) -> None:
    dialect = load(name)
    assert (list(dialect.open_with()), list(dialect.leave_with())) == (opening, goodbye)


@pytest.mark.parametrize(
    ("name", "kind", "frames"),
    [
        pytest.param(
            "orchestration",
            "application",
            [text('{"type":"connection:ping","data":{"timestamp":5},"timestamp":5,"messageId":"x"}')],
            id="orchestration",
        ),
        pytest.param("plain", "application", [text('{"type":"ping"}')], id="plain"),
        pytest.param("graphql-transport-ws", "application", [text('{"type":"ping"}')], id="graphql-transport-ws"),
        pytest.param("phoenix", "application", [text('[null,"x","phoenix","heartbeat",{}]')], id="phoenix"),
        pytest.param("mqtt", "application", [Frame(BINARY, b"\xc0\0")], id="mqtt"),
        pytest.param("protocol", "protocol", [Frame(PING, b"x")], id="protocol"),
        pytest.param("socketio", "protocol", [Frame(PING, b"x")], id="socketio: the server beats"),
        pytest.param("actioncable", "protocol", [Frame(PING, b"x")], id="actioncable: the server beats"),
        pytest.param("signalr", "protocol", [text('{"type":6}\x1e'), Frame(PING, b"x")], id="signalr: both beat"),
        pytest.param("stomp", "protocol", [text("\n"), Frame(PING, b"x")], id="stomp: both beat"),
    ],
)
def test_how_it_beats(name: str, kind: str, frames: list[Frame]) -> None:
    dialect = load(name)
    assert (dialect.beat_kind, list(dialect.beat("x", 5))) == (kind, frames)


@pytest.mark.parametrize(
    ("name", "data", "role", "type_"),
    [
        pytest.param(
            "orchestration", '{"type":"connection:established"}', "greeting", "connection:established", id="o1"
        ),
        pytest.param("orchestration", '{"type":"bot:status_change"}', "message", "bot:status_change", id="o2"),
        pytest.param("plain", '{"type":"pong","at":1}', "pong", "pong", id="plain pong"),
        pytest.param("plain", '{"type":"ping"}', "message", "ping", id="plain: a server's ping is a message"),
        pytest.param("plain", '{"type":3}', "message", None, id="a type that is no text"),
        pytest.param("socketio", '0{"sid":"a"}', "greeting", None, id="Engine.IO open"),
        pytest.param("socketio", "2", "beat", None, id="Engine.IO ping"),
        pytest.param("socketio", '40{"sid":"b"}', "message", None, id="Socket.IO connect"),
        pytest.param("socketio", '42["bot:status_change",{"a":1}]', "message", "bot:status_change", id="event"),
        pytest.param("socketio", '42/admin,13["say \\"hi\\""]', "message", 'say \\"hi\\"', id="with namespace and id"),
        pytest.param("socketio", '451-["file",{"_placeholder":true,"num":0}]', "message", "file", id="binary event"),
        pytest.param("socketio", '43["answer"]', "message", None, id="an acknowledgement has no type"),
        pytest.param("socketio", b"\x01\x02", "message", None, id="its attachment"),
        pytest.param("graphql-transport-ws", '{"type":"connection_ack"}', "greeting", "connection_ack", id="ack"),
        pytest.param("graphql-transport-ws", '{"type":"ping"}', "beat", "ping", id="a server's ping"),
        pytest.param("graphql-transport-ws", '{"type":"pong","payload":{}}', "pong", "pong", id="a server's pong"),
        pytest.param("graphql-transport-ws", '{"id":"1","type":"next","payload":{}}', "message", "next", id="next"),
        pytest.param("graphql-transport-ws", '{"id":"1","type":"error","payload":[]}', "message", "error", id="error"),
        pytest.param(
            "phoenix", '[null,"7","phoenix","phx_reply",{"response":{},"status":"ok"}]', "pong", "phx_reply", id="reply"
        ),
        pytest.param("phoenix", '["1",null,"room:a","new_msg",{"body":1}]', "message", "new_msg", id="push"),
        pytest.param("phoenix", '["1","2","room:a","phx_reply",{"status":"ok"}]', "message", "phx_reply", id="join"),
        pytest.param("actioncable", '{"type":"welcome"}', "greeting", "welcome", id="welcome"),
        pytest.param("actioncable", '{"type":"ping","message":1700000000}', "beat", "ping", id="ping"),
        pytest.param("actioncable", '{"identifier":"{}","message":{"type":"bot"}}', "message", "bot", id="broadcast"),
        pytest.param(
            "signalr", '{"type":1,"target":"Status","arguments":[1]}\x1e', "message", "Status", id="invocation"
        ),
        pytest.param("signalr", '{"type":6}\x1e', "beat", None, id="SignalR ping"),
        pytest.param("signalr", "{}\x1e", "greeting", None, id="handshake response"),
        pytest.param("signalr", '{"error":"no"}\x1e', "message", None, id="a refused handshake"),
        pytest.param("stomp", "CONNECTED\nversion:1.2\n\n\0", "greeting", None, id="CONNECTED"),
        pytest.param("stomp", "\n", "beat", None, id="EOL"),
        pytest.param("stomp", "\r\n", "beat", None, id="CR EOL"),
        pytest.param(
            "stomp", "MESSAGE\nsubscription:0\ndestination:/topic/a\n\nhello\0", "message", "/topic/a", id="MESSAGE"
        ),
        pytest.param("stomp", "MESSAGE\nid:0\n\ndestination:/topic/a\0", "message", None, id="in the body"),
        pytest.param("stomp", "ERROR\nmessage:no\n\n\0", "message", "ERROR", id="ERROR"),
        pytest.param("mqtt", b"\x20\x02\x00\x00", "greeting", None, id="CONNACK"),
        pytest.param("mqtt", b"\xd0\x00", "pong", None, id="PINGRESP"),
        pytest.param("mqtt", b"\x31\x05\x00\x01ahi", "message", "PUBLISH", id="PUBLISH"),
    ],
)
def test_what_a_message_is(name: str, data: str | bytes, role: str, type_: str | None) -> None:
    [heard] = load(name).hear(data)
    assert (heard.role, heard.type) == (role, type_)


@pytest.mark.parametrize(
    ("name", "data", "replies"),
    [
        pytest.param("socketio", '0{"sid":"a"}', [text("40")], id="the namespace connect"),
        pytest.param("socketio", "2", [text("3")], id="Engine.IO pong"),
        pytest.param("socketio", "2probe", [], id="a probe is not for us"),
        pytest.param("graphql-transport-ws", '{"type":"ping"}', [text('{"type":"pong"}')], id="a GraphQL pong"),
        pytest.param("graphql-transport-ws", '{"type":"pong"}', [], id="a pong is not answered"),
        pytest.param("actioncable", '{"type":"ping","message":1}', [], id="nobody answers Action Cable"),
        pytest.param("signalr", '{"type":6}\x1e', [], id="nor SignalR"),
        pytest.param("stomp", "\n", [], id="nor a heart-beat"),
    ],
)
def test_what_is_answered(name: str, data: str | bytes, replies: list[Frame]) -> None:
    [heard] = load(name).hear(data)
    assert list(heard.replies) == replies


@pytest.mark.parametrize(
    ("name", "data", "identifier"),
    [
        pytest.param("orchestration", '{"type":"connection:pong","correlationId":"x"}', "x", id="orchestration"),
        pytest.param("orchestration", '{"type":"connection:pong"}', None, id="left out"),
        pytest.param("orchestration", '{"type":"connection:pong","correlationId":7}', "7", id="a number"),
        pytest.param("orchestration", '{"type":"other","correlationId":"x"}', None, id="no pong"),
        pytest.param("phoenix", '[null,"x","phoenix","phx_reply",{"status":"ok"}]', "x", id="phoenix"),
        pytest.param("mqtt", b"\xd0\x00", None, id="mqtt has none"),
    ],
)
def test_which_beat_is_answered(name: str, data: str | bytes, identifier: str | None) -> None:
    [heard] = load(name).hear(data)
    assert heard.identifier == identifier


def test_signalr_packs_several_records_into_one_message() -> None:
    heard = load("signalr").hear('{}\x1e{"type":6}\x1e{"type":1,"target":"Status"}\x1e')
    assert [(message.role, message.type) for message in heard] == [
        ("greeting", None),
        ("beat", None),
        ("message", "Status"),
    ]


def test_a_message_of_nothing_but_separators_costs_nothing() -> None:
    assert len(load("signalr").hear("a\x1e" * 500_000)) <= 1001


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        pytest.param("plain", '{"type":"pong"}', True, id="a pong"),
        pytest.param("actioncable", '{"type":"ping"}', True, id="a server's beat"),
        pytest.param("orchestration", '{"type":"connection:established"}', False, id="a greeting is news"),
        pytest.param("plain", '{"type":"status"}', False, id="a push"),
        pytest.param("plain", "", False, id="nothing"),
    ],
)
def test_upkeep(name: str, data: str, expected: bool) -> None:
    assert load(name).is_upkeep(data) is expected
