"""A plain client that met Engine.IO, by its words or by its second of patience."""

from __future__ import annotations

import pytest


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
