"""A plain client that met Engine.IO, by its words or by its second of patience."""

from __future__ import annotations

import pytest

from diag.observations import Closed

V4 = "ws://localhost:5173/socket.io/?EIO=4&transport=websocket"
V3 = V4.replace("EIO=4", "EIO=3")
OPEN = '0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}'
POLLS = "http://localhost:5173/socket.io/?EIO=4&transport=polling"


def engine(s, url: str = V4, polling: str = OPEN):
    """A page on Engine.IO, and what its polling transport answers."""
    return s.only(url).client(dialect="socketio").answers("proxy", 200, polling, variants=("polling",))


def refuses(words: str, url: str = V4, polling: str = OPEN):
    return lambda s: engine(s, url, polling).answers("proxy", 400, words)


def spread(*known: bool, polls: bool = False):
    """The socket opens; a session that polling began is known to these of the connections that ask for it."""

    def tell(s):
        engine(s).opens("proxy")
        if polls:
            s.rest(POLLS, s.answer(200, OPEN, "text/plain"))
        for number, knows in enumerate(known, 1):
            variant = f"sid=abc;{number}"
            s.switches("proxy", variant) if knows else s.answers("proxy", 400, UNKNOWN, variants=(variant,))
        return s

    return tell


UNKNOWN = '{"code":1,"message":"Session ID unknown"}'
REVISION_3 = f"{len(OPEN)}:{OPEN}2:40"


def ends_at_once(other: int | None, after_ms: float = 20.0):
    """Closed at once; a session of the other revision lives, or is closed with this code."""

    def tell(s):
        engine(s).switches("proxy").closes("proxy", 1000, after_ms=after_ms, sent_total=0, received_total=1)
        closed = Closed(other, "", True, "close-frame", 20.0) if other else None
        return s.switches("proxy", "eio=3").session("proxy", "eio=3", closed=closed, watched_ms=1000.0)

    return tell


