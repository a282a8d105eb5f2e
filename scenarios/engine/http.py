"""Polls over kept connections, on the loop: the page's REST request, sent again and again."""

from __future__ import annotations

import errno
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable

import gevent
import msgspec
from gevent.event import AsyncResult

from diag.browser.cors import is_cross_origin
from diag.browser.handshake import USER_AGENT
from diag.model import ApiRequest, Headers, Target
from diag.urls import host_header, request_path
from diag.wire.connect import NO_DESCRIPTORS, NO_PORTS
from diag.wire.decoding import decoded
from diag.wire.http1 import request_bytes
from scenarios.engine.endpoint import Endpoint, Unreachable, receive
from scenarios.engine.loop import IN, OUT, Loop, loop
from scenarios.engine.response import BODY_LIMIT, BadResponseError, Response, ResponseReader
from scenarios.engine.tls import Tunnel

_PROBLEMS = {
    "timeout": "rest-timeout",
    NO_DESCRIPTORS: "local-descriptors-exhausted",
    NO_PORTS: "local-ports-exhausted",
}
_log = logging.getLogger("wsdiag.engine")


class PollResult(msgspec.Struct, frozen=True, gc=False):
    """One poll. Without a whole response `status` is 0 and `problem` says why: `rest-timeout`, `rest-unreachable`,
    `rest-broken-answer`, `rest-answer-too-large`, or what this machine lacked.

    `took_s` runs from `started` (time.monotonic(), before a connection that had to be made) to the arrival of the last
    byte; `bytes_in` counts the response with its head, `body` is as sent: `content()` undoes gzip and its like.
    `location` is where a redirect leads, which is not followed; `reused` is False when a connection had to be made.
    """

    status: int
    started: float
    took_s: float
    reused: bool = False
    bytes_in: int = 0
    body: bytes = b""
    encoding: str = ""
    location: str = ""
    problem: str = ""

    def content(self) -> bytes:
        """The body without its content encoding, as far as it can be undone, and at most `BODY_LIMIT` bytes."""
        return decoded(self.body, self.encoding, BODY_LIMIT) if self.encoding else self.body


