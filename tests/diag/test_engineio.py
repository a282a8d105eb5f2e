"""Engine.IO from outside: who speaks it, and what its answers say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.engineio import engine_url, open_packet, polls, refusal, speaks
from diag.model import ApiRequest, Client, Route, Target
from diag.observations import Answer

URL = "wss://app.example/chat/socket.io/?EIO=4&transport=websocket&token=x%26y"


def answer(body: str, status: int = 200) -> Answer:
    return Answer(status, "", "HTTP/1.1", (), body.encode())


def target(url: str, dialect: str = "orchestration", *api: str) -> Target:
    requests = tuple(ApiRequest(each) for each in api)
    return Target("https://app.example", url, (Route("proxy", url),), api=requests, client=Client(dialect=dialect))


@pytest.mark.parametrize(
    ("url", "dialect", "spoken"),
    [
        pytest.param("ws://a/socket.io/?EIO=4", "orchestration", True, id="Socket.IO's path"),
        pytest.param("ws://a/engine.io", "plain", True, id="Engine.IO's path"),
        pytest.param(URL, "plain", True, id="below another path"),
        pytest.param("ws://a/realtime", "socketio", True, id="the dialect"),
        pytest.param("ws://a/socket.io-docs/ws", "plain", False, id="a longer name"),
        pytest.param("ws://a/ws?next=/socket.io/", "plain", False, id="only in the query"),
    ],
)
def test_who_speaks_it(url: str, dialect: str, spoken: bool) -> None:
    assert speaks(target(url, dialect)) is spoken


def test_a_client_that_polls_shows_in_the_pages_requests() -> None:
    assert polls(target(URL, "socketio", "https://app.example/chat/socket.io/?EIO=4&transport=polling"))
    assert not polls(target(URL, "socketio", "https://app.example/api/health"))


def test_a_url_keeps_what_is_not_engine_io_s_own() -> None:
    polling = engine_url(URL + "&sid=old", transport="polling")
    assert polling == "wss://app.example/chat/socket.io/?EIO=4&transport=polling&token=x%26y"
    assert engine_url("ws://a/socket.io/", transport="polling") == "ws://a/socket.io/?EIO=4&transport=polling"
    assert engine_url("ws://a/?EIO=3", EIO="4", sid="s-1") == "ws://a/?EIO=4&sid=s-1"


def test_the_open_packet_of_both_revisions() -> None:
    packet = '0{"sid":"a_B-1","upgrades":["websocket"],"pingInterval":25000}'
    new, old = open_packet(answer(packet)), open_packet(answer(f"{len(packet)}:{packet}2:40"))
    assert new is not None
    assert (new.sid, new.upgrades, new.version) == ("a_B-1", ("websocket",), "4")
    assert old == replace(new, version="3")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="nobody answered"),
        pytest.param(answer('0{"sid":"a","upgrades":[]}', 400), id="an error"),
        pytest.param(answer("<!doctype html>"), id="a page"),
        pytest.param(answer('0{"sid":"a"'), id="half of it"),
        pytest.param(answer('0{"sid":["a"],"upgrades":[]}'), id="no text for an id"),
        pytest.param(answer('0{"sid":"a&b=c","upgrades":[]}'), id="an id that would change the URL"),
        pytest.param(answer('0{"sid":"' + "a" * 101 + '","upgrades":[]}'), id="a long id"),
        pytest.param(answer('0{"sid":"a","upgrades":"websocket"}'), id="no list"),
        pytest.param(answer("0" + '{"a":' * 5000), id="nested deeply"),
    ],
)
def test_what_is_no_open_packet(given: Answer | None) -> None:
    assert open_packet(given) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param(answer('{"code":1,"message":"Session ID unknown"}', 400), "unknown-session", id="engine.io"),
        pytest.param(answer('"Invalid session abc"', 400), "unknown-session", id="python-engineio"),
        pytest.param(answer("Transport unknown", 400), "unknown-transport", id="engine.io, to an upgrade"),
        pytest.param(answer('"Invalid transport"', 400), "unknown-transport", id="python-engineio's transport"),
        pytest.param(answer("Unsupported protocol version", 400), "unsupported-version", id="a version"),
        pytest.param(answer("Session ID unknown"), None, id="200"),
        pytest.param(answer("Bad Request", 400), None, id="another 400"),
        pytest.param(None, None, id="nobody answered"),
    ],
)
def test_why_it_refuses(given: Answer | None, why: str | None) -> None:
    assert refusal(given) == why
