"""How findings quote what was seen."""

from __future__ import annotations

import pytest

from diag.observations import Answer, NoAnswer
from diag.rules._words import excerpt, is_shell, parse_any, said


def answer(status: int, reason: str, body: bytes = b"", kind: str | None = None) -> Answer:
    return Answer(status, reason, "HTTP/1.1", (("Content-Type", kind),) if kind else (), body)


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        pytest.param(None, "not asked", id="nobody asked"),
        pytest.param(answer(101, "Switching Protocols"), "101 Switching Protocols", id="a 101"),
        pytest.param(answer(418, ""), "418", id="no reason phrase"),
        pytest.param(
            answer(404, "Not Found", b'{"detail":"Not Found"}', "application/json; charset=utf-8"),
            '404 Not Found, application/json: {"detail":"Not Found"}',
            id="an error's document",
        ),
        pytest.param(
            answer(200, "OK", b'{"a":1}', "application/json"), "200 OK, application/json", id="data is not quoted"
        ),
        pytest.param(
            answer(502, "Bad Gateway", b"<p>\r\n  a\n</p>", "text/html"),
            "502 Bad Gateway, text/html: <p> a </p>",
            id="on one line",
        ),
        pytest.param(NoAnswer("tcp", "timeout"), "no answer to the connection attempt", id="no answer to TCP"),
        pytest.param(NoAnswer("http", "timeout"), "connected, then silence", id="no answer to HTTP"),
        pytest.param(
            NoAnswer("tcp", "refused", "::1 refused"), "connection refused (::1 refused)", id="with its detail"
        ),
        pytest.param(NoAnswer("http", "eof"), "closed without a word", id="closed"),
    ],
)
def test_said(outcome: Answer | NoAnswer | None, text: str) -> None:
    assert said(outcome) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(b"", "", id="nothing"),
        pytest.param(b"  a \t\r\n b ", "a b", id="blanks"),
        pytest.param(b"x" * 11, "x" * 9 + "…", id="too long"),
        pytest.param(b"x" * 10, "x" * 10, id="just fits"),
        pytest.param(b"\xff\xfe", "\ufffd\ufffd", id="no UTF-8"),
    ],
)
def test_excerpt(body: bytes, text: str) -> None:
    assert excerpt(body, 10) == text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(answer(200, "OK", b'<div id="root">', "text/html"), True, id="React's root"),
        pytest.param(answer(200, "OK", b'<script type="module" src="x">', "text/html"), True, id="a module"),
        pytest.param(answer(200, "OK", b"<app-root>", "text/html; charset=utf-8"), True, id="Angular's root"),
        pytest.param(answer(404, "Not Found", b'<div id="root">', "text/html"), False, id="an error page"),
        pytest.param(answer(200, "OK", b'"<div id=root>"', "application/json"), False, id="JSON about one"),
        pytest.param(answer(200, "OK", b"<h1>API</h1>", "text/html"), False, id="any other page"),
        pytest.param(None, False, id="no answer"),
    ],
)
def test_is_shell(given: Answer | None, expected: bool) -> None:
    assert is_shell(given) is expected


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(b"[1]", [1], id="a list"),
        pytest.param(b"{", None, id="cut off"),
        pytest.param(b"\xff", None, id="no text"),
        pytest.param(b"[" * 100_000, None, id="nested without end"),
    ],
)
def test_parse_any_never_raises(body: bytes, value: object) -> None:
    assert parse_any(body) == value
