"""What a server's frames are to Chromium, and what a client writes."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.extensions import DeflateParameters
from diag.browser.frames import (
    Close,
    Event,
    FrameHeader,
    FrameReader,
    Message,
    Ping,
    Pong,
    Violation,
    encode_close,
    encode_frame,
)

DEFLATE = DeflateParameters()
TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """A server's frame: unmasked, its length in the shortest form."""
    length = len(payload)
    if length < 126:
        size = bytes([length])
    elif length < 65536:
        size = b"\x7e" + length.to_bytes(2, "big")
    else:
        size = b"\x7f" + length.to_bytes(8, "big")
    return bytes([fin << 7 | rsv << 4 | opcode]) + size + payload


def deflated(data: bytes, wbits: int = -15) -> bytes:
    stream = zlib.compressobj(wbits=wbits)
    return (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def read(*pieces: bytes, deflate: DeflateParameters | None = None, limit: int = 1 << 20) -> list[Event]:
    reader = FrameReader(deflate, max_message=limit)
    return [event for piece in pieces for event in reader.feed(piece)]


def problem(events: Sequence[Event]) -> str | None:
    return events[-1].problem if events and isinstance(events[-1], Violation) else None


@pytest.mark.parametrize(
    ("data", "events"),
    [
        pytest.param(frame(TEXT, b"hi"), [Message("text", "hi")], id="text"),
        pytest.param(frame(TEXT), [Message("text", "")], id="empty text"),
        pytest.param(frame(BINARY, b"\xff\x00"), [Message("binary", b"\xff\x00")], id="binary"),
        pytest.param(frame(PING, b"p") + frame(PONG), [Ping(b"p"), Pong(b"")], id="ping and pong"),
        pytest.param(frame(CLOSE), [Close(1005)], id="empty close"),
        pytest.param(frame(CLOSE, b"\x0f\xa1why"), [Close(4001, "why")], id="close with a reason"),
        pytest.param(frame(CLOSE, b"\x00\x00"), [Close(0)], id="a code that means nothing"),
        pytest.param(
            frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"\xa9"), [Message("text", "é")], id="split character"
        ),
        pytest.param(
            frame(BINARY, b"a", fin=False) + frame(PING) + frame(CONTINUATION),
            [Ping(b""), Message("binary", b"a")],
            id="ping between fragments",
        ),
        pytest.param(frame(TEXT, b"x" * 126), [Message("text", "x" * 126)], id="16-bit length"),
        pytest.param(frame(BINARY, bytes(65536)), [Message("binary", bytes(65536))], id="64-bit length"),
        pytest.param(
            frame(TEXT, "\ufffe\U0010ffff".encode()), [Message("text", "\ufffe\U0010ffff")], id="odd but UTF-8"
        ),
    ],
)
def test_delivers(data: bytes, events: list[Event]) -> None:
    assert read(data) == events


