from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from diag import catalogue
from diag.config import values
from diag.model import ApiRequest
from diag.waivers import Waiver


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        pytest.param(values.header, "X-Key: a: b", ("X-Key", "a: b"), id="header-with-colons"),
        pytest.param(values.header, "X-Key:", ("X-Key", ""), id="empty-header"),
        pytest.param(values.header, "X-Key: …", ("X-Key", "â\x80¦"), id="header-beyond-latin-1-goes-out-as-utf-8"),
        pytest.param(values.header, "X-Key: é", ("X-Key", "é"), id="header-in-latin-1"),
        pytest.param(values.api_request, "http://h/api", ApiRequest("http://h/api"), id="request"),
        pytest.param(values.api_request, "post http://h/", ApiRequest("http://h/", "POST"), id="method-normalised"),
        pytest.param(values.api_request, "patch http://h/", ApiRequest("http://h/", "patch"), id="fetch-keeps-patch"),
        pytest.param(values.route, "edge-1=wss://h/ws", ("edge-1", "wss://h/ws"), id="route"),
        pytest.param(values.route, "a=ws://h/?x=1", ("a", "ws://h/?x=1"), id="route-whose-url-has-an-equals-sign"),
        pytest.param(values.resolve, "App.Test=127.0.0.1", ("app.test", "127.0.0.1"), id="override"),
        pytest.param(values.resolve, "app.test:443:10.0.0.1", ("app.test", "10.0.0.1"), id="override-as-in-curl"),
        pytest.param(values.resolve, "app.test:443:[::1]", ("app.test", "::1"), id="override-as-in-curl-ipv6"),
        pytest.param(values.resolve, "app.test=::1", ("app.test", "::1"), id="override-ipv6"),
        pytest.param(values.day, "2027-01-31", date(2027, 1, 31), id="day"),
        pytest.param(values.token, "graphql-transport-ws", "graphql-transport-ws", id="subprotocol"),
        pytest.param(values.dialect, "protocol", "protocol", id="dialect"),
        pytest.param(values.credentials, "include", "include", id="credentials"),
        pytest.param(values.count, "10", 10, id="count"),
    ],
)
def test_a_notation_becomes_a_value(parse: Callable[[str], Any], text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "why"),
    [
        pytest.param(values.header, "X-Key", 'a header reads "Name: value"', id="no-colon"),
        pytest.param(values.header, "X Key: 1", '"X Key" is not a header name', id="blank-in-name"),
        pytest.param(values.header, ": 1", '"" is not a header name', id="no-name"),
        pytest.param(values.header, "X: a\r\nY: b", "the value has control characters", id="injection"),
        pytest.param(values.header, "Origin: http://x", "Origin cannot be set as a header", id="origin"),
        pytest.param(values.header, "sec-websocket-protocol: a", "--subprotocol", id="subprotocol-header"),
        pytest.param(values.api_request, "GET", '"GET" has no scheme', id="method-only"),
        pytest.param(values.api_request, "G@T http://h/", '"G@T" is not a method', id="bad-method"),
        pytest.param(values.api_request, "TRACE http://h/", "TRACE is a method that fetch refuses", id="trace"),
        pytest.param(values.api_request, "GET ws://h/", 'unknown scheme "ws"', id="ws-request"),
        pytest.param(values.route, "ws://h/?x=1", "a route reads NAME=URL", id="route-without-name"),
        pytest.param(values.route, "a b=ws://h/", '"a b" is not a route name', id="route-name"),
        pytest.param(values.route, "a=h", '"h" has no scheme', id="route-url"),
        pytest.param(values.resolve, "app.test", "reads HOST=ADDRESS or HOST:PORT:ADDRESS", id="override-alone"),
        pytest.param(values.resolve, "app.test=other.test", "maps a host name to an IP address", id="override-to-name"),
        pytest.param(values.resolve, "app.test:x:1.2.3.4", "reads HOST=ADDRESS", id="override-port"),
        pytest.param(values.day, "2027-02-30", '"2027-02-30" is not a date (like 2027-01-31)', id="no-such-day"),
        pytest.param(values.day, "20270131", '"20270131" is not a date (like 2027-01-31)', id="basic-format"),
        pytest.param(values.token, "a b", '"a b" is not a subprotocol (a word without blanks)', id="subprotocol"),
        pytest.param(values.dialect, "klingon", '"klingon" is not a dialect; there are', id="dialect"),
        pytest.param(values.backoff, "random", '"random" is not one of exponential, linear, fixed', id="backoff"),
        pytest.param(values.count, "0", "is not a whole number from 1 to 1000000", id="count-0"),
        pytest.param(values.count, "9" * 5000, "is not a whole number from 1 to 1000000", id="count-huge"),
        pytest.param(values.code, "no-such-code", '"no-such-code" is not a code of the catalogue', id="code"),
    ],
)
def test_what_is_not_in_the_notation_is_refused_with_the_reason(
    parse: Callable[[str], Any], text: str, why: str
) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - compared below
        parse(text)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_secret_is_not_repeated_by_the_message_that_refuses_it() -> None:
    with pytest.raises(ValueError, match=r"control characters") as refused:
        values.header("Authorization: Bearer s3cret\x00")
    assert "s3cret" not in str(refused.value)


def test_a_waiver_names_a_code_and_perhaps_its_last_day() -> None:
    code = next(iter(catalogue.entries()))
    assert values.waiver(code) == Waiver(code)
    assert values.waiver(f"{code}@2027-01-31") == Waiver(code, date(2027, 1, 31))


def test_a_typo_in_a_waiver_is_answered_with_the_nearest_code() -> None:
    code = next(iter(catalogue.entries()))
    with pytest.raises(ValueError, match=f"did you mean .*{code}"):
        values.waiver(f"{code}x@2027-01-31")


def test_merged_headers_replace_by_name_and_keep_duplicates_of_their_own() -> None:
    below = (("A", "1"), ("B", "2"), ("a", "3"))
    above = (("A", "4"), ("A", "5"))
    assert values.merged_headers(below, above) == (("B", "2"), ("A", "4"), ("A", "5"))
    assert values.merged_headers(below, ()) == below
