"""Polls over kept connections: the reader by tables, the poller against scripted servers."""

from __future__ import annotations

import contextlib
import gzip

import pytest
from gevent.event import Event

from diag.model import ApiRequest
from scenarios.engine import Poller
from scenarios.engine.response import BODY_LIMIT, BadResponseError, ResponseReader

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
TOO_LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "status", "body", "keeps"),
    [
        pytest.param(OK, 200, b"hello", True, id="length"),
        pytest.param(CHUNKED, 200, b"hello", True, id="chunks"),
        pytest.param(CHUNKED[:-2] + b"Trailer: x\r\n\r\n", 200, b"hello", True, id="with a trailer"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True, id="204"),
        pytest.param(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, b"", True, id="304"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK, 200, b"hello", True, id="behind an interim response"),
        pytest.param(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), 200, b"hello", False, id="close"),
        pytest.param(OK.replace(b"1.1", b"1.0"), 200, b"hello", False, id="HTTP/1.0"),
        pytest.param(OK + b"more", 200, b"hello", False, id="bytes that nobody asked for"),
        pytest.param(b"HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 301, b"", True, id="redirect"),
    ],
)
def test_whole_responses_however_they_are_split(raw: bytes, status: int, body: bytes, keeps: bool) -> None:
    response = ResponseReader().feed(raw)
    assert (response.head.status, response.body, response.keeps) == (status, body, keeps)
    if b"more" not in raw:
        reader = ResponseReader()
        found = [reader.feed(raw[at : at + 1]) for at in range(len(raw))]
        assert [one.body for one in found if one] == [body]
        assert found[-1].size == len(raw)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"SSH-2.0-x\r\n\r\n", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two lengths"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1), id="too long"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, id="an endless head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="no chunk size"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n", id="a chunk too long"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n", id="a chunk beyond the limit"),
    ],
)
def test_what_is_refused(raw: bytes) -> None:
    with pytest.raises(BadResponseError):
        ResponseReader().feed(raw)


@pytest.mark.parametrize("raw", [b"HTTP/1.1 200", OK[:-1], CHUNKED[:-3]], ids=["head", "body", "chunks"])
def test_an_end_too_early(raw: bytes) -> None:
    reader = ResponseReader()
    assert reader.feed(raw) is None
    with pytest.raises(BadResponseError):
        reader.feed(b"")


def test_a_body_without_a_length_ends_with_the_stream() -> None:
    reader = ResponseReader()
    assert reader.feed(b"HTTP/1.1 200 OK\r\n\r\nhel") is None
    assert reader.feed(b"lo") is None
    assert (response := reader.feed(b"")).body == b"hello"
    assert not response.keeps