@pytest.mark.parametrize(
    ("data", "name", "code", "message"),
    [
        pytest.param(
            b"\x81\x81abcdX",
            "masked",
            1002,
            "A server must not mask any frames that it sends to the client.",
            id="masked",
        ),
        pytest.param(
            frame(TEXT, b"x", rsv=4),
            "rsv-bit",
            1002,
            "One or more reserved bits are on: reserved1 = 1, reserved2 = 0, reserved3 = 0",
            id="RSV1",
        ),
        pytest.param(
            frame(PING, b"x", rsv=3),
            "rsv-bit",
            1002,
            "One or more reserved bits are on: reserved1 = 0, reserved2 = 1, reserved3 = 1",
            id="RSV2 and 3",
        ),
        pytest.param(frame(3), "bad-opcode", 1002, "Unrecognized frame opcode: 3", id="data opcode"),
        pytest.param(frame(15), "bad-opcode", 1002, "Unrecognized frame opcode: 15", id="control opcode"),
        pytest.param(frame(TEXT, b"\xff"), "invalid-utf8", 1002, "Could not decode a text frame as UTF-8.", id="UTF-8"),
        pytest.param(
            frame(TEXT, b"\xed\xa0\x80"),
            "invalid-utf8",
            1002,
            "Could not decode a text frame as UTF-8.",
            id="surrogate",
        ),
        pytest.param(
            frame(TEXT, b"\xc3"), "invalid-utf8", 1002, "Could not decode a text frame as UTF-8.", id="cut character"
        ),
        pytest.param(frame(PING, bytes(126)), "control-too-long", 1002, "Invalid frame header", id="long ping"),
        pytest.param(
            frame(CLOSE, fin=False), "control-fragmented", 1002, "Invalid frame header", id="fragmented close"
        ),
        pytest.param(b"\x81\x7e\x00\x7d", "length-encoding", 1002, "Invalid frame header", id="125 in 16 bits"),
        pytest.param(
            b"\x81\x7f" + (65535).to_bytes(8, "big"),
            "length-encoding",
            1002,
            "Invalid frame header",
            id="65535 in 64 bits",
        ),
        pytest.param(
            b"\x81\x7f" + (1 << 63).to_bytes(8, "big"), "length-encoding", 1002, "Invalid frame header", id="top bit"
        ),
        pytest.param(b"\x82\x7f" + (1 << 31).to_bytes(8, "big"), "too-big", None, None, id="2 GiB"),
        pytest.param(
            frame(CONTINUATION),
            "continuation-unexpected",
            1002,
            "Received unexpected continuation frame.",
            id="continuation of nothing",
        ),
        pytest.param(
            frame(TEXT, fin=False) + frame(BINARY),
            "continuation-expected",
            1002,
            "Received start of new message but previous message is unfinished.",
            id="new message inside",
        ),
        pytest.param(
            frame(CLOSE, b"\x03"),
            "close-payload",
            1002,
            "Received a broken close frame with an invalid size of 1 byte.",
            id="one byte",
        ),
        pytest.param(
            frame(CLOSE, b"\x03\xee"),
            "close-code-reserved",
            1002,
            "Received a broken close frame containing a reserved status code.",
            id="1006",
        ),
        pytest.param(
            frame(CLOSE, b"\x03\xe8\xff"),
            "close-reason-utf8",
            1002,
            "Received a broken close frame containing invalid UTF-8.",
            id="reason",
        ),
        pytest.param(
            frame(CLOSE) + frame(TEXT),
            "frame-after-close",
            None,
            "Data frame received after close",
            id="text after close",
        ),
        pytest.param(
            frame(CLOSE) + frame(CLOSE), "frame-after-close", None, "Close received after close", id="close after close"
        ),
    ],
)
def test_names_the_violation(data: bytes, name: str, code: int | None, message: str | None) -> None:
    violation = read(data)[-1]

    assert isinstance(violation, Violation)
    assert (violation.problem, violation.close_code, violation.message) == (name, code, message)


@pytest.mark.parametrize("code", [1005, 1006, 1015])
def test_reserved_codes_break_a_close_frame(code: int) -> None:
    assert problem(read(frame(CLOSE, code.to_bytes(2, "big")))) == "close-code-reserved"


@pytest.mark.parametrize("code", [999, 1000, 1004, 1014, 1016, 2999, 4999, 65535])
def test_other_codes_do_not(code: int) -> None:
    assert read(frame(CLOSE, code.to_bytes(2, "big"))) == [Close(code)]


@pytest.mark.parametrize(
    ("data", "known"),
    [
        pytest.param(b"\x83\x05", True, id="data opcode"),
        pytest.param(b"\x81\x85mask", True, id="mask"),
        pytest.param(b"\x81\x05\xff", True, id="UTF-8"),
        pytest.param(b"\x8b\x05hell", False, id="control frames are judged whole"),
        pytest.param(b"\x81\x85mas", False, id="the masking key belongs to the header"),
        pytest.param(b"\x81\x02\xc3", False, id="the character may still come"),
    ],
)
def test_judges_a_data_frame_before_it_is_complete(data: bytes, known: bool) -> None:
    assert (problem(read(data)) is not None) is known


def test_delivers_nothing_after_a_violation_and_only_one_after_a_close() -> None:
    reader = FrameReader()

    assert problem(reader.feed(frame(3) + frame(TEXT, b"x"))) == "bad-opcode"
    assert reader.feed(frame(TEXT, b"x")) == []
    closed = FrameReader()
    assert closed.feed(frame(CLOSE)) == [Close(1005)]
    assert problem(closed.feed(frame(TEXT, b"x") + frame(TEXT, b"y"))) == "frame-after-close"
    assert closed.feed(frame(TEXT, b"z")) == []


