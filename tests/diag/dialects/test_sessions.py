"""Whole probes in each dialect, against scripted servers that keep to the written protocol, or do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from diag.dialects import AUTO, load
from diag.model import Client, Route, Target, Verdict
from diag.recording import Recording
from diag.rules import judge
from diag.runner import probe

STATUS = {"type": "bot:status_change", "status": "busy"}


def plain(line) -> None:
    for message in line.messages():
        if message and json.loads(message) == {"type": "ping"}:
            line.say(json.dumps({"type": "pong"}), json.dumps(STATUS))


def phoenix(line) -> None:
    for message in line.messages():
        if message:
            join_ref, ref, topic, event, payload = json.loads(message)
            assert (join_ref, topic, event, payload) == (None, "phoenix", "heartbeat", {})
            line.say(json.dumps([None, ref, topic, "phx_reply", {"response": {}, "status": "ok"}]))
            line.say(json.dumps([None, None, "room:1", "bot:status_change", STATUS]))


def action_cable(line) -> None:
    for message in line.messages():
        if message == "":
            broadcast = {"identifier": '{"channel":"Bots"}', "message": STATUS}
            line.say('{"type":"welcome"}', '{"type":"ping","message":1700000000}', json.dumps(broadcast))


def signalr(line) -> None:
    for message in line.messages():
        if message == '{"protocol":"json","version":1}\x1e':
            invocation = json.dumps({"type": 1, "target": "bot:status_change", "arguments": [STATUS]})
            line.say('{}\x1e{"type":6}\x1e' + invocation + "\x1e")


def stomp(line) -> None:
    for message in line.messages():
        if isinstance(message, str) and message.startswith("CONNECT\n"):
            line.say("CONNECTED\nversion:1.2\nheart-beat:1000,0\n\n\0", "\n")
            line.say("MESSAGE\nsubscription:0\nmessage-id:1\ndestination:bot:status_change\n\n{}\0")


def mqtt(line) -> None:
    for message in line.messages():
        if isinstance(message, bytes) and message[:1] == b"\x10":
            line.say(b"\x20\x02\x00\x00")
        elif message == b"\xc0\x00":
            line.say(b"\xd0\x00")


def socketio(line) -> None:
    for message in line.messages():
        if message == "":
            line.say('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}')
        elif message == "40":
            line.say('40{"sid":"b"}', "2", '42["bot:status_change",{"status":"busy"}]')


def graphql(line) -> None:
    for message in line.messages():
        kind = json.loads(message)["type"] if message else ""
        if kind == "connection_init":
            line.say('{"type":"connection_ack"}', '{"type":"ping"}')
        elif kind == "ping":
            line.say('{"type":"pong"}')


def mute(line) -> None:
    for _ in line.messages():
        pass


def target_of(port: int, dialect: str, subprotocols: tuple[str, ...] = (), **changes: Any) -> Target:
    route = Route("direct", f"ws://127.0.0.1:{port}/ws")
    client = Client(dialect=dialect, subprotocols=subprotocols, heartbeat_interval_s=0.2, heartbeat_timeout_s=10)
    return Target(route.origin, route.url, (route,), client=client, observe_s=0.9, **changes)


def session_of(recording: Recording) -> Any:
    [session] = [item for item in recording.observations if type(item).__name__ == "Session"]
    return session


SERVERS = [
    pytest.param("plain", plain, "", '{"type":"ping"}', id="plain"),
    pytest.param("phoenix", phoenix, "", '"phoenix","heartbeat",{}]', id="phoenix"),
    pytest.param("actioncable", action_cable, "actioncable-v1-json", None, id="actioncable"),
    pytest.param("signalr", signalr, "", '{"type":7}\x1e', id="signalr"),
    pytest.param("stomp", stomp, "v12.stomp", "DISCONNECT\n\n\0", id="stomp"),
    pytest.param("mqtt", mqtt, "mqtt", b"\xe0\x00", id="mqtt"),
    pytest.param("socketio", socketio, "", "41", id="socketio"),
    pytest.param("graphql-transport-ws", graphql, "graphql-transport-ws", '{"type":"ping"}', id="graphql-transport-ws"),
]


@pytest.mark.parametrize(("name", "script", "subprotocol", "last"), SERVERS)
def test_a_server_that_keeps_to_its_protocol_is_healthy(
    speaks: Callable[..., Any], name: str, script: Any, subprotocol: str, last: Any
) -> None:
    # given a server that speaks it
    server = speaks(script, subprotocol or None)
    # when it is probed in its dialect
    report = judge(probe(target_of(server.port, name, load(name).subprotocols)))
    # then every beat is answered, and the last that it heard was the goodbye, a beat, or nothing at all
    assert (report.verdict, report.findings) == (Verdict.HEALTHY, ())
    heartbeat = report.routes[0].heartbeat
    assert heartbeat is not None
    assert heartbeat.kind == load(name).beat_kind
    assert heartbeat.received == heartbeat.sent > 0
    assert server.over.wait(5)
    assert last in server.got[-1] if last else not server.got


@pytest.mark.parametrize(
    ("name", "script"),
    [
        pytest.param("plain", plain, id="plain"),
        pytest.param("phoenix", phoenix, id="phoenix"),
        pytest.param("actioncable", action_cable, id="actioncable"),
        pytest.param("signalr", signalr, id="signalr"),
        pytest.param("stomp", stomp, id="stomp"),
        pytest.param("socketio", socketio, id="socketio"),
    ],
)
def test_pushes_are_told_from_upkeep(speaks: Callable[..., Any], name: str, script: Any) -> None:
    report = judge(probe(target_of(speaks(script).port, name, expect=("bot:status_change",))))
    assert report.findings == ()
    types = {row.type for row in report.routes[0].updates}
    assert types - {"welcome"} == {"bot:status_change"}


@pytest.mark.parametrize(
    ("name", "script", "subprotocol"),
    [
        pytest.param("plain", mute, "", id="plain"),
        pytest.param("phoenix", mute, "", id="phoenix"),
        pytest.param("graphql-transport-ws", mute, "graphql-transport-ws", id="graphql-transport-ws"),
        pytest.param("mqtt", mute, "mqtt", id="mqtt"),
        pytest.param("mqtt", stomp, "mqtt", id="mqtt, to a STOMP broker"),
        pytest.param("socketio", mute, "", id="socketio"),
        pytest.param("socketio", plain, "", id="socketio, to a plain server"),
        pytest.param("actioncable", mute, "actioncable-v1-json", id="actioncable"),
        pytest.param("signalr", mute, "", id="signalr"),
        pytest.param("signalr", action_cable, "", id="signalr, to Action Cable"),
        pytest.param("stomp", mute, "v12.stomp", id="stomp"),
        pytest.param("stomp", mqtt, "v12.stomp", id="stomp, to an MQTT broker"),
    ],
)
def test_a_server_that_speaks_another_one_leaves_beats_unanswered(
    speaks: Callable[..., Any], name: str, script: Any, subprotocol: str
) -> None:
    server = speaks(script, subprotocol or None)
    report = judge(probe(target_of(server.port, name, load(name).subprotocols)))
    assert (report.verdict, report.primary_cause) == (Verdict.DEGRADED, "heartbeat-unanswered")


@pytest.mark.parametrize(
    ("name", "script", "subprotocol", "why"),
    [
        pytest.param("socketio", socketio, "", "the server greets in it", id="socketio"),
        pytest.param("actioncable", action_cable, "", "the server greets in it", id="actioncable"),
        pytest.param("stomp", stomp, "v12.stomp", "the subprotocol v12.stomp was negotiated", id="stomp"),
        pytest.param("mqtt", mqtt, "mqtt", "the subprotocol mqtt was negotiated", id="mqtt"),
    ],
)
def test_auto_recognises_the_dialect_and_says_why(
    speaks: Callable[..., Any], name: str, script: Any, subprotocol: str, why: str
) -> None:
    # given a dialect that nobody told
    server = speaks(script, subprotocol or None)
    # when it is probed
    recording = probe(target_of(server.port, AUTO, (subprotocol,) if subprotocol else ()))
    report = judge(recording)
    # then its own dialect was spoken, and the report says how it was known
    assert (session_of(recording).dialect, report.verdict, report.findings) == (name, Verdict.HEALTHY, ())
    assert f"direct: the dialect is {name}: {why}" in report.notes


def test_auto_pings_where_nothing_tells(speaks: Callable[..., Any]) -> None:
    recording = probe(target_of(speaks(mute).port, AUTO))
    report = judge(recording)
    assert report.verdict == Verdict.HEALTHY
    assert {beat.kind for beat in session_of(recording).beats} == {"protocol"}
    assert "direct: no dialect was recognised; heartbeats were the protocol's pings" in report.notes


def test_a_beat_is_not_held_up_by_the_listening(speaks: Callable[..., Any]) -> None:
    # given a server that never greets; then a beat counts from when it was really due
    session = session_of(probe(target_of(speaks(mute).port, AUTO)))
    assert all(beat.at_ms >= 500 for beat in session.beats)


def test_beats_that_a_server_stops_to_send_are_missed(speaks: Callable[..., Any]) -> None:
    def stops(line) -> None:
        for message in line.messages():
            if message == "":
                line.say('0{"sid":"a","pingInterval":100,"pingTimeout":100}')

    report = judge(probe(target_of(speaks(stops).port, "socketio")))
    [finding] = report.findings
    assert finding.code == "heartbeat-unanswered"
    assert finding.detail == "The server's own heartbeats, which socketio promises, stay away."


def test_a_server_that_hangs_up_at_the_goodbye_is_healthy(speaks: Callable[..., Any]) -> None:
    # given a broker that ends the connection at DISCONNECT, before any Close frame (MQTT 3.1.1, section 3.14.4)
    def hangs_up(line) -> None:
        for message in line.messages():
            if message == b"\xe0\x00":
                return
            if message:
                line.say(b"\x20\x02\x00\x00" if message[:1] == b"\x10" else b"\xd0\x00")

    report = judge(probe(target_of(speaks(hangs_up, "mqtt").port, "mqtt", ("mqtt",))))
    assert (report.verdict, report.findings) == (Verdict.HEALTHY, ())


def test_a_silent_session_still_introduces_itself_and_answers(speaks: Callable[..., Any]) -> None:
    # given a server that would drop whoever does not answer, and a search for idle limits
    server = speaks(socketio)
    # when it is probed: one session is watched, one is silent, and one sends nothing but protocol pings
    probe(target_of(server.port, "socketio", idle_limit_s=0.3))
    # then each of them has said hello and answered the server's ping
    assert server.got.count("40") == server.got.count("3") == 3
