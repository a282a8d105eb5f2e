from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from diag.client.reference import ReferenceClient
from diag.dialects import UnknownDialectError
from diag.lab import Lab
from diag.model import ApiRequest, Fallback, Reconnect, Target

Start = Callable[..., Any]
Make = Callable[..., Target]


def answer_for_ever(peer: Any) -> None:
    with suppress(OSError):
        peer.pong_until(1_000_000)


def say_nothing(peer: Any) -> None:
    """Stops reading and answering, as a machine that vanished; the connection stays."""
    gone.wait(60)


gone = threading.Event()


@pytest.fixture(autouse=True)
def _everybody_leaves(serve: Start) -> Iterator[None]:
    """Before the servers are closed: those wait for their threads."""
    gone.clear()
    yield
    gone.set()


def test_the_lab_answers_every_beat_and_pushes_numbered_updates(live: Start) -> None:
    with Lab() as lab:
        target = lab.target()
        beating = replace(target, client=replace(target.client, heartbeat_interval_s=0.05))
        life = live(beating, pings=True, count=30)
        life.over()
    assert [event.kind for event in life.events[:2]] == ["attempt", "opened"]
    answered = [event for event in life.of("answered") if event.text == "application"]
    assert [event.number for event in answered] == list(range(1, 31))
    assert {event.number for event in life.of("answered") if event.text == "protocol"} >= set(range(1, 30))
    updates = [event for event in life.of("message") if event.text == "bot:status_change"]
    assert [event.sequence for event in updates] == [updates[0].sequence + n for n in range(len(updates))]
    assert all(event.size > 100 for event in updates)
    assert life.events[-1].kind == "ended"
    assert (life.events[-1].number, life.of("missed", "closed")) == (1000, [])


def test_beats_stand_on_a_fixed_grid_and_count_from_their_intended_time(
    speaking: Start, target: Make, live: Start
) -> None:
    life = live(target(speaking(answer_for_ever).port), count=10)
    life.over()
    beats = life.of("beat")
    assert [round(later.at_s - beat.at_s, 6) for beat, later in itertools.pairwise(beats)] == [0.05] * 9
    for beat, answer in zip(beats, life.of("answered"), strict=True):
        assert answer.value == pytest.approx((answer.at_s - beat.at_s) * 1000)


def test_a_half_open_connection_is_given_up_locally_and_said_so(speaking: Start, target: Make, live: Start) -> None:
    life = live(target(speaking(say_nothing, answer_for_ever).port))
    closed = life.until("closed")
    assert (closed.number, closed.clean) == (1006, False)
    assert closed.text.startswith("half-open: no answer for 0.4 s, nothing arrived for ")
    assert life.of("missed")[0].number == 1
    assert life.of("missed")[0].value >= 400
    assert life.until("answered").number > life.of("missed")[-1].number


def test_a_mute_heartbeat_is_told_from_a_dead_connection(speaking: Start, target: Make, live: Start) -> None:
    def push_only(peer: Any) -> None:
        while True:
            peer.receive()
            peer.send(b'{"type":"update"}')

    life = live(target(speaking(push_only).port))
    assert life.until("closed").text == "heartbeat unanswered for 0.4 s, though other frames arrive"


def test_pongs_that_stay_away_do_not_end_a_session_whose_heartbeat_is_answered(
    speaking: Start, target: Make, live: Start
) -> None:
    def no_pongs(peer: Any) -> None:
        while True:
            if peer.receive()[0] == 1:
                peer.send(b'{"type":"pong"}')

    life = live(target(speaking(no_pongs).port), pings=True)
    assert life.until("missed", 3).text == "protocol"
    assert life.of("closed") == []