def test_ignores_data_once_our_close_is_out_but_still_reads_the_frames() -> None:
    reader = FrameReader()
    reader.ignore_data()

    assert reader.feed(frame(TEXT, b"\xff") + frame(CONTINUATION) + frame(TEXT, b"x")) == []
    assert reader.feed(frame(CLOSE)) == [Close(1005)]
    strict = FrameReader()
    strict.ignore_data()
    assert problem(strict.feed(frame(TEXT, b"x", rsv=1))) == "rsv-bit"


def test_shows_every_header_to_whoever_asks() -> None:
    seen: list[FrameHeader] = []
    FrameReader(on_header=seen.append).feed(frame(TEXT, b"abc", fin=False) + b"\xcb\x80mask")

    assert seen == [FrameHeader(False, 0, TEXT, False, 3), FrameHeader(True, 4, 11, True, 0)]


@pytest.mark.parametrize(
    ("data", "events"),
    [
        pytest.param(frame(TEXT, deflated(b"hello"), rsv=4), [Message("text", "hello", True)], id="compressed"),
        pytest.param(frame(TEXT, b"plain"), [Message("text", "plain")], id="not compressed"),
        pytest.param(frame(TEXT, rsv=4), [Message("text", "", True)], id="empty"),
        pytest.param(frame(BINARY, deflated(b"\xff"), rsv=4), [Message("binary", b"\xff", True)], id="binary"),
        pytest.param(
            frame(TEXT, deflated(b"ab")[:2], rsv=4, fin=False) + frame(CONTINUATION, deflated(b"ab")[2:]),
            [Message("text", "ab", True)],
            id="fragmented",
        ),
        pytest.param(
            frame(TEXT, zlib.compress(b"x", wbits=-15) + deflated(b"y"), rsv=4),
            [Message("text", "xy", True)],
            id="final block",
        ),
    ],
)
def test_inflates(data: bytes, events: list[Event]) -> None:
    assert read(data, deflate=DEFLATE) == events


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(frame(TEXT, b"\xff\xff", rsv=4), "bad-deflate", id="no DEFLATE"),
        pytest.param(frame(TEXT, deflated(b"\xff"), rsv=4), "invalid-utf8", id="UTF-8 inside"),
        pytest.param(frame(TEXT, fin=False) + frame(CONTINUATION, rsv=4), "rsv-bit", id="RSV1 on a continuation"),
        pytest.param(frame(PING, rsv=4), "rsv-bit", id="RSV1 on a ping"),
        pytest.param(frame(TEXT, deflated(b"x"), rsv=6), "rsv-bit", id="RSV2"),
        pytest.param(frame(CONTINUATION, deflated(b"x"), rsv=4), "continuation-unexpected", id="continuation first"),
        pytest.param(frame(TEXT, fin=False) + frame(TEXT), "continuation-expected", id="new message, not compressed"),
    ],
)
def test_breaks_with_compression(data: bytes, name: str) -> None:
    assert problem(read(data, deflate=DEFLATE)) == name


def test_keeps_the_window_between_messages_whatever_was_agreed() -> None:
    stream = zlib.compressobj(wbits=-15)
    pieces = [(stream.compress(b"again and ") + stream.flush(zlib.Z_SYNC_FLUSH))[:-4] for _ in range(3)]
    data = b"".join(frame(TEXT, piece, rsv=4) for piece in pieces)
    forgetful = DeflateParameters(server_no_context_takeover=True, server_max_window_bits=8)

    assert len(pieces[2]) < len(pieces[0])
    assert read(data, deflate=forgetful) == [Message("text", "again and ", True)] * 3


