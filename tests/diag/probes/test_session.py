"""The live session against scripted servers: beats, answers, floods, and when the watch is over."""

from __future__ import annotations

import json
import threading
from queue import Queue

import pytest

from diag.model import Client
from diag.observations import Session

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
QUICK = Client(heartbeat_interval_s=0.1)
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"


def pong(ping: dict, **fields: str) -> dict:
    return {"type": "connection:pong", "correlationId": ping["messageId"], **fields}


def answers(peer) -> None:
    """A good backend."""
    for ping in peer.messages():
        peer.say(pong(ping))


def listens(peer) -> None:
    """A backend that says nothing but what the protocol demands."""
    for _ in peer.messages():
        pass


def beats(session: Session, kind: str = "application"):
    return [beat for beat in session.beats if beat.kind == kind]


# Beats


def test_beats_lie_on_the_pages_own_grid(accepting, watched) -> None:
    session = watched(accepting(answers), client=QUICK)
    due = [round(beat.at_ms) for beat in beats(session)]
    assert due == [100, 200, 300, 400]
    assert [round(beat.at_ms) for beat in beats(session, "protocol")] == [120]
    assert all(beat.answered_ms is not None and beat.matched for beat in beats(session)[:2])


def test_a_rare_heartbeat_is_tried_a_few_times_and_then_the_page_is_as_silent_as_it_would_be(
    accepting, watched
) -> None:
    session = watched(accepting(answers), seconds=0.9)
    assert [round(beat.at_ms) for beat in beats(session)] == [100, 200, 300, 400, 500]
    assert session.last_sent_ms < 900


def test_answers_are_matched_by_correlation_whatever_their_order(accepting, watched) -> None:
    def backwards(peer) -> None:
        messages = peer.messages()
        for ping in reversed([next(messages) for _ in range(3)]):
            peer.say(pong(ping))
        listens(peer)

    session = watched(accepting(backwards), seconds=0.45)
    answered = [beat for beat in beats(session) if beat.answered_ms is not None]
    assert [round(beat.at_ms) for beat in answered] == [100, 200, 300]
    assert all(beat.matched for beat in answered)


def test_a_foreign_correlation_id_is_held_against_the_oldest_beat(accepting, watched) -> None:
    def confused(peer) -> None:
        for ping in peer.messages():
            peer.say(pong({**ping, "messageId": "somebody-else"}))

    session = watched(accepting(confused))
    assert {(beat.answered_ms is not None, beat.matched) for beat in beats(session)} == {(True, False)}
    assert all(beat.matched for beat in beats(session, "protocol"))


def test_an_answer_without_an_id_is_taken_for_the_oldest_beats(accepting, watched) -> None:
    def terse(peer) -> None:
        for _ in peer.messages():
            peer.say({"type": "connection:pong"})

    session = watched(accepting(terse))
    assert all(beat.answered_ms is not None and beat.matched for beat in beats(session))


def test_beats_without_an_answer_stay_unanswered(accepting, watched) -> None:
    session = watched(accepting(listens))
    assert {beat.answered_ms for beat in beats(session)} == {None}
    assert {beat.answered_ms is None for beat in beats(session, "protocol")} == {False}


def test_a_pong_with_another_payload_matches_no_ping(accepting, watched, wire) -> None:
    def careless(peer) -> None:
        for opcode, _ in peer.frames():
            if opcode == PING:
                peer.send(wire.frame(PONG, b"whatever"))

    [ping] = beats(watched(accepting(careless)), "protocol")
    assert (ping.answered_ms is not None, ping.matched) == (True, False)


def test_an_unsolicited_pong_before_the_right_one_is_allowed(accepting, watched, wire) -> None:
    def chatty(peer) -> None:
        for opcode, payload in peer.frames():
            if opcode == PING:
                peer.send(wire.frame(PONG, b"") + wire.frame(PONG, payload))

    [ping] = beats(watched(accepting(chatty)), "protocol")
    assert (ping.answered_ms is not None, ping.matched) == (True, True)


def test_without_a_heartbeat_of_its_own_the_application_is_asked_by_pings_alone(accepting, watched) -> None:
    session = watched(accepting(listens), client=Client(dialect="protocol", heartbeat_interval_s=0.1))
    assert {beat.kind for beat in session.beats} == {"protocol"}
    assert len(session.beats) == 5
    assert all(beat.answered_ms is not None for beat in session.beats[:-1])


@pytest.mark.parametrize("variant", [pytest.param("silent", id="silent"), pytest.param("idle", id="idle")])
def test_a_silent_session_sends_nothing(accepting, watched, variant: str) -> None:
    got: list[int] = []
    port = accepting(lambda peer: got.extend(opcode for opcode, _ in peer.frames()))
    session = watched(port, variant=variant, seconds=0.3)
    assert (session.beats, session.sent_total, session.variant) == ((), 0, variant)
    assert got == [CLOSE]


