"""What fetch() and XMLHttpRequest throw for, drop and add before anything leaves the page."""

from __future__ import annotations

import pytest

from diag.browser.exchange import FetchRequest, RefusedError
from diag.browser.page_request import outgoing
from diag.browser.urls import parse_url

PAGE = parse_url("http://localhost:5173/page")
URL = "http://127.0.0.1:3000/"


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        pytest.param(FetchRequest(url="http://["), "Failed to parse URL", id="no-url"),
        pytest.param(FetchRequest(url="http://u@a/"), "includes credentials", id="user-in-the-url"),
        pytest.param(FetchRequest(url=URL, method="GE T"), "not a valid HTTP method", id="method-no-token"),
        pytest.param(FetchRequest(url=URL, method=""), "not a valid HTTP method", id="method-empty"),
        pytest.param(FetchRequest(url=URL, method="connect"), "unsupported", id="method-forbidden"),
        pytest.param(FetchRequest(url=URL, body="x"), "cannot have body", id="get-with-a-body"),
        pytest.param(FetchRequest(url=URL, method="head", body=""), "cannot have body", id="head-with-an-empty-body"),
        pytest.param(FetchRequest(url=URL, mode="navigate"), "'navigate'", id="navigate"),
        pytest.param(FetchRequest(url=URL, mode="x"), "RequestMode", id="mode"),
        pytest.param(FetchRequest(url=URL, credentials="x"), "RequestCredentials", id="credentials"),
        pytest.param(FetchRequest(url=URL, redirect="x"), "RequestRedirect", id="redirect"),
        pytest.param(FetchRequest(url=URL, cache="x"), "RequestCache", id="cache"),
        pytest.param(FetchRequest(url=URL, cache="only-if-cached"), "'same-origin' mode", id="only-if-cached"),
        pytest.param(FetchRequest(url=URL, mode="no-cors", method="PUT"), "no-cors", id="no-cors-put"),
        pytest.param(
            FetchRequest(url=URL, mode="no-cors", method="POST", body="@stream"), "ReadableStream", id="no-cors-stream"
        ),
        pytest.param(FetchRequest(url=URL, headers=(("X Y", "1"),)), "field name", id="header-name"),
        pytest.param(FetchRequest(url=URL, headers=(("", "1"),)), "field name", id="header-name-empty"),
        pytest.param(FetchRequest(url=URL, headers=(("X", "a\nb"),)), "field value", id="header-value"),
        pytest.param(FetchRequest(url=URL, headers=(("X", "\u20ac"),)), "field value", id="header-value-no-byte"),
        pytest.param(FetchRequest(url=URL, api="xhr", method="TRACE"), "'open' on 'XMLHttpRequest'", id="xhr-trace"),
    ],
)
def test_call_throws(request_: FetchRequest, text: str) -> None:
    with pytest.raises(RefusedError, match=text.replace("(", "\\(")) as caught:
        outgoing(request_, PAGE)

    assert caught.value.error is None


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(FetchRequest(url=URL, api="xhr", body="x"), id="xhr-drops-the-body-of-get"),
        pytest.param(FetchRequest(url="http://u@a/", api="xhr"), id="xhr-takes-a-user"),
        pytest.param(FetchRequest(url=URL, api="xhr", mode="?", cache="?"), id="xhr-knows-no-modes"),
        pytest.param(FetchRequest(url=URL, method="QUERY", body="x"), id="unknown-method"),
        pytest.param(FetchRequest(url=URL, headers=(("X", "\t\xe9\n"),)), id="value-is-trimmed-and-may-be-latin-1"),
        pytest.param(FetchRequest(url="?q"), id="relative-url"),
    ],
)
def test_call_is_accepted(request_: FetchRequest) -> None:
    assert outgoing(request_, PAGE).url


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        pytest.param((("X-A", "1"), ("x-a", " 2 ")), (("x-a", "1, 2"),), id="joined"),
        pytest.param((("Cookie", "a"), ("X-A", "1")), (("x-a", "1"),), id="forbidden-name-dropped"),
        pytest.param((("X-Method-Override", "TRACE"),), (), id="forbidden-override-dropped"),
    ],
)
def test_headers_that_go_out(headers: tuple[tuple[str, str], ...], sent: tuple[tuple[str, str], ...]) -> None:
    assert outgoing(FetchRequest(url=URL, headers=headers), PAGE).headers == sent


def test_no_cors_drops_what_is_not_safelisted() -> None:
    headers = (("X-A", "1"), ("Accept", "text/css"), ("Content-Type", "application/json"))
    request = FetchRequest(url=URL, mode="no-cors", method="POST", body="{}", headers=headers)

    assert outgoing(request, PAGE).headers == (("accept", "text/css"), ("content-type", "text/plain;charset=UTF-8"))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param("x", "text/plain;charset=UTF-8", id="text"),
        pytest.param("", "text/plain;charset=UTF-8", id="empty-text"),
        pytest.param("@urlsearchparams", "application/x-www-form-urlencoded;charset=UTF-8", id="search-params"),
        pytest.param("@arraybuffer", None, id="bytes"),
        pytest.param("@blob:", None, id="blob-without-type"),
        pytest.param("@blob:Application/JSON", "application/json", id="blob"),
        pytest.param(None, None, id="none"),
    ],
)
def test_body_brings_its_type(body: str | None, content_type: str | None) -> None:
    sent = dict(outgoing(FetchRequest(url=URL, method="POST", body=body), PAGE).headers)

    assert sent.get("content-type") == content_type


def test_type_of_the_script_wins() -> None:
    request = FetchRequest(url=URL, method="POST", body="{}", headers=(("Content-Type", "application/json"),))

    assert outgoing(request, PAGE).headers == (("content-type", "application/json"),)


def test_conditional_header_switches_the_cache_off() -> None:
    assert outgoing(FetchRequest(url=URL, headers=(("If-None-Match", "x"),)), PAGE).cache == "no-store"
    assert outgoing(FetchRequest(url=URL), PAGE).cache == "default"
