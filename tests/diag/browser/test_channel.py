"""An open socket: the answers Chromium sends, its timers, and the close event of the page."""

from __future__ import annotations

import pytest

from diag.browser.channel import CLOSING_TIMEOUT_MS, TCP_CLOSE_TIMEOUT_MS, Channel, CloseEvent

HELLO = b"\x81\x05hello"
BYE = b"\x88\x05\x03\xe8bye"


def opened(*received: bytes) -> Channel:
    channel = Channel(None)
    for data in received:
        channel.receive(data, 0)
    return channel


def test_answers_a_close_with_the_same_code_and_waits_two_seconds_for_the_end_of_tcp() -> None:
    channel = opened(BYE)

    assert channel.sent == [(8, b"\x03\xe8bye")]
    assert (channel.event, channel.deadline) == (None, TCP_CLOSE_TIMEOUT_MS)
    channel.expire()
    assert channel.event == CloseEvent(1000, "bye", True)


@pytest.mark.parametrize(
    ("received", "event"),
    [
        pytest.param([], CloseEvent(), id="nothing"),
        pytest.param([HELLO], CloseEvent(), id="only data"),
        pytest.param([BYE], CloseEvent(1000, "bye", True), id="a close"),
        pytest.param([b"\x88\x00"], CloseEvent(1005, "", True), id="an empty close"),
        pytest.param([BYE, b"\x81"], CloseEvent(1000, "bye", True), id="half a header after the close"),
        pytest.param([b"\x88\x05\x03"], CloseEvent(), id="half a close"),
    ],
)
def test_end_of_stream_is_clean_only_behind_a_close(received: list[bytes], event: CloseEvent) -> None:
    channel = opened(*received)
    channel.end_of_stream()

    assert (channel.event, channel.failure) == (event, None)


def test_a_reset_is_never_clean() -> None:
    for received, event in (([BYE], CloseEvent(1000, "bye", False)), ([HELLO], CloseEvent())):
        channel = opened(*received)
        channel.reset()
        assert channel.event == event


def test_a_reset_right_behind_the_close_loses_its_code_because_the_answer_cannot_be_written() -> None:
    channel = opened(BYE)
    channel.reset(at_once=True)
    assert channel.event == CloseEvent()

    asked = Channel(None)
    asked.close(1000, "", 0)
    asked.receive(BYE, 0)
    asked.reset(at_once=True)
    assert asked.event == CloseEvent(1000, "bye", False)


@pytest.mark.parametrize(
    ("data", "sent", "failure"),
    [
        pytest.param(b"\x83\x00", (8, b"\x03\xeaUnknown opcode"), "Unrecognized frame opcode: 3", id="opcode"),
        pytest.param(b"\x88\x02\x03\xed", (8, b"\x03\xea"), "Received a broken close frame", id="close with 1005"),
        pytest.param(
            b"\x89\x7e\x00\x7e", (8, b"\x03\xeaWebSocket Protocol Error"), "Invalid frame header", id="header"
        ),
    ],
)
def test_a_violation_sends_1002_and_ends_at_once_with_1006(data: bytes, sent: tuple[int, bytes], failure: str) -> None:
    channel = opened(data)

    assert (channel.event, channel.sent) == (CloseEvent(), [sent])
    assert channel.failure is not None
    assert failure in channel.failure


def test_a_frame_behind_the_close_undoes_it() -> None:
    channel = opened(BYE, HELLO)

    assert (channel.event, channel.failure) == (CloseEvent(), "Data frame received after close")
    assert [opcode for opcode, _ in channel.sent] == [8]


def test_a_header_it_cannot_read_hides_the_frames_of_the_same_read() -> None:
    too_big = b"\x82\x7f" + (1 << 32).to_bytes(8, "big")

    assert opened(BYE + too_big).event == CloseEvent()
    assert opened(BYE, too_big).event == CloseEvent(1000, "bye", False)


def test_a_frame_of_2_gib_ends_the_connection_silently() -> None:
    channel = opened(b"\x82\x7f" + (1 << 31).to_bytes(8, "big"))

    assert (channel.event, channel.failure, channel.sent) == (CloseEvent(), None, [])


def test_answers_pings_until_it_closes() -> None:
    channel = opened(b"\x89\x01a")
    channel.close(1000, "", 0)
    channel.receive(b"\x89\x01b", 1)
    channel.send(1, b"late")

    assert channel.sent == [(10, b"a"), (8, b"\x03\xe8")]


def test_the_page_closes_and_hears_the_servers_code() -> None:
    channel = Channel(None)
    channel.close(3001, "mine", 100)
    assert (channel.sent, channel.deadline) == ([(8, b"\x0b\xb9mine")], 100 + CLOSING_TIMEOUT_MS)

    channel.receive(b"\x88\x06\x0f\xa0late", 200)
    assert channel.deadline == 200 + TCP_CLOSE_TIMEOUT_MS
    channel.end_of_stream()
    assert channel.event == CloseEvent(4000, "late", True)


def test_the_page_closes_and_nobody_answers() -> None:
    channel = Channel(None)
    channel.close(1005, "", 0)
    channel.receive(HELLO + b"\x81\x01\xff", 1)
    assert (channel.event, channel.sent) == (None, [(8, b"")])

    channel.expire()
    assert channel.event == CloseEvent()


def test_only_the_first_end_counts() -> None:
    channel = opened(BYE)
    channel.end_of_stream()
    channel.receive(HELLO, 1)
    channel.close(1000, "", 1)
    channel.reset()

    assert (channel.event, channel.deadline) == (CloseEvent(1000, "bye", True), None)