def test_a_session_that_is_kept_alive_by_pings_sends_nothing_else(accepting, watched) -> None:
    got: list[int] = []
    port = accepting(lambda peer: got.extend(opcode for opcode, _ in peer.frames()))
    session = watched(port, variant="idle-pings", seconds=0.4)
    assert {beat.kind for beat in session.beats} == {"protocol"}
    assert set(got) == {PING, CLOSE}


def test_a_session_that_is_kept_alive_by_data_sends_no_pings(accepting, watched) -> None:
    """Dialects whose heartbeat nobody answers are measured by a ping beside it; not here."""
    got: list[int] = []
    port = accepting(lambda peer: got.extend(opcode for opcode, _ in peer.frames()))
    session = watched(port, variant="idle-data", seconds=0.4, client=Client(dialect="stomp"))
    assert {beat.kind for beat in session.beats} == {"application"}
    assert set(got) <= {TEXT, CLOSE}


def test_a_dialect_without_data_of_its_own_ends_that_session_at_once(accepting, watched) -> None:
    session = watched(accepting(listens), variant="idle-data", seconds=5, client=Client(dialect="protocol"))
    assert (session.beats, session.sent_total, session.closed) == ((), 0, None)
    assert session.watched_ms < 5000


@pytest.mark.parametrize("variant", [pytest.param("idle", id="silent"), pytest.param("idle-pings", id="pinging")])
def test_a_count_of_heartbeats_does_not_end_the_search(accepting, watched, variant: str) -> None:
    session = watched(accepting(answers), variant=variant, seconds=0.4, count=1)
    assert session.watched_ms >= 400


def test_pongs_are_given_where_the_client_gives_none(accepting, watched, wire) -> None:
    got: list[int] = []

    def pings(peer) -> None:
        peer.send(wire.frame(PING, b"still there?"))
        got.extend(opcode for opcode, _ in peer.frames())

    mute = Client(answers_pings=False)
    watched(accepting(pings), variant="idle", seconds=0.2, client=mute)
    assert PONG not in got
    watched(accepting(pings), variant="idle-pongs", seconds=0.2, client=mute)
    assert PONG in got


def test_a_busy_session_beats_fast_whatever_the_pages_interval(accepting, watched) -> None:
    session = watched(accepting(answers), variant="busy", seconds=0.75)
    assert len(beats(session)) == 7


# The server's own pings


@pytest.mark.parametrize(
    ("answers_pings", "variant", "expected"),
    [
        pytest.param(True, "browser", [b"are you there?"], id="a browser answers"),
        pytest.param(False, "browser", [], id="a client library that does not"),
        pytest.param(False, "pongs", [b"are you there?"], id="the same client, if it did"),
    ],
)
def test_the_servers_pings(accepting, watched, wire, answers_pings: bool, variant: str, expected: list[bytes]) -> None:
    pongs: list[bytes] = []

    def asks(peer) -> None:
        peer.send(wire.frame(PING, b"are you there?"))
        pongs.extend(payload for opcode, payload in peer.frames() if opcode == PONG)

    session = watched(accepting(asks), variant=variant, seconds=0.2, client=Client(answers_pings=answers_pings))
    assert pongs == expected
    assert ("ping", 14) in [(row.kind, row.size) for row in session.received]


# What comes


def test_bytes_that_come_together_with_the_101_are_not_lost(accepting, watched, wire) -> None:
    greeting = wire.frame(TEXT, b'{"type":"connection:established"}')
    session = watched(accepting(listens, behind=greeting + wire.frame(BINARY, b"\0\1")), seconds=0.2)
    assert [(row.kind, row.size, row.type) for row in session.received[:2]] == [
        ("text", 33, "connection:established"),
        ("binary", 2, None),
    ]


def test_compressed_messages_are_read(accepting, watched, wire) -> None:
    text = json.dumps({"type": "bot:status_change", "data": "x" * 500}).encode()

    def squeezes(peer) -> None:
        peer.send(wire.frame(TEXT, wire.deflated(text), rsv=4))
        listens(peer)

    session = watched(accepting(squeezes, DEFLATE), seconds=0.2)
    assert session.deflate
    assert [(row.type, row.count, row.sample) for row in session.types] == [("bot:status_change", 1, text.decode())]


def test_a_message_in_fragments_is_one_message(accepting, watched, wire) -> None:
    def fragments(peer) -> None:
        peer.send(wire.frame(TEXT, b'{"type":', fin=False) + wire.frame(PING, b"between") + wire.frame(0, b'"late"}'))
        listens(peer)

    session = watched(accepting(fragments), seconds=0.2)
    assert [row.type for row in session.types] == ["late"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("no JSON", id="no JSON"),
        pytest.param("[1, 2]", id="a list"),
        pytest.param('{"type": 7}', id="a type that is no text"),
        pytest.param("[" * 20_000, id="nested without end"),
        pytest.param("", id="nothing"),
    ],
)
def test_messages_without_a_type_are_counted_all_the_same(accepting, watched, wire, text: str) -> None:
    def says(peer) -> None:
        peer.send(wire.frame(TEXT, text.encode()))
        listens(peer)

    session = watched(accepting(says), seconds=0.2)
    assert session.types == ()
    assert [(row.kind, row.size) for row in session.received if row.kind == "text"] == [("text", len(text))]