def test_finds_bad_utf8_in_an_unfinished_compressed_message_only_32_kib_at_a_time() -> None:
    start = frame(TEXT, deflated(b"\xff" + b"a" * 32766), rsv=4, fin=False)
    longer = frame(TEXT, deflated(b"\xff" + b"a" * 32767), rsv=4, fin=False)

    assert problem(read(start, deflate=DEFLATE)) is None
    assert problem(read(start, frame(CONTINUATION), deflate=DEFLATE)) == "invalid-utf8"
    assert problem(read(longer, deflate=DEFLATE)) == "invalid-utf8"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(BINARY, bytes(101)), id="one frame"),
        pytest.param(b"\x82\x7e\x00\xc8", id="announced, and not even begun"),
        pytest.param(frame(TEXT, b"a" * 60, fin=False) + frame(CONTINUATION, b"a" * 60), id="fragments"),
        pytest.param(frame(BINARY, deflated(bytes(101)), rsv=4), id="compressed"),
    ],
)
def test_takes_no_message_beyond_the_limit(data: bytes) -> None:
    violation = read(data, deflate=DEFLATE, limit=100)[-1]

    assert isinstance(violation, Violation)
    assert (violation.problem, violation.close_code) == ("too-big", 1009)


def test_takes_a_message_of_the_limit() -> None:
    assert read(frame(BINARY, bytes(100)), deflate=DEFLATE, limit=100) == [Message("binary", bytes(100))]


def test_a_compression_bomb_costs_no_more_memory_than_the_limit() -> None:
    bomb = frame(BINARY, deflated(bytes(64 << 20)), rsv=4)
    tracemalloc.start()
    try:
        events = read(bomb, deflate=DEFLATE, limit=1 << 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert problem(events) == "too-big"
    assert peak < 8 << 20


def unmask(data: bytes) -> bytes:
    """Turn a client's frame into the server's frame with the same payload."""
    size = {126: 2, 127: 8}.get(data[1] & 0x7F, 0)
    mask, masked = data[2 + size : 6 + size], data[6 + size :]
    payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
    return bytes([data[0], data[1] & 0x7F]) + data[2 : 2 + size] + payload


@given(st.binary(max_size=300) | st.integers(65000, 70000).map(bytes), st.binary(min_size=4, max_size=4))
def test_what_a_client_writes_reads_back(payload: bytes, mask: bytes) -> None:
    written = encode_frame(BINARY, payload, mask)

    assert problem(read(written)) == "masked"
    assert read(unmask(written)) == [Message("binary", payload)]


def test_writes_fragments_compressed_frames_and_closes() -> None:
    assert encode_frame(TEXT, b"ab", b"\0\0\0\0", fin=False, rsv1=True) == b"\x41\x82\0\0\0\0ab"
    assert read(unmask(encode_close(3000, "é", b"abcd"))) == [Close(3000, "é")]
    assert read(unmask(encode_close(1005, "", b"abcd"))) == [Close(1005)]


def written(opcode: int, payload: bytes, fin: bool, rsv: int) -> bytes:
    return frame(opcode, deflated(payload) if rsv == 4 and opcode < 3 else payload, fin=fin, rsv=rsv)


FRAMES = st.builds(
    written,
    st.sampled_from([0, 1, 1, 2, 8, 9, 10, 3, 11]),
    st.sampled_from([b"", b"abc", "é".encode(), b"\xc3", b"\xa9", b"\x03\xe8", b"\x03\xed", b"x" * 130]),
    st.booleans(),
    st.sampled_from([0, 0, 0, 4, 1]),
)
STREAMS = st.lists(FRAMES | st.binary(max_size=8), max_size=8).map(b"".join)
AGREED = st.sampled_from([None, DEFLATE])


@given(STREAMS, AGREED)
def test_never_raises_and_ends_at_the_first_violation(data: bytes, deflate: DeflateParameters | None) -> None:
    events = read(data, deflate=deflate)

    assert not any(isinstance(event, Violation) for event in events[:-1])


@given(STREAMS, AGREED, st.data())
def test_splitting_the_bytes_changes_no_event(
    data: bytes, deflate: DeflateParameters | None, draw: st.DataObject
) -> None:
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=5)))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    single_bytes = [data[at : at + 1] for at in range(len(data))]

    assert read(*pieces, deflate=deflate) == read(*single_bytes, deflate=deflate) == read(data, deflate=deflate)


def test_a_message_in_tiny_fragments_costs_little_more_than_its_bytes() -> None:
    reader = FrameReader()
    reader.feed(frame(BINARY, fin=False))
    tracemalloc.start()
    try:
        for _ in range(20):
            reader.feed((frame(CONTINUATION, b"x", fin=False) + frame(CONTINUATION, fin=False)) * 5000)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert held < 1 << 20
    assert reader.feed(frame(CONTINUATION)) == [Message("binary", b"x" * 100_000)]