@pytest.mark.parametrize(
    ("end", "code", "text", "clean"),
    [
        pytest.param(lambda peer: peer.send(b"\x0f\xa1bye", 8), 4001, "bye", True, id="close-frame"),
        pytest.param(lambda peer: peer.send(b"", 8), 1005, "", True, id="empty-close"),
        pytest.param(
            lambda peer: peer.connection.shutdown(socket.SHUT_RDWR),
            1006,
            "the connection ended without a Close frame (FIN)",
            False,
            id="fin",
        ),
        pytest.param(
            lambda peer: peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"),
            1006,
            "the connection was reset (RST)",
            False,
            id="rst",
        ),
        pytest.param(
            lambda peer: peer.send(b"\xff\xfe"),
            1006,
            "Could not decode a text frame as UTF-8.",
            False,
            id="invalid-utf8",
        ),
        pytest.param(lambda peer: peer.connection.sendall(b"\xff" * 40), 1006, None, False, id="garbage"),
    ],
)
def test_every_end_is_a_close_event_and_the_client_comes_back(
    speaking: Start, target: Make, live: Start, end: Any, code: int, text: str | None, clean: bool
) -> None:
    life = live(target(speaking(end, answer_for_ever).port))
    closed = life.until("closed")
    assert (closed.number, closed.clean) == (code, clean)
    assert closed.text == text if text is not None else closed.text
    assert life.until("opened", 2).number == 1
    life.until("answered")


def test_beats_that_were_on_their_way_are_lost_with_the_connection(speaking: Start, target: Make, live: Start) -> None:
    def end_after_three(peer: Any) -> None:
        for _ in range(3):
            peer.receive()

    life = live(target(speaking(end_after_three, answer_for_ever).port))
    life.until("answered")
    assert [event.number for event in life.of("missed")] == [1, 2, 3]
    assert life.of("answered")[0].number == 4


def test_a_code_is_left_with_as_a_reload_does(speaking: Start, target: Make, live: Start) -> None:
    seen: list[tuple[int, bytes]] = []
    closed = threading.Event()

    def read_to_the_close(peer: Any) -> None:
        while not seen or seen[-1][0] != 8:
            seen.append(peer.receive())
        peer.send(seen[-1][1], 8)
        closed.set()

    life = live(target(speaking(read_to_the_close).port), leave_code=1001)
    life.until("beat")
    life.leave()
    assert closed.wait(30)
    assert (seen[-1][1], life.events[-1].number) == ((1001).to_bytes(2, "big"), 1001)


def test_the_policy_s_delays_are_kept_and_then_it_gives_up(free_port: int, target: Make, live: Start) -> None:
    life = live(target(free_port))
    life.over()
    assert [event.value for event in life.of("waiting")] == [0.02, 0.04, 0.04]
    assert [event.number for event in life.of("attempt")] == [0, 1, 2, 3]
    assert {event.text for event in life.of("refused")} == {"tcp-refused"}
    assert [event.kind for event in life.events[-2:]] == ["gave-up", "ended"]
    assert life.events[-1].number is None


def test_where_the_page_gives_up_a_client_may_go_on(free_port: int, target: Make, live: Start) -> None:
    life = live(target(free_port), reprobe_s=0.03)
    life.until("attempt", 7)
    assert len(life.of("gave-up")) == 1
    assert [event.value for event in life.of("waiting")][3:6] == [0.03, 0.03, 0.03]


def test_waits_of_one_s_own_replace_the_policy(free_port: int, target: Make, live: Start) -> None:
    life = live(target(free_port), waits=lambda: iter([0.01]))
    life.over()
    assert [event.value for event in life.of("waiting")] == [0.01]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "403 Forbidden", id="status"),
        pytest.param(b"", "http-eof", id="eof"),
        pytest.param(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            "Error during WebSocket handshake: 'Sec-WebSocket-Accept' header is missing",
            id="bad-101",
        ),
    ],
)
def test_a_handshake_that_fails_says_why(answering: Start, target: Make, live: Start, answer: bytes, text: str) -> None:
    assert live(target(answering(answer).port)).until("refused").text == text


def accept_then_drop(peer: Any) -> None:
    return


