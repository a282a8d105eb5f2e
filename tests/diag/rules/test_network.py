"""Nothing answered: which of the ways to stay silent was it?"""

from __future__ import annotations

import pytest

BOTH_LOOPBACKS = "ws://localhost:5173/ws"
IPV4 = "ws://127.0.0.1:3000/ws"
SSH = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
SETTINGS = b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"
TLS_ALERT = b"\x15\x03\x01\x00\x02\x02\x46"


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "dns-name-not-resolved",
            lambda s: s.only("ws://api.exmaple.test/ws").silent("proxy", "dns", "not-resolved", detail="Name unknown"),
            id="a name with a slip in it",
        ),
        pytest.param("tcp-refused", lambda s: s.refused("proxy").refused("direct"), id="nothing listens anywhere"),
        pytest.param(
            "tcp-refused",
            lambda s: s.refused("proxy").port("proxy", "127.0.0.1", "refused").port("proxy", "::1", "refused"),
            id="neither loopback address listens",
        ),
        pytest.param(
            "tcp-refused", lambda s: s.silent("proxy", "tcp", "reset"), id="the connection attempt itself is reset"
        ),
        pytest.param(
            "tcp-timeout", lambda s: s.silent("proxy", "tcp", "timeout", took_ms=15_000), id="packets get lost"
        ),
        pytest.param("tcp-timeout", lambda s: s.silent("proxy", "tcp", "unreachable"), id="no way to the host"),
        pytest.param(
            "local-descriptors-exhausted",
            lambda s: s.silent("proxy", "tcp", "no-descriptors").silent("direct", "tcp", "no-descriptors"),
            id="no socket can be made",
        ),
        pytest.param(
            "local-ports-exhausted",
            lambda s: s.only(IPV4).silent("proxy", "tcp", "no-ports"),
            id="no port to connect from",
        ),
        pytest.param(
            "tcp-loopback-family-mismatch",
            lambda s: (
                s.only(IPV4).refused("proxy").port("proxy", "127.0.0.1", "refused").port("proxy", "::1", "connected")
            ),
            id="127.0.0.1 is asked and only ::1 listens",
        ),
        pytest.param(
            "tcp-loopback-family-mismatch",
            lambda s: s.only("ws://[::1]:3000/ws").refused("proxy").port("proxy", "127.0.0.1", "connected"),
            id="::1 is asked and only 127.0.0.1 listens",
        ),
        pytest.param(
            "tcp-reset-in-handshake", lambda s: s.silent("proxy", "http", "reset"), id="reset before a status line"
        ),
        pytest.param(
            "tcp-reset-in-handshake",
            lambda s: s.silent("proxy", "http", "eof").unknown_path("proxy", "get"),
            id="closed at once, and a plain GET is answered",
        ),
        pytest.param(
            "port-wrong-protocol", lambda s: s.silent("proxy", "http", "not-http", received=SSH), id="an SSH server"
        ),
        pytest.param(
            "http2-only-port",
            lambda s: s.silent("proxy", "http", "not-http", received=SETTINGS),
            id="HTTP/2 SETTINGS without TLS",
        ),
        pytest.param(
            "response-head-too-large",
            lambda s: s.silent("proxy", "http", "too-large", detail="more than 262144 bytes of headers"),
            id="headers without end",
        ),
        pytest.param(
            "response-head-slow",
            lambda s: s.silent("proxy", "http", "slow", received=b"HTTP/1.1 101 Swi", took_ms=15_000),
            id="a head that never ends",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "dns-name-not-resolved", lambda s: s.refused("proxy"), "tcp-refused", id="not dns: there was an address"
        ),
        pytest.param(
            "tcp-refused",
            lambda s: s.silent("proxy", "tcp", "timeout"),
            "tcp-timeout",
            id="not refused: nothing came back at all",
        ),
        pytest.param(
            "tcp-refused",
            lambda s: s.only(IPV4).refused("proxy").port("proxy", "::1", "connected"),
            "tcp-loopback-family-mismatch",
            id="not refused: the other loopback address listens",
        ),
        pytest.param(
            "tcp-timeout",
            lambda s: s.hangs("proxy").hangs("proxy", "get"),
            "backend-hang",
            id="not a TCP time-out: connected, and HTTP stays silent",
        ),
        pytest.param(
            "tcp-loopback-family-mismatch",
            lambda s: (
                s.only(IPV4).refused("proxy").port("proxy", "127.0.0.1", "refused").port("proxy", "::1", "refused")
            ),
            "tcp-refused",
            id="not a family: both refuse",
        ),
        pytest.param(
            "tcp-loopback-family-mismatch",
            lambda s: s.only("ws://10.0.0.7:3000/ws").refused("proxy").port("proxy", "::1", "connected"),
            "tcp-refused",
            id="not a family: the host is another machine",
        ),
        pytest.param(
            "tcp-reset-in-handshake",
            lambda s: s.silent("proxy", "http", "eof").answers("proxy", 502, "", variants=("get",)),
            "vite-proxy-target-down",
            id="not a reset: Vite's proxy lost its target",
        ),
        pytest.param(
            "tcp-reset-in-handshake",
            lambda s: s.silent("proxy", "http", "eof", took_ms=1002).unknown_path("proxy", "get"),
            "socketio-wrong-path",
            id="not a reset: Engine.IO's second",
        ),
        pytest.param(
            "tcp-reset-in-handshake",
            lambda s: s.silent("proxy", "http", "eof").silent("proxy", "http", "eof", "other-scheme", certificate=True),
            "plain-on-tls-port",
            id="not a reset: the port speaks TLS",
        ),
        pytest.param(
            "port-wrong-protocol",
            lambda s: s.silent("proxy", "http", "not-http", received=SETTINGS),
            "http2-only-port",
            id="not a foreign protocol: HTTP/2",
        ),
        pytest.param(
            "port-wrong-protocol",
            lambda s: s.silent("proxy", "http", "not-http", received=TLS_ALERT),
            "plain-on-tls-port",
            id="not a foreign protocol: a TLS alert",
        ),
        pytest.param(
            "http2-only-port",
            lambda s: s.silent("proxy", "http", "not-http", received=b"\x00\x00\x12\x01" + SETTINGS[4:]),
            "port-wrong-protocol",
            id="not HTTP/2: another frame type comes first",
        ),
        pytest.param(
            "response-head-slow",
            lambda s: s.hangs("proxy").hangs("proxy", "get"),
            "backend-hang",
            id="not slow: no byte at all",
        ),
        pytest.param(
            "response-head-too-large",
            lambda s: s.silent("proxy", "http", "slow", received=b"HTTP/1.1 200 OK\r\nX: aaaa"),
            "response-head-slow",
            id="not too large: it stopped coming",
        ),
        *(
            pytest.param(code, lambda s: s.opens("proxy").opens("direct"), None, id=f"not {code}: all is well")
            for code in ("dns-name-not-resolved", "tcp-refused", "tcp-timeout", "port-wrong-protocol")
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_every_silent_route_is_named_but_only_the_pages_own_is_a_cause(scene) -> None:
    report = scene.opens("proxy").refused("direct").report()
    assert [(item.code, item.route, item.severity.value) for item in report.findings] == [
        ("tcp-refused", "direct", "warning")
    ]
    assert (report.verdict.value, report.primary_cause) == ("healthy", None)


def test_a_connection_that_is_reset_is_not_said_to_be_refused(scene) -> None:
    [found] = scene.only("ws://10.0.0.7/ws").silent("proxy", "tcp", "reset").found()
    assert (found.code, found.detail) == (
        "tcp-refused",
        "The connection to 10.0.0.7 port 80 is reset before it is made.",
    )