@pytest.mark.parametrize(
    ("lines", "conditions"),
    [
        pytest.param(b'ETag: W/"7"\r\n', b'If-None-Match: W/"7"\r\n', id="ETag"),
        pytest.param(b"Last-Modified: Mon, 1\r\n", b"If-Modified-Since: Mon, 1\r\n", id="Last-Modified"),
        pytest.param(b"", b"", id="neither"),
        pytest.param(b"ETag: a\nX-Smuggled: y\r\n", b"", id="with a line's end inside"),
        pytest.param(b"ETag: " + b"x" * 300 + b"\r\n", b"", id="too long"),
    ],
)
def test_what_makes_the_next_request_conditional(lines: bytes, conditions: bytes) -> None:
    response = ResponseReader().feed(OK.replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n"))
    assert response.head.conditions == conditions


def test_a_conditional_poll_sends_the_last_validator_and_takes_the_304(serve, target) -> None:
    # Given a server whose state changes once, and says so by its ETag
    heads = []

    def handler(connection) -> None:
        for state in (b"1", b"1", b"2", b"2"):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += connection.recv(4096)
            heads.append(head)
            tag = b'"' + state + b'"'
            known = b"If-None-Match: " + tag in head
            status = b"304 Not Modified" if known else b"200 OK"
            body = b"" if known else b"hello"
            lines = b"ETag: " + tag + (b"" if known else b"\r\nContent-Length: 5")
            connection.sendall(b"HTTP/1.1 " + status + b"\r\n" + lines + b"\r\n\r\n" + body)

    request = ApiRequest(f"http://localhost:{serve(handler).port}/api/bots")
    # When it is polled four times, conditionally
    conditional = Poller.of(target("ws://localhost:1/ws"), request, conditional=True)
    try:
        polled = [conditional.poll() for _ in range(4)]
    finally:
        conditional.close()
    # Then every second answer is a 304 without a body, and the first request had no condition
    assert [(one.status, one.body) for one in polled] == [(200, b"hello"), (304, b""), (200, b"hello"), (304, b"")]
    assert [b"If-None-Match" in head for head in heads] == [False, True, True, True]


def answers(*replies: bytes):
    """One connection after the other; each answers its requests with `replies` in turn, then hangs up."""

    def handler(connection) -> None:
        with contextlib.suppress(OSError):
            for reply in replies:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    part = connection.recv(4096)
                    if not part:
                        return
                    head += part
                connection.sendall(reply)

    return handler


@pytest.fixture
def poller(serve, target):
    made = []

    def start(handler, scheme: str = "http", **client) -> Poller:
        url = f"{scheme}://localhost:{serve(handler).port}/api/bots?rate=1"
        made.append(Poller.of(target("ws://localhost:1/ws", **client), ApiRequest(url)))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_a_connection_is_kept_and_replaced_when_the_server_has_ended_it(poller) -> None:
    polls = poller(answers(OK, CHUNKED))
    results = [polls.poll() for _ in range(3)]
    assert [(result.status, result.body, result.reused) for result in results] == [
        (200, b"hello", False), (200, b"hello", True), (200, b"hello", False),
    ]  # fmt: skip
    assert results[0].bytes_in == len(OK)
    assert all(0 < result.took_s < 20 for result in results)


def test_redirects_are_told_and_not_followed(poller) -> None:
    result = poller(answers(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n")).poll()
    assert (result.status, result.location) == (302, "/login")


def test_a_compressed_body_is_undone_when_asked(poller) -> None:
    body = gzip.compress(b"hello")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    result = poller(answers(head + body)).poll()
    assert (result.body, result.content()) == (body, b"hello")


@pytest.mark.parametrize(
    ("handler", "problem"),
    [
        pytest.param(answers(b"garbage\r\n\r\n"), "rest-broken-answer", id="garbage"),
        pytest.param(answers(OK[:-1]), "rest-broken-answer", id="breaks off"),
        pytest.param(answers(TOO_LARGE), "rest-answer-too-large", id="more than is kept"),
        pytest.param(lambda c: None, "rest-unreachable", id="hangs up"),
        pytest.param(lambda c: (c.recv(4096), c.recv(1)), "rest-timeout", id="silence"),
    ],
)
def test_no_answer(poller, handler, problem: str) -> None:
    result = poller(handler, connect_timeout_s=0.3).poll()
    assert (result.status, result.problem) == (0, problem)


def test_by_callbacks_without_a_greenlet(poller) -> None:
    polls, ended, results = poller(answers(*[OK] * 5)), Event(), []

    def got(result) -> None:
        results.append(result.reused)
        if len(results) < 5:
            polls.start(got)
        else:
            ended.set()

    polls.start(got)
    assert ended.wait(20)
    assert results == [False, True, True, True, True]


def test_over_tls(poller, server_tls, trust) -> None:
    def handler(connection) -> None:
        with server_tls.wrap_socket(connection, server_side=True) as secured:
            answers(OK, OK)(secured)

    polls = poller(handler, "https", tls=trust)
    assert [polls.poll().body, polls.poll().body] == [b"hello", b"hello"]