class Poller:
    """One connection that repeats one request; at most one poll at a time."""

    __slots__ = (
        "_conditional", "_done", "_endpoint", "_first", "_loop", "_reader", "_request", "_reused", "_secured", "_sock",
        "_started", "_timeout_s", "_to_head", "_tunnel", "_unsent",
    )  # fmt: skip

    def __init__(
        self, endpoint: Endpoint, request: bytes, timeout_s: float, *, to_head: bool = False, conditional: bool = False
    ) -> None:
        """`request` is the whole request; `endpoint` may be shared by many. `conditional`: what an answer's ETag and
        Last-Modified say is sent with the next request, so that the server may answer 304."""
        self._endpoint = endpoint
        self._request = self._first = request
        self._conditional = conditional
        self._timeout_s = timeout_s
        self._to_head = to_head
        self._loop: Loop = loop()
        self._done: Callable[[PollResult], None] | None = None
        self._reader: ResponseReader | None = None
        self._sock: socket.socket | None = None
        self._tunnel: Tunnel | None = None
        self._secured = self._reused = False
        self._started = 0.0
        self._unsent = b""

    @staticmethod
    def of(
        target: Target, request: ApiRequest, endpoint: Endpoint | None = None, *, conditional: bool = False
    ) -> Poller:
        """A poller as the page's fetch is one. Pollers of one URL may share an `endpoint`, and its addresses.

        OSError or ssl.SSLError where a file of the target's TLS settings cannot be used.
        """
        head = request_bytes(request.method, request_path(request.url), fetch_headers(target, request))
        found = endpoint or Endpoint(target, request.url)
        conditional = conditional and request.method in ("GET", "HEAD")
        to_head = request.method == "HEAD"
        return Poller(found, head, target.client.connect_timeout_s, to_head=to_head, conditional=conditional)

    def poll(self) -> PollResult:
        """One poll; blocks the calling greenlet, and ends within the target's `connect_timeout_s`."""
        result: AsyncResult = AsyncResult()
        self.start(result.set)
        found: PollResult = result.get()
        return found

    def start(self, done: Callable[[PollResult], None]) -> None:
        """Begins a poll; `done` is called once, as a rule in the loop's greenlet, and may start the next."""
        if self._done is not None:
            raise RuntimeError("one poll at a time")
        self._done = done
        self._started = time.monotonic()
        self._loop.hasten()
        self._loop.limit(self, self._started + self._timeout_s)
        self._reused = self._sock is not None
        if self._reused:
            self._ask()
        else:
            self._connect()

    def close(self) -> None:
        """Hangs up; a poll under way ends as unreachable."""
        self._hang_up()
        self._end("rest-unreachable")

    # What the loop calls.

    def ready(self, mask: int) -> None:
        """See `loop.Channel`."""
        if mask & OUT and self._unsent:
            self._send(b"")
        if mask & ~OUT:
            self._read()

    def expired(self) -> None:
        """No whole answer in time."""
        self._hang_up()
        self._end("rest-timeout")

    def fail(self, error: Exception) -> None:
        """A defect of ours, or of who was told the result."""
        _log.error("a poll failed", exc_info=error)
        self.close()

    def abort(self) -> None:
        """The engine was stopped."""
        self.close()

    # Connecting.

    def _connect(self) -> None:
        if not self._endpoint.known():
            gevent.spawn(self._dial)
            return
        try:
            sock, code = self._endpoint.start()
        except OSError as error:
            self._lost(error)
            return
        if code in (0, errno.EINPROGRESS):
            self._adopt(sock)
        else:
            sock.close()
            self._lost(OSError(code, os.strerror(code)))

    def _dial(self) -> None:
        """In a greenlet of its own: names and several addresses take their time."""
        started, dialled = self._started, self._endpoint.dial(self._started + self._timeout_s)
        late = self._done is None or self._started != started
        if isinstance(dialled, Unreachable):
            if not late:
                self._end(_problem(dialled.failure.reason))
        elif late:
            dialled.close()
        else:
            self._adopt(dialled)

    def _adopt(self, sock: socket.socket) -> None:
        self._sock = sock
        self._secured = False
        self._unsent = b""
        self._loop.add(sock.fileno(), self)
        if self._endpoint.context is None:
            self._ask()
        else:
            self._tunnel = Tunnel(self._endpoint.context, self._endpoint.host)
            self._secure(self._tunnel)

    def _secure(self, tunnel: Tunnel) -> None:
        try:
            self._secured = tunnel.handshake()
        except (ssl.SSLError, OSError, ValueError) as error:
            self._lost(error)
            return
        self._send(tunnel.pending())
        if self._secured:
            self._ask()

    # Asking and reading.

    def _ask(self) -> None:
        self._reader = ResponseReader(to_head=self._to_head)
        self._send(self._tunnel.write(self._request) if self._tunnel is not None else self._request)

    def _send(self, data: bytes) -> None:
        """A socket that is not connected yet takes nothing and says so; a broken one shows at the next read."""
        data = self._unsent + data if self._unsent else data
        sock = self._sock
        if sock is None or not data:
            return
        waited = bool(self._unsent)
        try:
            self._unsent = data[sock.send(data) :]
        except BlockingIOError:
            self._unsent = data
        except OSError:
            self._unsent = b""
        if waited or self._unsent:
            self._loop.change(sock.fileno(), IN | OUT if self._unsent else IN)

    def _read(self) -> None:
        sock = self._sock
        if sock is None:
            return
        try:
            data, at = receive(sock, self._loop.now, self._loop.ahead)
            tunnel = self._tunnel
            if tunnel is not None:
                tunnel.feed(data)
                if not self._secured:
                    self._secure(tunnel)
                    return
                data = tunnel.read()
                self._send(tunnel.pending())
                if not data and not tunnel.ended:
                    return
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(error)
            return
        if self._done is None or self._reader is None:
            self._hang_up()  # the server ended a kept connection, or speaks unasked
            return
        if not data and self._reader.untouched:
            self._lost(ConnectionResetError())
            return
        try:
            response = self._reader.feed(data)
        except BadResponseError as error:
            self._hang_up()
            self._end(error.problem)
            return
        if response is not None:
            self._answered(response, at)

    def _answered(self, response: Response, at: float) -> None:
        if not response.keeps:
            self._hang_up()
        head, body, size, _ = response
        took_s = at - self._started
        if self._conditional and head.status == 200:
            self._request = self._first[:-2] + head.conditions + b"\r\n"
        self._tell(
            PollResult(head.status, self._started, took_s, self._reused, size, body, head.encoding, head.location)
        )

    # Ends.

    def _lost(self, error: Exception) -> None:
        """A kept connection that the server ended in the meantime is replaced, as browsers replace it."""
        unasked = self._done is None
        again = self._reused and (self._reader is None or self._reader.untouched)
        self._hang_up()
        if unasked:
            return
        if again:
            self._reused = False
            self._loop.limit(self, self._started + self._timeout_s)
            self._connect()
            return
        self._end(_problem(self._endpoint.refused(error, self._started).failure.reason))

    def _end(self, problem: str) -> None:
        if self._done is not None:
            took_s = time.monotonic() - self._started
            self._tell(PollResult(0, self._started, took_s, self._reused, problem=problem))

    def _tell(self, result: PollResult) -> None:
        done, self._done = self._done, None
        self._loop.relax()
        self._loop.limit(self, None)
        if done is not None:
            done(result)

    def _hang_up(self) -> None:
        if self._sock is not None:
            self._loop.forget(self._sock.fileno(), self)
            self._sock.close()
        self._sock = self._tunnel = None


def _problem(reason: str) -> str:
    """What a poll's connection that failed so is called."""
    return _PROBLEMS.get(reason, "rest-unreachable")


def fetch_headers(target: Target, request: ApiRequest) -> Headers:
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