def test_the_naive_client_forgets_its_failures_at_every_open(speaking: Start, target: Make, live: Start) -> None:
    life = live(target(speaking(accept_then_drop).port))
    life.until("waiting", 8)
    assert {event.value for event in life.of("waiting")[:8]} == {0.02}


def test_a_client_that_wants_a_stable_session_backs_off_and_gives_up(
    speaking: Start, target: Make, live: Start
) -> None:
    life = live(target(speaking(accept_then_drop).port), stable_s=5.0)
    life.over()
    assert [event.value for event in life.of("waiting")] == [0.02, 0.04, 0.04]
    assert life.events[-2].kind == "gave-up"


class TestFallback:
    """REST polling, the silent way out."""

    @pytest.fixture
    def polled(self, answering: Start) -> ApiRequest:
        body = json.dumps({"bots": []}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return ApiRequest(f"http://127.0.0.1:{answering(head.encode() + body).port}/api/bots")

    def test_it_begins_after_the_failed_attempts_and_is_for_ever(
        self, free_port: int, target: Make, live: Start, polled: ApiRequest
    ) -> None:
        life = live(target(free_port, fallback=Fallback(after_attempts=3, every_s=0.03, request=polled)))
        polls = [life.until("polled", number) for number in range(1, 6)]
        assert [event.kind for event in life.events].index("fallback") > 0
        assert len(life.of("refused")) == 4
        assert {(poll.number, poll.size) for poll in polls} == {(200, 12)}
        assert life.of("recovered", "gave-up") == []

    def test_it_may_begin_while_attempts_go_on(
        self, free_port: int, target: Make, live: Start, polled: ApiRequest
    ) -> None:
        life = live(target(free_port, fallback=Fallback(after_attempts=1, every_s=0.01, request=polled)))
        life.until("attempt", 4)
        kinds = [event.kind for event in life.events]
        assert kinds.index("fallback") < kinds.index("attempt", kinds.index("fallback"))

    def test_a_client_that_looks_up_again_comes_back(
        self, speaking: Start, target: Make, live: Start, polled: ApiRequest
    ) -> None:
        server = speaking(*[accept_then_drop] * 5, answer_for_ever)
        fallback = Fallback(after_attempts=3, every_s=0.02, request=polled)
        life = live(target(server.port, fallback=fallback), stable_s=5.0, reprobe_s=0.05)
        life.until("polled")
        life.until("answered")
        kinds = [event.kind for event in life.events]
        assert kinds.index("fallback") < kinds.index("recovered") < kinds.index("answered")

    def test_the_page_s_first_request_stands_in(
        self, free_port: int, target: Make, live: Start, polled: ApiRequest
    ) -> None:
        plain = target(free_port, fallback=Fallback(after_attempts=0, every_s=0.02))
        life = live(replace(plain, api=(polled,)))
        assert life.until("polled").number == 200
        assert life.of("fallback")[0].text == polled.url

    def test_a_target_without_any_request_is_not_asked(self, free_port: int, target: Make, live: Start) -> None:
        life = live(target(free_port, fallback=Fallback(after_attempts=0)))
        life.until("attempt", 4)
        life.leave()
        assert (life.of("fallback")[0].text, life.of("polled")) == ("", [])

    def test_a_poll_that_nobody_answers_has_no_status(self, free_port: int, target: Make, live: Start) -> None:
        request = ApiRequest(f"http://127.0.0.1:{free_port}/api/bots")
        life = live(target(free_port, fallback=Fallback(after_attempts=0, every_s=0.02, request=request)))
        assert [life.until("polled", number).number for number in (1, 2)] == [None, None]


def test_a_flood_keeps_no_beat_from_its_answer(speaking: Start, target: Make, live: Start) -> None:
    message = b'{"type":"tick","data":{"seq":%d}}'

    def flood(peer: Any) -> None:
        lot = b"".join(bytes([0x81, len(text)]) + text for text in (message % n for n in range(100, 999)))
        while True:
            peer.connection.sendall(lot)
            peer.pong_what_came()

    life = live(target(speaking(flood).port, heartbeat_timeout_s=20.0), count=20)
    life.over()
    assert len(life.of("answered")) == 20
    assert len(life.of("message")) > 10_000
    assert life.of("closed", "missed") == []


def test_a_server_that_only_pings_and_never_reads_does_not_hold_the_beats_up(
    speaking: Start, target: Make, live: Start
) -> None:
    def ping_and_never_read(peer: Any) -> None:
        peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lot = (bytes([0x89, 125]) + b"p" * 125) * 500
        while not gone.is_set():
            peer.connection.sendall(lot)

    life = live(target(speaking(ping_and_never_read).port))
    assert life.until("closed").number == 1006
    assert len(life.of("beat")) >= 5


def test_answers_that_nobody_asked_for_are_messages(speaking: Start, target: Make, live: Start) -> None:
    def beat_back_faster(peer: Any) -> None:
        for _ in range(50):
            peer.send(b'{"type":"connection:pong","correlationId":"nobody"}')
            peer.send(b"nobody", 10)
        answer_for_ever(peer)

    life = live(target(speaking(beat_back_faster).port, dialect="orchestration"))
    life.until("closed")
    assert [event.text for event in life.of("message")].count("connection:pong") == 50
    assert life.of("answered") == []


def test_pings_are_answered_unless_the_client_cannot(speaking: Start, target: Make, live: Start) -> None:
    seen: list[int] = []
    told = threading.Event()

    def ping_first(peer: Any) -> None:
        peer.send(b"are you there", 9)
        seen.extend(peer.receive()[0] for _ in range(3))
        told.set()
        answer_for_ever(peer)

    for answers, opcodes in ((True, [10, 1, 1]), (False, [1, 1, 1])):
        told.clear()
        seen.clear()
        live(target(speaking(ping_first).port, answers_pings=answers))
        assert told.wait(30)
        assert seen == opcodes


def test_the_clock_can_be_somebody_else_s(speaking: Start, target: Make, live: Start) -> None:
    began = time.monotonic() - 1000
    life = live(target(speaking(answer_for_ever).port), started=began, count=1, until_s=1060.0)
    life.over()
    assert all(1000 <= event.at_s < 1060 for event in life.events)
    assert life.of("answered")


def test_a_dialect_that_is_told_by_the_greeting_beats_in_it(speaking: Start, target: Make, live: Start) -> None:
    def greet(peer: Any) -> None:
        peer.send(b'{"type":"connection:established"}')
        while True:
            opcode, payload = peer.receive()
            if opcode == 1:
                identifier = json.loads(payload)["messageId"]
                peer.send(json.dumps({"type": "connection:pong", "correlationId": identifier}).encode())

    life = live(target(speaking(greet).port, dialect="auto"), count=2)
    life.over()
    assert life.of("recognised")[0].text == "orchestration: the server greets in it"
    assert {event.text for event in life.of("answered")} == {"application"}


def test_without_an_application_heartbeat_the_protocol_s_ping_decides(
    speaking: Start, target: Make, live: Start
) -> None:
    life = live(target(speaking(answer_for_ever).port, dialect="protocol"), pings=True, count=3)
    life.over()
    assert [(event.number, event.text) for event in life.of("beat")] == [(n, "protocol") for n in (1, 2, 3)]


def test_a_long_policy_is_cut_short_by_stop(free_port: int, target: Make, live: Start) -> None:
    life = live(target(free_port, reconnect=Reconnect(attempts=3, interval_s=3600.0, max_interval_s=3600.0)))
    life.until("waiting")
    life.leave()
    assert life.events[-1].kind == "ended"


def test_an_unknown_dialect_costs_no_connection(speaking: Start, target: Make) -> None:
    server = speaking(answer_for_ever)
    unknown = target(server.port, dialect="klingon")
    with pytest.raises(UnknownDialectError):
        ReferenceClient(unknown, unknown.page_route, lambda _: None).run(5)
    assert server.connections == []
