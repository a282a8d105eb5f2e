"""REST requests over kept connections, dialled as all of wsdiag's are: overrides, both families, the target's trust."""

from __future__ import annotations

import time
from contextlib import ExitStack
from http.client import HTTPConnection, NotConnected

import gevent

from diag.browser.cors import is_cross_origin
from diag.browser.handshake import USER_AGENT
from diag.model import ApiRequest, Headers, Target, http_origin
from diag.urls import host_and_port, host_header, request_path
from diag.wire.dial import Dialer, dial

BODY_LIMIT = 1024 * 1024


class RestClient:
    """One page's connections, one for each origin. Not for use by two greenlets at once."""

    def __init__(self) -> None:
        """Without a connection."""
        self._kept: dict[str, HTTPConnection] = {}

    def fetch(self, target: Target, request: ApiRequest) -> tuple[int, int]:
        """Status and size of the body in bytes, as sent; redirects are not followed.

        TimeoutError when no whole answer came in time; OSError or HTTPException when there was none. A kept
        connection that the server has ended in the meantime is replaced, as browsers replace it.
        """
        kept = self._kept.pop(http_origin(request.url), None)
        if kept is not None:
            try:
                return self._exchange(kept, target, request)
            except (ConnectionError, NotConnected):
                pass
        return self._exchange(_connected(target, request.url), target, request)

    def close(self) -> None:
        """Closes what is open."""
        for connection in self._kept.values():
            connection.close()

    def _exchange(self, connection: HTTPConnection, target: Target, request: ApiRequest) -> tuple[int, int]:
        """One request; the connection is kept when it ended well, and closed otherwise.

        A socket's own time-out starts anew with every byte, so one of gevent's bounds the whole.
        """
        with ExitStack() as unless_kept, gevent.Timeout(target.client.connect_timeout_s, TimeoutError):
            unless_kept.callback(connection.close)
            connection.putrequest(request.method, request_path(request.url), skip_host=True, skip_accept_encoding=True)
            for name, value in _headers(target, request):
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            size = len(response.read(BODY_LIMIT))
            if response.isclosed() and connection.sock is not None:
                unless_kept.pop_all()
                self._kept[http_origin(request.url)] = connection
            return response.status, size


def _connected(target: Target, url: str) -> HTTPConnection:
    deadline = time.monotonic() + target.client.connect_timeout_s
    dialled = dial(url, Dialer.of(target), deadline=deadline)
    if dialled.failure is not None or dialled.sock is None:
        raise ConnectionError(dialled.failure)
    dialled.sock.settimeout(None)
    host, port, _ = host_and_port(url)
    connection = HTTPConnection(host, port)
    connection.auto_open = 0
    connection.sock = dialled.sock
    return connection


def _headers(target: Target, request: ApiRequest) -> Headers:
    """Those that Chromium's fetch sends; Origin and cookies only where it sends them."""
    foreign = is_cross_origin(target.page, request.url)
    reads = request.method in ("GET", "HEAD")
    with_cookies = request.credentials == "include" or (request.credentials == "same-origin" and not foreign)
    return (
        ("Host", host_header(request.url)),
        ("Connection", "keep-alive"),
        *(() if reads else (("Content-Length", "0"),)),
        *request.headers,
        ("User-Agent", USER_AGENT),
        ("Accept", "*/*"),
        *((("Origin", target.page),) if foreign or not reads else ()),
        ("Accept-Encoding", "gzip, deflate"),
        ("Accept-Language", "en-US,en;q=0.9"),
        *((("Cookie", target.cookies),) if target.cookies and with_cookies else ()),
    )
