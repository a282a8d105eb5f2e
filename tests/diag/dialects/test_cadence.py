"""The beats that a server owes by itself: its greeting, and then one in every interval."""

from __future__ import annotations

import pytest

from diag.dialects import Cadence, load

OPEN = '0{"sid":"a","pingInterval":300}'


def heard(name: str, *messages: tuple[float, str]) -> Cadence:
    cadence, dialect = Cadence(), load(name)
    for at, data in messages:
        for message in dialect.hear(data):
            cadence.heard(dialect, message, at)
    return cadence


@pytest.mark.parametrize(
    ("name", "messages", "now", "expected"),
    [
        pytest.param("socketio", [(5, OPEN), (305, "2")], 400, [(0, 5), (305, 305)], id="greeting and beat"),
        pytest.param("socketio", [(5, OPEN)], 604, [(0, 5)], id="a beat that is late by less than an interval"),
        pytest.param("socketio", [(5, OPEN)], 606, [(0, 5), (305, None)], id="a beat that is missing"),
        pytest.param("socketio", [(5, OPEN)], 1000, [(0, 5), (305, None), (605, None)], id="and another"),
        pytest.param("socketio", [(5, OPEN), (310, '42["x"]')], 900, [(0, 5)], id="another message is as good"),
        pytest.param("socketio", [(5, OPEN), (900, "2")], 900, [(0, 5), (305, None), (900, 900)], id="late"),
        pytest.param("socketio", [], 700, [(0, None)], id="no greeting"),
        pytest.param("socketio", [(9, '{"type":"x"}')], 700, [(0, None)], id="another dialect's greeting"),
        pytest.param("socketio", [(5, '0{"sid":"a"}')], 49_000, [(0, 5)], id="nothing announced: 25 seconds"),
        pytest.param("socketio", [(5, '0{"pingInterval":1}')], 204, [(0, 5)], id="no shorter than 100 ms"),
        pytest.param("actioncable", [(5, '{"type":"welcome"}')], 6006, [(0, 5), (3005, None)], id="3 seconds"),
        pytest.param("stomp", [(5, "CONNECTED\nheart-beat:0,0\n\n\0")], 1e6, [(0, 5)], id="none were promised"),
        pytest.param("stomp", [(5, "CONNECTED\n\n\0")], 1e6, [(0, 5)], id="nothing was promised"),
        pytest.param(
            "stomp", [(5, "CONNECTED\r\nheart-beat:10,0\r\n\r\n\0")], 2006, [(0, 5), (1005, None)], id="as asked for"
        ),
        pytest.param("stomp", [(5, "CONNECTED\nheart-beat:4000,0\n\n\0")], 8000, [(0, 5)], id="as promised"),
        pytest.param("orchestration", [], 700, [], id="a server that need not beat"),
        pytest.param("mqtt", [], 700, [], id="nor this one"),
    ],
)
def test_beats(name: str, messages: list[tuple[float, str]], now: float, expected: list) -> None:
    assert list(heard(name, *messages).until(load(name), now)) == expected


def test_a_flood_of_beats_takes_no_memory() -> None:
    cadence = heard("socketio", (5, OPEN), *((n / 100, "2") for n in range(600, 5000)))
    assert len(cadence.until(load("socketio"), 1e12)) == 1000


def test_a_second_greeting_is_no_second_beat() -> None:
    assert len(heard("socketio", (5, OPEN), (6, OPEN)).beats) == 1
