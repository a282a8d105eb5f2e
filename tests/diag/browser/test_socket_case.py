"""A line of JSON, checked: what is decoded, and which one thing is said to be wrong."""

from __future__ import annotations

import base64
import contextlib
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.socket_case import Action, Step, parse_case

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["id", "page_url", "request", "client", "server", "note", "limit_ms"])


def line(**changes: Any) -> dict[str, Any]:
    return {
        "id": "case-1",
        "page_url": "http://localhost:5173/",
        "request": {"url": "ws://localhost:3000/", "protocols": None},
        "client": [],
        "server": {"listener": "plain", "port": 3000, "steps": []},
        "limit_ms": 1000,
    } | changes


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def test_decodes_a_case() -> None:
    steps = [
        {"op": "send", "b64": "aGk=", "delay_ms": 5},
        {"op": "send", "b64z": packed(b"packed")},
        {"op": "sleep", "ms": 7},
        {"op": "wait_close", "timeout_ms": 9},
        {"op": "hold"},
    ]
    client = [{"on": "start", "after_ms": 3, "do": "close", "args": [1000, "x"]}, {"do": "send"}]
    case = parse_case(
        line(client=client, server={"listener": "tls", "port": 3143, "steps": steps}, truth="not read at all")
    )

    assert case.steps[:4] == (
        Step("send", 5, b"hi"),
        Step("send", 0, b"packed"),
        Step("sleep", 7),
        Step("wait_close", 9),
    )
    assert case.actions == (Action("start", 3, "close", (1000, "x")), Action("open", 0, "send", ()))
    assert (case.listener, case.port, case.limit_ms, case.csp) == ("tls", 3143, 1000, ())


@pytest.mark.parametrize(
    ("protocols", "expected"),
    [
        (None, ()),
        ([], ()),
        ("a", ("a",)),
        ("", ("",)),
        (["a", "b"], ("a", "b")),
        ([1, None, True], ("1", "null", "true")),
        (5, ("5",)),
    ],
)
def test_converts_protocols_as_javascript_does(protocols: Any, expected: tuple[str, ...]) -> None:
    assert parse_case(line(request={"url": "x", "protocols": protocols})).protocols == expected


@pytest.mark.parametrize(
    ("note", "csp"),
    [
        ("Content-Security-Policy: connect-src 'self'", ("connect-src 'self'",)),
        ("content-security-policy: a\nContent-Security-Policy:b", ("a", "b")),
        ("Content-Security-Policy-Report-Only: connect-src 'none'", ()),
        ("a page without a policy", ()),
    ],
)
def test_finds_the_pages_policy_in_the_note(note: str, csp: tuple[str, ...]) -> None:
    assert parse_case(line(note=note)).csp == csp


def server(**changes: Any) -> dict[str, Any]:
    return {"server": {"listener": "plain", "port": 3000, "steps": []} | changes}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"id": 5}, "`id` is not a string", id="id"),
        pytest.param({"request": []}, "`request` is not an object", id="request"),
        pytest.param({"request": {}}, "`url` is missing", id="url"),
        pytest.param({"client": {}}, "`client` is not a list", id="client"),
        pytest.param({"client": [{"do": "shout"}]}, "`do` is not one of close, send", id="call"),
        pytest.param({"limit_ms": -1}, "`limit_ms` is not a number", id="limit"),
        pytest.param({"limit_ms": True}, "`limit_ms` is not a number", id="a boolean is no number"),
        pytest.param(server(listener="udp"), "`listener` is not one of plain", id="listener"),
        pytest.param(server(listener=[]), "`listener` is not one of plain", id="listener of another type"),
        pytest.param(server(steps=["send"]), "is not an object", id="step"),
        pytest.param(server(steps=[{"op": "dance"}]), "`op` is not one of send", id="op"),
        pytest.param(server(steps=[{"op": "send"}]), "`b64` is missing", id="no bytes"),
        pytest.param(server(steps=[{"op": "send", "b64": "?"}]), "cannot be decoded", id="no base64"),
        pytest.param(server(steps=[{"op": "send", "b64z": "aGk="}]), "cannot be decoded", id="no zlib"),
        pytest.param(server(steps=[{"op": "send", "b64z": packed(bytes(65 << 20))}]), "unpack to more", id="a bomb"),
    ],
)
def test_says_what_is_wrong(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_case(line(**changes))


@pytest.mark.parametrize("name", ["id", "page_url", "request", "server"])
def test_says_what_is_missing(name: str) -> None:
    case = line()
    del case[name]

    with pytest.raises(ValueError, match=f"`{name}` is missing"):
        parse_case(case)


@given(KEYS, JSON)
def test_raises_nothing_but_value_errors(key: str, value: Any) -> None:
    with contextlib.suppress(ValueError):
        parse_case(line(**{key: value}))
