"""The fast path and the complete parser must tell the same story, and so must an independent library."""

from __future__ import annotations

import random

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.frames import Opcode as WsOpcode
from websockets.protocol import State
from websockets.uri import parse_uri

from diag.browser.frame_events import Close, Event, Message, Ping, Pong, Violation
from diag.browser.frames import FrameReader
from scenarios.engine import inbound
from scenarios.engine.inbound import Inbound

KINDS = {inbound.TEXT: "text", inbound.BINARY: "binary", inbound.PING: "ping", inbound.PONG: "pong"}
SIZES = [0, 1, 2, 50, 124, 125, 126, 127, 300, 5000, 65534, 65535, 65536, 70000]


def story(events: list[Event]) -> list[tuple]:
    told: list[tuple] = []
    for event in events:
        match event:
            case Message(kind=kind, data=data):
                told.append((kind, data.encode() if isinstance(data, str) else data))
            case Ping(payload=payload):
                told.append(("ping", payload))
            case Pong(payload=payload):
                told.append(("pong", payload))
            case Close(code=code, reason=reason):
                told.append(("close", code, reason))
            case Violation(problem=problem):
                told.append(("violation", problem))
    return told


def fast_story(pieces: list[bytes]) -> list[tuple]:
    side, told = Inbound(None), []
    for piece in pieces:
        frames, events = side.feed(piece)
        told += [(KINDS[first], payload) for first, payload in frames] + story(events)
    return told + story(side.finish())


def frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def random_payload(dice: random.Random, text: bool) -> bytes:
    size = dice.choice(SIZES)
    if not text:
        return dice.randbytes(size)
    alphabet = dice.choice(["abc{}", "aé\u20ac\U0001f600"])
    return "".join(dice.choices(alphabet, k=size // (1 if alphabet.isascii() else 2))).encode()


def random_stream(dice: random.Random, *, valid: bool) -> bytes:
    stream = b""
    for _ in range(dice.randrange(1, 12)):
        match dice.randrange(12 if valid else 16):
            case 0:
                stream += frame(0x89, dice.randbytes(dice.randrange(126)))
            case 1:
                stream += frame(0x8A, dice.randbytes(dice.randrange(126)))
            case 2:
                stream += frame(0x82, random_payload(dice, text=False))
            case 3:
                whole = random_payload(dice, text=True)
                cut = dice.randrange(len(whole) + 1)
                stream += frame(0x01, whole[:cut]) + frame(0x89, b"between") + frame(0x80, whole[cut:])
            case 12:
                stream += frame(0x81, b"ab\xff" + bytes(dice.randrange(200)))
            case 13:
                stream += bytes((dice.choice([0x83, 0xC1, 0x91, 0x8B, 0x80, 0x09]), dice.randrange(130)))
            case 14:
                stream += bytes((0x81, 126, 0, dice.randrange(126))) + dice.randbytes(10)
            case 15:
                stream += frame(0x88, dice.choice([b"", b"\x03", b"\x03\xe8bye", b"\x03\xed", b"\x03\xe8\xff"]))
            case _:
                stream += frame(0x81, random_payload(dice, text=True))
    return stream


def split(dice: random.Random, stream: bytes) -> list[bytes]:
    cuts = sorted(dice.randrange(len(stream) + 1) for _ in range(dice.choice([0, 1, 3, 30])))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) if b > a]


@pytest.mark.parametrize("seed", range(0, 600, 100))
def test_fast_path_and_reader_equal_the_reader_alone(seed: int) -> None:
    for number in range(seed, seed + 100):
        dice = random.Random(number)
        stream = random_stream(dice, valid=False)
        stream = stream[: dice.choice([len(stream), len(stream), dice.randrange(len(stream) + 1)])]
        assert fast_story(split(dice, stream)) == story(FrameReader().feed(stream)), number


@pytest.mark.parametrize("seed", range(0, 150, 50))
def test_an_independent_library_reads_the_same_from_valid_streams(seed: int) -> None:
    for number in range(seed, seed + 50):
        dice = random.Random(number)
        stream = random_stream(dice, valid=True)
        theirs = ClientProtocol(parse_uri("ws://localhost/"), max_size=None)
        theirs.state = State.OPEN
        theirs.parser = theirs.parse()
        next(theirs.parser)
        told: list[tuple] = []
        parts, kind = b"", ""
        for piece in split(dice, stream):
            theirs.receive_data(piece)
            for event in theirs.events_received():
                assert isinstance(event, Frame)
                if event.opcode in (WsOpcode.PING, WsOpcode.PONG):
                    told.append((event.opcode.name.lower(), bytes(event.data)))
                    continue
                kind = event.opcode.name.lower() if event.opcode is not WsOpcode.CONT else kind
                parts += event.data
                if event.fin:
                    told.append((kind, parts))
                    parts = b""
        assert fast_story(split(dice, stream)) == told, number


@pytest.mark.parametrize(
    ("data", "at"),
    [
        pytest.param(frame(0x81, b"hello"), 2, id="short"),
        pytest.param(frame(0x81, b"x" * 200), 4, id="two bytes of length"),
        pytest.param(frame(0x81, b""), 2, id="empty"),
        pytest.param(frame(0x81, b"hello")[:-1], 0, id="not whole"),
        pytest.param(frame(0x81, b"a") * 2, 0, id="two frames"),
        pytest.param(frame(0x82, b"hello"), 0, id="binary"),
        pytest.param(frame(0x01, b"hello"), 0, id="a fragment"),
        pytest.param(frame(0xC1, b"hello"), 0, id="compressed"),
        pytest.param(b"\x81\x85\0\0\0\0hello", 0, id="masked"),
        pytest.param(b"\x81\x7e\x00\x05hello", 0, id="a length that has a shorter form"),
        pytest.param(b"\x81", 0, id="half a header"),
        pytest.param(b"\x81\x7e", 0, id="half a length"),
        pytest.param(b"", 0, id="nothing"),
    ],
)
def test_what_is_exactly_one_text_frame(data: bytes, at: int) -> None:
    assert inbound.text_at(data) == at


@pytest.mark.parametrize(
    ("pieces", "answered"),
    [
        pytest.param([frame(0x88, b"\x03\xe8")], True, id="close"),
        pytest.param([frame(0x81, b"late") + frame(0x88, b"")], True, id="behind a message"),
        pytest.param([b"\x88", b"\x02\x03", b"\xe8"], True, id="byte by byte"),
        pytest.param([frame(0x01, b"frag"), frame(0x88, b"")], True, id="inside a fragmented message"),
        pytest.param([b"\x83\x00"], True, id="a violation ends it, too"),
        pytest.param([frame(0x81, b"late"), frame(0x89, b"p")], False, id="only data"),
        pytest.param([b"\x88\x02\x03"], False, id="half a close"),
    ],
)
def test_what_answers_our_close(pieces: list[bytes], answered: bool) -> None:
    side = Inbound(None)
    side.ignore_data()
    assert (True in [side.answered(piece) for piece in pieces]) == answered
