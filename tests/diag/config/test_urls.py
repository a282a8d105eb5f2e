from __future__ import annotations

import pytest

from diag.config.urls import host_name, masked, page_origin, request_url, websocket_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        pytest.param("ws://localhost:3000/ws", "ws://localhost:3000/ws", id="as-it-is"),
        pytest.param("http://localhost:3000/ws", "ws://localhost:3000/ws", id="http-becomes-ws"),
        pytest.param("https://app.test/ws", "wss://app.test/ws", id="https-becomes-wss"),
        pytest.param("WSS://App.Test/WS", "wss://app.test/WS", id="scheme-and-host-lower-path-kept"),
        pytest.param("ws://h", "ws://h/", id="empty-path"),
        pytest.param("ws://h?a=1", "ws://h/?a=1", id="query-without-path"),
        pytest.param("ws://h:80/", "ws://h/", id="default-port-ws"),
        pytest.param("wss://h:443/", "wss://h/", id="default-port-wss"),
        pytest.param("wss://h:80/", "wss://h:80/", id="foreign-default-port-kept"),
        pytest.param("ws://h:/ws", "ws://h/ws", id="empty-port"),
        pytest.param("ws://[::1]:3000/ws", "ws://[::1]:3000/ws", id="ipv6"),
        pytest.param("ws://[0:0:0:0:0:0:0:1]/ws", "ws://[::1]/ws", id="ipv6-compressed"),
        pytest.param("ws://user:pw@h/ws", "ws://user:pw@h/ws", id="userinfo"),
        pytest.param("ws://bücher.example/straße", "ws://xn--bcher-kva.example/stra%C3%9Fe", id="idna-and-utf8-path"),
        pytest.param("ws://h/ws?q=ä", "ws://h/ws?q=%C3%A4", id="utf8-query"),
        pytest.param("ws://app./ws", "ws://app./ws", id="root-dot"),
    ],
)
def test_the_url_of_a_route_is_normalised_as_a_browser_does(text: str, url: str) -> None:
    assert websocket_url(text) == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "is empty; a URL reads ws://host/path", id="empty"),
        pytest.param(
            "localhost:3000/ws", '"localhost:3000/ws" has no scheme; write ws://localhost:3000/ws?', id="bare"
        ),
        pytest.param("htp://h/", '"htp://h/": unknown scheme "htp"; write ws:// or wss://', id="scheme"),
        pytest.param("://h/", '"://h/": unknown scheme ""; write ws:// or wss://', id="no-scheme"),
        pytest.param("ws:///ws", '"ws:///ws" has no host', id="no-host"),
        pytest.param("ws://:80/", '"ws://:80/" has no host', id="port-only"),
        pytest.param("ws://h:0/", '"ws://h:0/": the port must be a number from 1 to 65535', id="port-0"),
        pytest.param("ws://h:99999/", '"ws://h:99999/": the port must be a number from 1 to 65535', id="port-99999"),
        pytest.param("ws://h:undefined/", '"ws://h:undefined/": the port must be a number from 1 to 65535', id="word"),
        pytest.param("ws://h/ws#top", '"ws://h/ws#top": a fragment (#…) is not allowed here', id="fragment"),
        pytest.param("ws://h/ws#", '"ws://h/ws#": a fragment (#…) is not allowed here', id="empty-fragment"),
        pytest.param(
            " ws://h/", '" ws://h/": blanks and control characters are not allowed in a URL', id="leading-blank"
        ),
        pytest.param(
            "ws://h/\r\nX: 1", '"ws://h/\\r\\nX: 1": blanks and control characters are not allowed in a URL', id="crlf"
        ),
        pytest.param("ws://h/\x00", '"ws://h/\\x00": blanks and control characters are not allowed in a URL', id="nul"),
        pytest.param("ws://a|b/", '"ws://a|b/" has no valid host', id="forbidden-in-host"),
        pytest.param("ws://[::1/", '"ws://[::1/" has no valid host', id="open-bracket"),
        pytest.param("ws://[fe80::1%25eth0]/", '"ws://[fe80::1%25eth0]/" has no valid host', id="zone"),
        pytest.param(f"ws://{'a' * 64}/", f'"ws://{"a" * 55}…" has no valid host', id="long-label"),
        pytest.param("ws://a..b/", '"ws://a..b/" has no valid host', id="empty-label"),
    ],
)
def test_what_no_browser_would_open_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared
        websocket_url(text)
    assert str(refused.value) == why


def test_secrets_of_a_url_stay_out_of_the_message() -> None:
    with pytest.raises(ValueError, match=r"ws://\*\*\*@h:99999/ws\?token=\*\*\*&x=\*\*\*") as refused:
        websocket_url("ws://user:hunter2@h:99999/ws?token=s3cret&x=1")
    assert "hunter2" not in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert masked("ws://h/a?b") == "ws://h/a?b"


def test_a_rest_request_needs_an_http_url() -> None:
    assert request_url("HTTP://H/api") == "http://h/api"
    with pytest.raises(ValueError, match=r'unknown scheme "ws"; write http:// or https://'):
        request_url("ws://h/api")


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        pytest.param("http://localhost:5173", "http://localhost:5173", id="origin"),
        pytest.param("http://localhost:5173/", "http://localhost:5173", id="final-slash"),
        pytest.param("https://App.Test:443/bots?x=1#/list", "https://app.test", id="url-of-the-page"),
        pytest.param("http://user:pw@h/", "http://h", id="userinfo-is-no-part-of-it"),
        pytest.param("http://[::1]:5173", "http://[::1]:5173", id="ipv6"),
        pytest.param("null", "null", id="null"),
    ],
)
def test_a_page_is_named_by_its_origin_or_any_of_its_urls(text: str, origin: str) -> None:
    assert page_origin(text) == origin


@pytest.mark.parametrize("text", ["ws://localhost:5173", "localhost:5173", "*", "file:///index.html", "http://", ""])
def test_what_has_no_origin_is_no_page(text: str) -> None:
    with pytest.raises(ValueError, match=r"scheme|host|empty"):
        page_origin(text)


@pytest.mark.parametrize("text", ["", "a b", "a/b", "a" * 64, "x." * 127 + "toolong", "ä" * 80, "1:2:3", "h\x00"])
def test_what_cannot_be_resolved_is_no_host(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a"):
        host_name(text)