def ended(after_ms: float, reason: str = "eof"):
    return lambda s: s.silent("proxy", "http", reason, took_ms=after_ms).unknown_path("proxy", "get")


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "plain-client-to-socketio",
            lambda s: s.answers("proxy", 400, '{"code":0,"message":"Transport unknown"}', "application/json"),
            id="Transport unknown as JSON",
        ),
        pytest.param(
            "plain-client-to-socketio", lambda s: s.answers("proxy", 400, "Transport unknown"), id="and as plain text"
        ),
        pytest.param(
            "plain-client-to-socketio",
            lambda s: s.switches("proxy").closes("proxy", 1005, after_ms=120, greeting='0{"sid":"a","upgrades":[]}'),
            id="it opens, and the server speaks Engine.IO",
        ),
        pytest.param("socketio-wrong-path", ended(1002), id="closed after a second"),
        pytest.param(
            "socketio-version-mismatch",
            refuses("Unsupported protocol version", V3),
            id="an old client, by a new server",
        ),
        pytest.param(
            "socketio-version-mismatch",
            refuses('{"code":5,"message":"Unsupported protocol version"}', V3),
            id="and as JSON",
        ),
        pytest.param(
            "socketio-version-mismatch",
            refuses('"The client is using an unsupported version of the Socket.IO or Engine.IO protocols"', V3),
            id="in python-engineio's words",
        ),
        pytest.param(
            "socketio-version-mismatch",
            lambda s: engine(s, polling=REVISION_3).opens("proxy"),
            id="a new client, and an old server that takes it",
        ),
        pytest.param(
            "socketio-version-mismatch",
            lambda s: (
                engine(s, V3)
                .violates("proxy", "control-fragmented")
                .switches("proxy")
                .answers("proxy", 400, '{"code":5}Unsupported protocol version', variants=("polling",))
            ),
            id="engine.io's 400 behind its own 101",
        ),
        pytest.param("socketio-version-mismatch", ends_at_once(None), id="closed at once; the other revision lives"),
        pytest.param(
            "socketio-polling-only",
            refuses("Transport unknown", polling=OPEN.replace('"websocket"', "")),
            id="no upgrades offered",
        ),
        pytest.param(
            "socketio-polling-only",
            refuses('"Invalid transport"', polling=OPEN.replace('"websocket"', "")),
            id="in python-engineio's words",
        ),
        pytest.param(
            "socketio-polling-only",
            lambda s: (
                engine(s)
                .answers("proxy", 403, variants=("browser", "no-origin", "own-origin", "sibling"))
                .answers("proxy", 400, '"Invalid transport"', variants=("get",))
            ),
            id="python-engineio behind uvicorn: an empty 403",
        ),
        pytest.param(
            "socketio-not-sticky", spread(True, False, True, False, polls=True), id="every other connection knows it"
        ),
        pytest.param("socketio-not-sticky", spread(False, False, False, True, polls=True), id="one of four"),
        pytest.param("socketio-wrong-path", ended(1290), id="on a slow machine"),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "plain-client-to-socketio",
            lambda s: s.answers("proxy", 400, "Bad Request"),
            "unexplained",
            id="another 400",
        ),
        pytest.param(
            "plain-client-to-socketio",
            lambda s: s.switches("proxy").session("proxy", greeting='{"type":"hello","sid":"0"}'),
            None,
            id="another greeting",
        ),
        pytest.param("plain-client-to-socketio", ended(1002), "socketio-wrong-path", id="no words at all"),
        pytest.param("plain-client-to-socketio", spread(True), None, id="a Socket.IO client"),
        pytest.param("socketio-version-mismatch", lambda s: engine(s).opens("proxy"), None, id="both of revision 4"),
        pytest.param(
            "socketio-version-mismatch",
            lambda s: engine(s, V3, REVISION_3).opens("proxy"),
            None,
            id="both of revision 3",
        ),
        pytest.param(
            "socketio-version-mismatch", refuses("Transport unknown"), "socketio-polling-only", id="another error"
        ),
        pytest.param("socketio-version-mismatch", ends_at_once(1000), "closed-by-server", id="the other one ends too"),
        pytest.param(
            "socketio-version-mismatch", ends_at_once(None, 4000.0), "closed-by-server", id="it lived for a while"
        ),
        pytest.param(
            "socketio-polling-only",
            lambda s: (
                s.only("ws://localhost:5173/socket.io/")
                .answers("proxy", 400, "Transport unknown")
                .answers("proxy", 200, OPEN.replace('"websocket"', ""), variants=("polling",))
            ),
            "plain-client-to-socketio",
            id="the URL asks for no transport",
        ),
        pytest.param(
            "socketio-polling-only",
            lambda s: engine(s).answers("proxy", 403, "no"),
            "auth-forbidden",
            id="it offers WebSocket, and refuses for another reason",
        ),
        pytest.param(
            "socketio-polling-only",
            lambda s: s.only(V4).answers("proxy", 400, "Transport unknown"),
            "plain-client-to-socketio",
            id="polling does not work either",
        ),
        pytest.param("socketio-not-sticky", spread(True, True, True, True, polls=True), None, id="all know it"),
        pytest.param("socketio-not-sticky", spread(False, False, polls=True), None, id="none knows it"),
        pytest.param("socketio-not-sticky", spread(polls=True), None, id="nobody asked"),
        pytest.param("socketio-wrong-path", ended(40), "tcp-reset-in-handshake", id="closed at once"),
        pytest.param("socketio-wrong-path", ended(5000), "tcp-reset-in-handshake", id="closed much later"),
        pytest.param("socketio-wrong-path", ended(1002, "reset"), "tcp-reset-in-handshake", id="reset, not closed"),
        pytest.param(
            "socketio-wrong-path",
            lambda s: s.silent("proxy", "http", "eof", took_ms=1002).silent("proxy", "http", "eof", "get"),
            "tcp-reset-in-handshake",
            id="a plain GET is not answered either",
        ),
        pytest.param(
            "socketio-wrong-path",
            lambda s: s.silent("proxy", "http", "eof", took_ms=12).answers("proxy", 502, variants=("get",)),
            "vite-proxy-target-down",
            id="Vite without its target",
        ),
        pytest.param(
            "socketio-wrong-path",
            lambda s: s.hangs("proxy").hangs("proxy", "get"),
            "backend-hang",
            id="not closed at all",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_a_client_that_begins_with_websocket_needs_no_sticky_sessions(must_mention) -> None:
    report = must_mention(spread(True, False), "socketio-not-sticky", None)
    [found] = report.findings
    assert (found.severity.value, report.verdict.value) == ("warning", "healthy")
