"""What the parts of a URL mean on the wire."""

from __future__ import annotations

import pytest

from diag.urls import at_path, host_and_port, host_header, is_loopback, path_of, request_path, sibling_path


@pytest.mark.parametrize(
    ("url", "expected", "header"),
    [
        pytest.param("ws://app.test/ws", ("app.test", 80, False), "app.test", id="ws by default"),
        pytest.param("wss://app.test/ws", ("app.test", 443, True), "app.test", id="wss by default"),
        pytest.param("wss://app.test:443/ws", ("app.test", 443, True), "app.test", id="the default port, spelled out"),
        pytest.param("wss://app.test:80/ws", ("app.test", 80, True), "app.test:80", id="the other scheme's default"),
        pytest.param("http://localhost:5173/", ("localhost", 5173, False), "localhost:5173", id="a port"),
        pytest.param("https://a.test", ("a.test", 443, True), "a.test", id="no path"),
        pytest.param("ws://[::1]:3000/ws", ("::1", 3000, False), "[::1]:3000", id="IPv6 with a port"),
        pytest.param("ws://[::1]/ws", ("::1", 80, False), "[::1]", id="IPv6 without one"),
        pytest.param("ws://user:pw@app.test:81/", ("app.test", 81, False), "app.test:81", id="userinfo is no host"),
    ],
)
def test_where_a_url_leads(url: str, expected: tuple[str, int, bool], header: str) -> None:
    assert (host_and_port(url), host_header(url)) == (expected, header)


@pytest.mark.parametrize(
    ("url", "path", "request_target"),
    [
        pytest.param("ws://a.test", "/", "/", id="nothing is the root"),
        pytest.param("ws://a.test?x=1", "/", "/?x=1", id="a query alone"),
        pytest.param("ws://a.test/api/ws?ticket=a%2Fb", "/api/ws", "/api/ws?ticket=a%2Fb", id="path and query"),
    ],
)
def test_what_is_asked_for(url: str, path: str, request_target: str) -> None:
    assert (path_of(url), request_path(url)) == (path, request_target)


@pytest.mark.parametrize(
    ("url", "path", "expected"),
    [
        pytest.param("ws://a.test:1/ws?t=1", "/other", "ws://a.test:1/other?t=1", id="the query stays"),
        pytest.param("ws://a.test/ws?t=1", "/s?EIO=4", "ws://a.test/s?EIO=4", id="unless the path brings one"),
        pytest.param("ws://a.test/ws", "/", "ws://a.test/", id="the root"),
    ],
)
def test_the_same_url_at_another_path(url: str, path: str, expected: str) -> None:
    assert at_path(url, path) == expected


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        pytest.param("ws://a.test/ws", "/", id="at the root"),
        pytest.param("ws://a.test/api/ws", "/api/", id="in a folder"),
        pytest.param("ws://a.test/ws/", "/ws/", id="below a slash"),
        pytest.param("ws://a.test", "/", id="beside nothing"),
    ],
)
def test_a_sibling_lies_beside_and_is_another_path(url: str, folder: str) -> None:
    sibling = sibling_path(url)
    assert sibling.startswith(folder)
    assert "/" not in sibling.removeprefix(folder)
    assert sibling != path_of(url)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("localhost", True, id="the name"),
        pytest.param("app.localhost", True, id="below the name"),
        pytest.param("127.0.0.1", True, id="IPv4"),
        pytest.param("127.9.9.9", True, id="all of 127/8"),
        pytest.param("::1", True, id="IPv6"),
        pytest.param("10.0.0.1", False, id="a private network"),
        pytest.param("localhost.example", False, id="another domain"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