def test_a_flood_is_counted_and_only_its_beginning_kept(accepting, watched, wire) -> None:
    def floods(peer) -> None:
        one = wire.frame(TEXT, json.dumps({"type": "tick", "data": "x" * 50}).encode())
        for _ in range(100):
            peer.send(one * 100)
        listens(peer)

    session = watched(accepting(floods), seconds=30, count=1, expect=("tick",), client=Client(dialect="protocol"))
    [ticks] = session.types
    assert (ticks.type, ticks.count) == ("tick", 10_000)
    assert session.received_total >= 10_000
    assert session.bytes_total >= 10_000 * 50
    assert len(session.received) == 500


def test_types_and_samples_are_bounded_too(accepting, watched, wire) -> None:
    def babbles(peer) -> None:
        for number in range(200):
            peer.say({"type": f"type-{number}", "data": "x" * 10_000})
        listens(peer)

    session = watched(accepting(babbles), seconds=0.6)
    assert session.received_total >= 200
    assert len(session.types) == 50
    assert max(len(row.sample) for row in session.types) == 4096


# When it is over


def test_with_a_count_the_watch_ends_as_soon_as_everything_came(accepting, watched) -> None:
    session = watched(accepting(answers), seconds=60, count=2, client=QUICK)
    assert sum(beat.answered_ms is not None for beat in beats(session)) == 2
    assert session.closed is None


def test_a_count_waits_for_the_expected_types_as_well(accepting, watched) -> None:
    def late(peer) -> None:
        """The push comes behind the answer to the ping, when the one beat was answered long ago."""
        for opcode, payload in peer.frames():
            if opcode == TEXT:
                peer.say(pong(json.loads(payload)))
            elif opcode == PING:
                peer.say({"type": "bot:status_change"})

    session = watched(accepting(late), seconds=60, count=1, expect=("bot:status_change",), client=QUICK)
    assert [row.type for row in session.types] == ["connection:pong", "bot:status_change"]
    assert session.closed is None


def test_a_stop_from_outside_ends_the_watch_at_once(accepting, watched) -> None:
    asked = threading.Event()
    session = watched(accepting(answers), seconds=60, stop=lambda: asked.is_set() or asked.set())
    assert session.closed is None
    assert session.watched_ms < 60_000


def test_a_handshake_that_did_not_open_cannot_be_watched(answering, watched) -> None:
    with pytest.raises(ValueError, match="did not open"):
        watched(answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").port)


# One message of one size


def takes_up_to(limit: int):
    """A backend whose library refuses larger messages, as websockets does: before the application sees them."""

    def script(peer) -> None:
        for opcode, payload in peer.frames():
            if opcode == TEXT and len(payload) > limit:
                peer.close(1009, "message too big")
                return
            if opcode == PING:
                peer.send(b"\x8a" + bytes([len(payload)]) + payload)

    return script


@pytest.mark.parametrize("size", [1, 99, 100, 300])
def test_a_message_of_one_size_is_taken_and_that_is_known_at_once(accepting, watched, size: int) -> None:
    session = watched(accepting(takes_up_to(300)), variant=f"size={size}", seconds=30)
    assert session.closed is None
    assert session.watched_ms < 30_000
    assert [beat.kind for beat in session.beats] == ["protocol"]
    assert session.sent_total == 2


@pytest.mark.parametrize("size", [101, 200])
def test_a_message_of_one_size_is_refused(accepting, watched, size: int) -> None:
    session = watched(accepting(takes_up_to(100)), variant=f"size={size}", seconds=30)
    assert session.closed is not None
    assert session.closed.code == 1009


def test_a_message_that_is_padded_is_the_pages_own_heartbeat(accepting, watched) -> None:
    sizes: Queue[tuple[int, str]] = Queue()

    def listening(peer) -> None:
        for opcode, payload in peer.frames():
            if opcode == TEXT:
                sizes.put((len(payload), json.loads(payload)["type"]))
            elif opcode == PING:
                peer.send(b"\x8a" + bytes([len(payload)]) + payload)

    watched(accepting(listening), variant="size=500", seconds=30)
    assert sizes.get(timeout=10) == (500, "connection:ping")


def test_what_every_push_repeats_is_kept(accepting, watched) -> None:
    def pushes(peer) -> None:
        for number in range(3):
            status = {"botId": "bot-1", "status": "running", "mood": ("good", "bad")[number % 2]}
            peer.say({"type": "bot:status_change", "data": status})
        listens(peer)

    [settled] = watched(accepting(pushes)).settled
    assert (settled.key, settled.id, settled.field, settled.value, settled.count) == (
        "botid", "bot-1", "status", "running", 3,
    )  # fmt: skip
