"""Whole cases: a page, a scripted server, and what the page would have seen in Chromium."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diag.browser.script import verdict_line

GOOD = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: {{ACCEPT}}\r\n"
)
OPEN = GOOD + b"\r\n"
HELLO = b"\x81\x05hello"
BYE = b"\x88\x05\x03\xe8bye"
FIN = {"op": "fin"}
RST = {"op": "rst"}
HOLD = {"op": "hold"}
WAIT_CLOSE = {"op": "wait_close", "timeout_ms": 3000}

LOST = {"code": 1006, "reason": "", "wasClean": False}
CLEAN = {"code": 1000, "reason": "bye", "wasClean": True}


def send(data: bytes, delay_ms: int = 0) -> dict[str, Any]:
    return {"op": "send", "b64": base64.b64encode(data).decode(), "delay_ms": delay_ms}


def sleep(ms: int) -> dict[str, Any]:
    return {"op": "sleep", "ms": ms}


def call(do: str, *args: Any, on: str = "open", after_ms: int = 20) -> dict[str, Any]:
    return {"on": on, "after_ms": after_ms, "do": do, "args": list(args)}


def judge(
    *steps: dict[str, Any],
    url: str = "ws://127.0.0.1:3000/",
    page: str = "http://localhost:5173/",
    client: tuple[dict[str, Any], ...] = (),
    listener: str = "plain",
    port: int = 3000,
    limit_ms: int = 2500,
    protocols: Any = None,
    note: str = "",
) -> dict[str, Any]:
    return verdict_line(
        {
            "id": "a case",
            "page_url": page,
            "request": {"url": url, "protocols": protocols},
            "client": list(client),
            "server": {"listener": listener, "port": port, "steps": list(steps)},
            "limit_ms": limit_ms,
            "note": note,
            "truth": {"opened": "is not read"},
        }
    )


def test_open_message_close() -> None:
    verdict = judge(send(OPEN), send(HELLO, 40), send(BYE), WAIT_CLOSE, FIN)

    assert verdict == {"id": "a case", "opened": True, "failure": None, "close": CLEAN}


@pytest.mark.parametrize(
    ("steps", "opened", "close"),
    [
        pytest.param([send(OPEN + HELLO), FIN], True, LOST, id="opens, then FIN"),
        pytest.param([send(OPEN), RST], True, LOST, id="opens, then RST"),
        pytest.param([send(OPEN + BYE), FIN], True, CLEAN, id="a Close in the segment of the 101"),
        pytest.param([send(OPEN), send(BYE, 40), HOLD], True, CLEAN, id="TCP held open for two seconds"),
        pytest.param([send(OPEN), HOLD], True, None, id="open and silent"),
        pytest.param([send(OPEN[:20]), send(OPEN[20:], 40), send(BYE), FIN], True, CLEAN, id="a head in two segments"),
        pytest.param([send(OPEN), send(BYE), RST], True, LOST, id="RST right behind the Close"),
        pytest.param([send(OPEN), send(BYE), sleep(40), RST], True, CLEAN | {"wasClean": False}, id="RST later"),
        pytest.param(
            [send(OPEN), send(BYE), WAIT_CLOSE, RST], True, CLEAN | {"wasClean": False}, id="RST once answered"
        ),
        pytest.param([send(OPEN), send(BYE), send(HELLO, 40), FIN], True, LOST, id="text after the Close"),
        pytest.param([send(GOOD), HOLD], False, None, id="no end of the head"),
        pytest.param([HOLD], False, None, id="silence"),
        pytest.param([FIN], False, LOST, id="FIN"),
        pytest.param([sleep(60), RST], False, LOST, id="RST"),
        pytest.param([send(b"HTTP/1.1 403 Forbidden\r\n\r\n"), HOLD], False, LOST, id="403"),
        pytest.param(
            [send(GOOD + b"Sec-WebSocket-Protocol: x\r\n\r\n"), HOLD], False, LOST, id="unrequested subprotocol"
        ),
        pytest.param([sleep(3000), send(OPEN), FIN], False, None, id="too late for the limit"),
    ],
)
def test_what_the_page_sees(steps: list[dict[str, Any]], opened: bool, close: dict[str, Any] | None) -> None:
    verdict = judge(*steps)

    assert (verdict["opened"], verdict["close"]) == (opened, close)


@pytest.mark.parametrize(
    ("template", "opened"),
    [
        ("{{ACCEPT}}", True),
        ("{{KEY}}", False),
        ("{{ACCEPT_SWAPCASE}}", False),
        ("{{ACCEPT_NOPAD}}", False),
        ("{{ACCEPT_HEX}}", False),
        ("{{ACCEPT_WRONG_GUID}}", False),
    ],
)
def test_fills_in_the_templates(template: str, opened: bool) -> None:
    verdict = judge(send(OPEN.replace(b"{{ACCEPT}}", template.encode())), FIN)

    assert verdict["opened"] is opened
    assert verdict["failure"] == (
        None if opened else "Error during WebSocket handshake: Incorrect 'Sec-WebSocket-Accept' header value"
    )


@pytest.mark.parametrize(
    ("client", "steps", "close", "failure"),
    [
        pytest.param(
            [call("close", 3000, "mine")], [WAIT_CLOSE, send(BYE), FIN], CLEAN, None, id="answered with another code"
        ),
        pytest.param([call("close")], [WAIT_CLOSE, FIN], LOST, None, id="answered with FIN"),
        pytest.param([call("close")], [WAIT_CLOSE, HOLD], None, None, id="not answered in time"),
        pytest.param(
            [call("close", 1001)], [WAIT_CLOSE, send(BYE), FIN], None, None, id="throws, so nothing is closed"
        ),
        pytest.param(
            [call("close", 1001), call("close", 1000, after_ms=40)],
            [WAIT_CLOSE, send(BYE), FIN],
            CLEAN,
            None,
            id="second call",
        ),
        pytest.param(
            [call("close")],
            [WAIT_CLOSE, send(b"\x83\x00"), HOLD],
            LOST,
            "Unrecognized frame opcode: 3",
            id="answered with nonsense",
        ),
        pytest.param(
            [call("send", "x")], [{"op": "wait_frame", "timeout_ms": 500}, send(BYE), FIN], CLEAN, None, id="send"
        ),
        pytest.param(
            [call("close", after_ms=500)], [send(BYE, 40), HOLD], CLEAN, None, id="too late: the server closed"
        ),
    ],
)
def test_what_the_page_does(
    client: list[dict[str, Any]], steps: list[dict[str, Any]], close: dict[str, Any] | None, failure: str | None
) -> None:
    verdict = judge(send(OPEN), *steps, client=tuple(client))

    assert (verdict["opened"], verdict["close"], verdict["failure"]) == (True, close, failure)


def test_closing_before_the_socket_opens_fails_it() -> None:
    verdict = judge(send(OPEN, 100), HOLD, client=(call("close", on="start"),))

    assert (verdict["opened"], verdict["close"]) == (False, LOST)
    assert verdict["failure"] == "WebSocket is closed before the connection is established."


@pytest.mark.parametrize(
    ("steps", "client", "url", "limit_ms", "close"),
    [
        pytest.param([HOLD], (), "ws://127.0.0.1:3000/", 239_999, None, id="the handshake is given"),
        pytest.param([HOLD], (), "ws://127.0.0.1:3000/", 240_000, LOST, id="four minutes"),
        pytest.param([HOLD], (), "wss://127.0.0.1:3000/", 29_999, None, id="a TLS handshake is given"),
        pytest.param([HOLD], (), "wss://127.0.0.1:3000/", 30_000, LOST, id="half a minute"),
        pytest.param(
            [send(OPEN), HOLD], (call("close"),), "ws://127.0.0.1:3000/", 60_019, None, id="an answer is given"
        ),
        pytest.param([send(OPEN), HOLD], (call("close"),), "ws://127.0.0.1:3000/", 60_020, LOST, id="a minute"),
        pytest.param(
            [send(OPEN), send(BYE, 40), HOLD], (), "ws://127.0.0.1:3000/", 2039, None, id="the end of TCP is given"
        ),
        pytest.param([send(OPEN), send(BYE, 40), HOLD], (), "ws://127.0.0.1:3000/", 2040, CLEAN, id="two seconds"),
    ],
)
def test_chromium_waits_so_long(
    steps: list[dict[str, Any]],
    client: tuple[dict[str, Any], ...],
    url: str,
    limit_ms: int,
    close: dict[str, Any] | None,
) -> None:
    assert judge(*steps, client=client, url=url, limit_ms=limit_ms)["close"] == close


@pytest.mark.parametrize(
    ("changes", "opened", "close", "failure"),
    [
        pytest.param({"listener": "none"}, False, LOST, "net::ERR_CONNECTION_REFUSED", id="nothing listens"),
        pytest.param({"port": 3001}, False, LOST, "net::ERR_CONNECTION_REFUSED", id="another port"),
        pytest.param({"url": "/ws"}, False, LOST, "Unexpected response code: 404", id="the page's own server"),
        pytest.param({"url": "ws://no.example:3000/"}, False, LOST, "net::ERR_NAME_NOT_RESOLVED", id="no such name"),
        pytest.param({"url": "ws://api.test:3000/"}, True, CLEAN, None, id="a name of the recordings"),
        pytest.param({"url": "ws://[::1]:3000/"}, True, CLEAN, None, id="IPv6"),
        pytest.param({"url": "http://0.0.0.0:3000/"}, True, CLEAN, None, id="the unspecified address"),
        pytest.param({"url": "wss://localhost:3000/", "listener": "tls"}, True, CLEAN, None, id="TLS"),
        pytest.param(
            {"url": "wss://localhost:3000/"}, False, LOST, "net::ERR_SSL_PROTOCOL_ERROR", id="TLS to a plain port"
        ),
        pytest.param({"listener": "tls"}, False, LOST, "net::ERR_CONNECTION_RESET", id="plain to a TLS port"),
        pytest.param(
            {"url": "wss://localhost:3000/", "listener": "tls-untrusted"},
            False,
            LOST,
            "net::ERR_CERT_AUTHORITY_INVALID",
            id="untrusted",
        ),
        pytest.param(
            {"url": "wss://localhost:3000/", "listener": "tls-wrongname"},
            False,
            LOST,
            "net::ERR_CERT_COMMON_NAME_INVALID",
            id="wrong name",
        ),
        pytest.param({"url": "ws://a:b:c/"}, False, None, "is invalid", id="no URL"),
        pytest.param({"protocols": ["a", "a"]}, False, None, "is duplicated", id="protocols"),
        pytest.param({"url": "ws://h:25/", "port": 25}, False, LOST, "net::ERR_UNSAFE_PORT", id="blocked port"),
        pytest.param(
            {"note": "Content-Security-Policy: connect-src 'self'"}, False, None, "Content Security Policy", id="CSP"
        ),
        pytest.param(
            {"page": "https://app.test/", "url": "ws://api.test:3000/"},
            False,
            None,
            "loaded over HTTPS",
            id="mixed content",
        ),
        pytest.param(
            {"note": "Content-Security-Policy: treat-as-public-address", "url": "ws://api.test:3000/"},
            False,
            LOST,
            "LOCAL_NETWORK_ACCESS",
            id="a public page, by the address behind the name",
        ),
    ],
)
def test_what_keeps_a_page_from_the_server(
    changes: dict[str, Any], opened: bool, close: dict[str, Any] | None, failure: str | None
) -> None:
    verdict = judge(send(OPEN), send(BYE, 40), WAIT_CLOSE, FIN, **changes)

    assert (verdict["opened"], verdict["close"]) == (opened, close)
    assert (failure is None) is (verdict["failure"] is None)
    assert failure is None or failure in verdict["failure"]


@pytest.mark.parametrize(
    ("data", "fails"),
    [
        pytest.param(b"HTTP", False, id="four bytes are no record yet"),
        pytest.param(b"HTTP/", True, id="five bytes that are none"),
        pytest.param(b"\x16\x03\x03\x00\x10", False, id="the header of a record"),
        pytest.param(b"\x16\x03\x03\xff\xff", True, id="a record too long"),
        pytest.param(b"\x15\x03\x03\x00\x02\x02\x28", True, id="an alert"),
    ],
)
def test_a_tls_client_waits_for_a_whole_record(data: bytes, fails: bool) -> None:
    verdict = judge(send(data), HOLD, url="wss://localhost:3000/")

    assert (verdict["close"] == LOST) is fails


def test_a_malformed_case_raises_with_its_reason() -> None:
    with pytest.raises(ValueError, match="`request` is missing"):
        verdict_line({"id": "x", "page_url": "y"})


STEPS = st.one_of(
    st.builds(send, st.sampled_from([OPEN, OPEN[:50], OPEN[50:], HELLO, BYE, b"\x89\x00", b"\x81\x01\xff", b"\x00"])),
    st.builds(send, st.binary(max_size=20), st.integers(0, 50)),
    st.builds(sleep, st.integers(0, 100)),
    st.sampled_from([FIN, RST, HOLD, WAIT_CLOSE, {"op": "wait_frame", "timeout_ms": 50}]),
)
CALLS = st.builds(
    call,
    st.sampled_from(["close", "send"]),
    st.sampled_from([1000, 999, "text", None]),
    on=st.sampled_from(["open", "start"]),
    after_ms=st.integers(0, 100),
)


@settings(max_examples=200)
@given(st.lists(STEPS, max_size=6), st.lists(CALLS, max_size=3).map(tuple), st.sampled_from(["ws", "wss"]))
def test_never_raises_and_always_ends(
    steps: list[dict[str, Any]], client: tuple[dict[str, Any], ...], scheme: str
) -> None:
    verdict = judge(*steps, client=client, url=f"{scheme}://127.0.0.1:3000/")

    assert set(verdict) == {"id", "opened", "failure", "close"}
    assert verdict["close"] is None or set(verdict["close"]) == {"code", "reason", "wasClean"}
    assert verdict["failure"] is None or verdict["close"] == LOST
