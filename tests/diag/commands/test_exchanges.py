from __future__ import annotations

import json
from typing import Any

import pytest

from diag.commands._exchanges import verdict, verdicts

FETCH: dict[str, Any] = {
    "id": "f1",
    "page_origin": "http://app.test",
    "page_url": "http://app.test/",
    "request": {"api": "fetch", "method": "GET", "url": "http://api.test/x", "mode": "cors"},
    "preflight_response": None,
    "response": {"status": 200, "reason": "OK", "headers": [["Access-Control-Allow-Origin", "*"]], "body": "{}"},
}
SOCKET: dict[str, Any] = {
    "id": "w1",
    "page_origin": "http://app.test",
    "page_url": "http://app.test/",
    "request": {"url": "ws://127.0.0.1:9/ws", "protocols": None},
    "server": {"listener": "none", "port": 9, "steps": []},
}


def line(case: object) -> bytes:
    return json.dumps(case).encode()


def test_a_fetch_is_judged() -> None:
    assert verdict(line(FETCH)) == {
        "id": "f1",
        "allowed": True,
        "error": None,
        "preflight_sent": False,
        "readable_headers": [],
    }


def test_a_websocket_is_judged() -> None:
    found = verdict(line(SOCKET))
    assert (found["id"], found["opened"], found["close"]["code"]) == ("w1", False, 1006)


def test_the_truth_of_a_line_is_not_looked_at() -> None:
    lied = {**FETCH, "truth": {"allowed": False}}
    assert verdict(line(lied)) == verdict(line(FETCH))


@pytest.mark.parametrize(
    ("content", "identifier", "why"),
    [
        pytest.param(b"{", None, "not JSON: ", id="malformed"),
        pytest.param(b'{"id": "x", ', None, "not JSON: ", id="cut-off"),
        pytest.param(b"\xff\xfe", None, "not UTF-8", id="not-utf-8"),
        pytest.param(b'{"id": "a\x00b"}', None, "not JSON: ", id="nul"),
        pytest.param(b"[]", None, "not a JSON object", id="list"),
        pytest.param(b"null", None, "not a JSON object", id="null"),
        pytest.param(b"[" * 100_000, None, "nested too deeply", id="deep"),
        pytest.param(b'{"id": 1, "a": ' * 50_000, None, "nested too deeply", id="deep-objects"),
        pytest.param(b'{"id": ' + b"9" * 10_000 + b"}", None, "not JSON that can be read", id="huge-number"),
        pytest.param(b'{"id": "x"}', "x", "neither a fetch (response) nor a WebSocket (server)", id="no-kind"),
        pytest.param(b'{"id": 7}', 7, "neither", id="a-number-is-an-id"),
        pytest.param(b'{"id": [1]}', None, "neither", id="a-list-is-no-id"),
        pytest.param(b'{"id": NaN}', None, "neither", id="nan-is-no-id"),
        pytest.param(line({**FETCH, "request": None}), "f1", "", id="fetch-without-a-request"),
        pytest.param(line({**FETCH, "response": 5}), "f1", "", id="fetch-with-a-number-for-a-response"),
        pytest.param(line({**FETCH, "request": {**FETCH["request"], "url": 5}}), "f1", "", id="fetch-url"),
        pytest.param(line({**SOCKET, "request": []}), "w1", "", id="websocket-without-a-request"),
        pytest.param(line({**SOCKET, "server": None}), "w1", "", id="websocket-without-a-server"),
        pytest.param(line({**SOCKET, "server": {"listener": "plain", "steps": 1}}), "w1", "", id="websocket-steps"),
    ],
)
def test_a_line_that_cannot_be_judged_says_why_and_stops_nothing(
    content: bytes, identifier: str | int | None, why: str
) -> None:
    found = verdict(content)
    assert found.keys() == {"id", "invalid"}
    assert found["id"] == identifier
    assert found["invalid"].startswith(why)
    assert len(found["invalid"]) <= 160
    assert "\n" not in found["invalid"]


def test_one_verdict_a_line_in_order() -> None:
    data = b"\xef\xbb\xbf" + line(FETCH) + b"\r\n\n{\n" + line(SOCKET)
    assert [found["id"] for found in verdicts(data)] == ["f1", None, "w1"]


def test_half_a_surrogate_goes_through_as_it_came() -> None:
    found = verdict(line({**FETCH, "id": "\ud800"}))
    assert json.loads(json.dumps(found).encode("ascii"))["id"] == "\ud800"
