"""Chromium's verdict on the answer to an upgrade, and the upgrade it sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.extensions import DeflateParameters
from diag.browser.handshake import (
    HandshakeVerdict,
    Offer,
    accept_value,
    chromium_request_headers,
    judge_head,
    judge_no_head,
    judge_response,
)
from diag.browser.http_head import HeadFailure
from diag.model import Headers

KEY = "x3JJHMbDL1EzLkh9GBhXDw=="
ACCEPT = "HSmrc0sMlYUkAGmm5OPpG2HaGWk="
GOOD: Headers = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", ACCEPT))


def judge(headers: Headers, *offered: str, status: int = 101) -> HandshakeVerdict:
    return judge_response(Offer(KEY, offered), status, (1, 1), headers)


def with_header(name: str, *values: str) -> Headers:
    others = tuple(item for item in GOOD if item[0] != name)
    return (*others, *((name, value) for value in values))


def test_computes_the_accept_value_of_a_key() -> None:
    # The key and value of a public example, MDN "Writing WebSocket servers".
    assert accept_value("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert accept_value(KEY) == ACCEPT


def test_opens_on_a_good_answer() -> None:
    assert judge(GOOD) == HandshakeVerdict(opens=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("Upgrade", "WebSocket", id="upgrade in any case"),
        pytest.param("Connection", "upgrade", id="connection in any case"),
        pytest.param("Connection", "keep-alive, Upgrade", id="connection with more"),
        pytest.param("Connection", "close, upgrade", id="connection also closes"),
        pytest.param("Connection", ", upgrade", id="empty element"),
        pytest.param("Access-Control-Allow-Origin", "http://someone.else", id="CORS is not asked"),
        pytest.param("Sec-WebSocket-Version", "8", id="version is not asked"),
        pytest.param("Content-Length", "5", id="length"),
        pytest.param("Location", "http://elsewhere/", id="location"),
    ],
)
def test_opens_also_with(name: str, value: str) -> None:
    assert judge(with_header(name, value)).opens


@pytest.mark.parametrize(
    ("headers", "problem", "message"),
    [
        pytest.param(with_header("Upgrade"), "upgrade-missing", "'Upgrade' header is missing", id="no upgrade"),
        pytest.param(
            with_header("Upgrade", "h2c"), "upgrade-wrong", "'Upgrade' header value is not 'WebSocket': h2c", id="h2c"
        ),
        pytest.param(
            with_header("Upgrade", '"websocket"'),
            "upgrade-wrong",
            "'Upgrade' header value is not 'WebSocket': \"websocket\"",
            id="quoted",
        ),
        pytest.param(
            with_header("Upgrade", "websocket, h2c"),
            "upgrade-duplicate",
            "'Upgrade' header must not appear more than once in a response",
            id="upgrade list",
        ),
        pytest.param(
            with_header("Sec-WebSocket-Accept"),
            "accept-missing",
            "'Sec-WebSocket-Accept' header is missing",
            id="no accept",
        ),
        pytest.param(
            with_header("Sec-WebSocket-Accept", KEY),
            "accept-wrong",
            "Incorrect 'Sec-WebSocket-Accept' header value",
            id="key echoed",
        ),
        pytest.param(
            with_header("Sec-WebSocket-Accept", ACCEPT, ACCEPT),
            "accept-duplicate",
            "'Sec-WebSocket-Accept' header must not appear more than once in a response",
            id="accept twice",
        ),
        pytest.param(
            with_header("Connection"), "connection-missing", "'Connection' header is missing", id="no connection"
        ),
        pytest.param(
            with_header("Connection", "keep-alive"),
            "connection-wrong",
            "'Connection' header value must contain 'Upgrade'",
            id="keep-alive",
        ),
        pytest.param(
            with_header("Connection", "upgrade; q=1"),
            "connection-wrong",
            "'Connection' header value must contain 'Upgrade'",
            id="parameter",
        ),
        pytest.param(
            (*GOOD, ("Sec-WebSocket-Protocol", "chat")),
            "subprotocol-unrequested",
            "Response must not include 'Sec-WebSocket-Protocol' header if not present in request: chat",
            id="subprotocol unrequested",
        ),
        pytest.param(
            (*GOOD, ("Sec-WebSocket-Extensions", "x-compress")),
            "extension-unoffered",
            "Found an unsupported extension 'x-compress' in 'Sec-WebSocket-Extensions' header",
            id="extension",
        ),
    ],
)
def test_fails_and_says_why(headers: Headers, problem: str, message: str) -> None:
    assert judge(headers) == HandshakeVerdict(
        opens=False, problem=problem, message=f"Error during WebSocket handshake: {message}"
    )


@pytest.mark.parametrize(
    ("answered", "problem"),
    [
        pytest.param([], "subprotocol-not-echoed", id="unanswered: opens in Firefox"),
        pytest.param(["mqtt"], "subprotocol-mismatch", id="another"),
        pytest.param(["Chat"], "subprotocol-mismatch", id="case counts"),
        pytest.param([""], "subprotocol-mismatch", id="empty"),
        pytest.param(["chat", "chat"], "subprotocol-duplicate", id="twice"),
        pytest.param(["chat, soap"], "subprotocol-duplicate", id="a list"),
        pytest.param(["mqtt", "chat"], "subprotocol-mismatch", id="the first is judged first"),
        pytest.param(["chat"], None, id="the first of ours"),
        pytest.param(["soap"], None, id="the second of ours"),
    ],
)
def test_wants_exactly_one_of_the_offered_subprotocols(answered: list[str], problem: str | None) -> None:
    verdict = judge((*GOOD, *(("sec-websocket-protocol", value) for value in answered)), "chat", "soap")

    assert verdict.problem == problem
    assert verdict.subprotocol == ("" if problem else answered[0])


def test_names_the_first_rule_that_is_broken() -> None:
    headers = (("Upgrade", "x"), ("Connection", "y"), ("Sec-WebSocket-Protocol", "z"))

    assert judge(headers).problem == "upgrade-wrong"
    assert judge((GOOD[0], *headers[1:])).problem == "accept-missing"
    assert judge((GOOD[0], GOOD[2], *headers[1:])).problem == "connection-wrong"
    assert judge((*GOOD, *headers[2:])).problem == "subprotocol-unrequested"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (200, "Error during WebSocket handshake: Unexpected response code: 200"),
        (302, "Error during WebSocket handshake: Unexpected response code: 302"),
        (100, "Error during WebSocket handshake: Unexpected response code: 100"),
        (401, "HTTP Authentication failed; no valid credentials available"),
        (407, "Error in connection establishment: net::ERR_UNEXPECTED_PROXY_AUTH"),
    ],
)
def test_takes_no_other_status_for_an_upgrade(status: int, message: str) -> None:
    verdict = judge(GOOD, status=status)

    assert (verdict.opens, verdict.problem, verdict.message) == (False, "status", message)


def test_hands_on_what_was_agreed() -> None:
    header = ("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=11")
    verdict = judge((*GOOD, header))

    assert verdict.deflate == DeflateParameters(server_max_window_bits=11)
    assert verdict.extensions == header[1]
    refused = judge_response(Offer(KEY, deflate=False), 101, (1, 1), (*GOOD, header))
    assert refused.problem == "extension-unoffered"


@pytest.mark.parametrize(
    ("raw", "problem", "error"),
    [
        pytest.param(b"", "head-absent", "Connection closed before receiving a handshake response", id="nothing"),
        pytest.param(b"HTTP/1.1 101 x\r\nUp", "head-truncated", "CONNECTION_CLOSED", id="cut"),
        pytest.param(b"ab", "head-truncated", "INVALID_HTTP_RESPONSE", id="two bytes"),
        pytest.param(b"HTTP/1.1 401 x\r\n", "status", "HTTP Authentication failed", id="cut, but a 401"),
        pytest.param(b"\x15\x03\x03\x00\x02\x02\x28\x00", "head-invalid", "INVALID_HTTP_RESPONSE", id="a TLS alert"),
        pytest.param(
            b"HTTP/1.1 101 x\r\nLocation: a\r\nLocation: b\r\n\r\n", "head-ambiguous", "MULTIPLE_LOCATION", id="split"
        ),
    ],
)
def test_judges_an_answer_that_is_no_head(raw: bytes, problem: str, error: str) -> None:
    verdict = judge_head(Offer(KEY), raw)

    assert (verdict.opens, verdict.problem) == (False, problem)
    assert verdict.message is not None
    assert error in verdict.message


def test_calls_a_cut_head_truncated_over_tls() -> None:
    verdict = judge_no_head(HeadFailure("incomplete"), b"HTTP/1.1 101", secure=True)

    assert verdict.message == "Error during WebSocket handshake: net::ERR_RESPONSE_HEADERS_TRUNCATED"


def test_judges_raw_bytes_as_they_stand_on_the_wire() -> None:
    raw = f"HTTP/1.1 101 x\nupgrade:WebSocket\nconnection: a,\n Upgrade\nSEC-WEBSOCKET-ACCEPT:{ACCEPT}\n\n\x81".encode()

    assert judge_head(Offer(KEY), raw).opens


def test_asks_as_chromium_asks() -> None:
    headers = chromium_request_headers("h:1", "null", Offer(KEY, ("a", "b")), cookie="c=d", extra=(("X", "y"),))

    assert [name for name, _ in headers] == [
        "Host", "Connection", "Pragma", "Cache-Control", "User-Agent", "Upgrade", "Origin", "Sec-WebSocket-Version",
        "Accept-Encoding", "Accept-Language", "Cookie", "Sec-WebSocket-Key", "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Protocol", "X",
    ]  # fmt: skip
    assert dict(headers)["Origin"] == "null"
    assert dict(headers)["Sec-WebSocket-Extensions"] == "permessage-deflate; client_max_window_bits"
    assert dict(headers)["Sec-WebSocket-Protocol"] == "a, b"
    bare = chromium_request_headers("h", "http://h", Offer(KEY, deflate=False))
    assert not {"Cookie", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"} & {name for name, _ in bare}


VALUES = st.sampled_from(["websocket", "Upgrade", ACCEPT, "chat", "permessage-deflate", "x", ""])
NAMES = st.sampled_from([*(name for name, _ in GOOD), "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"])
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6).map(tuple) | st.just(GOOD)
OFFERED = st.sampled_from([(), ("chat",), ("x", "chat")])


@given(st.binary(max_size=300), OFFERED)
def test_never_raises(raw: bytes, offered: tuple[str, ...]) -> None:
    verdict = judge_head(Offer(KEY, offered), b"HTTP/1.1 101 x\r\n" + raw)

    assert verdict.opens == (verdict.problem is None) == (verdict.message is None)


@given(HEADERS, OFFERED, st.integers(0, 6), st.text(max_size=20))
def test_an_unrelated_header_changes_nothing(headers: Headers, offered: tuple[str, ...], at: int, value: str) -> None:
    more = (*headers[:at], ("X-Trace", value), *headers[at:])

    assert judge(more, *offered) == judge(headers, *offered)


@given(HEADERS, OFFERED)
def test_the_case_of_names_changes_nothing(headers: Headers, offered: tuple[str, ...]) -> None:
    shouted = tuple((name.upper(), value) for name, value in headers)

    assert judge(shouted, *offered) == judge(headers, *offered)


@given(st.permutations(GOOD), st.permutations(GOOD[:2]))
def test_the_order_of_headers_changes_nothing(good: list[tuple[str, str]], bad: list[tuple[str, str]]) -> None:
    assert judge(tuple(good)).opens
    assert judge(tuple(bad)).problem == "accept-missing"
