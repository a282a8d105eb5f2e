"""The page's socket from `new WebSocket` to its close event: the handshake, then a channel, then nothing."""

from __future__ import annotations

import math

from diag.browser.channel import Channel, CloseEvent
from diag.browser.frames import Opcode
from diag.browser.handshake import Offer, judge_head, judge_no_head
from diag.browser.http_head import HeadFailure, parse_head
from diag.browser.javascript import close_arguments, js_string
from diag.browser.socket_case import Action

HANDSHAKE_TIMEOUT_MS = 240_000.0
"""How long Chromium waits for a WebSocket to open (net/websockets/websocket_stream.cc)."""
TLS_TIMEOUT_MS = 30_000.0
"""How long it waits for a TLS handshake (net/socket/ssl_connect_job.cc)."""

_CONNECTING = "Error in connection establishment: net::ERR_"
_DURING = "Error during WebSocket handshake: net::ERR_"
_TLS_TYPES = range(20, 24)
_TLS_RECORD_HEADER = 5
_TLS_MAX_RECORD = 16_384 + 256


class PageSocket:
    """One socket of a page, with the calls the page makes; `event` is None until the close event.

    Times are milliseconds since `new WebSocket`. With `tls_to_plain` the server answers a TLS ClientHello in clear.
    """

    def __init__(self, offer: Offer, actions: tuple[Action, ...], *, secure: bool, tls_to_plain: bool) -> None:
        """Start in CONNECTING, with the request sent."""
        self.channel: Channel | None = None
        self.failure: str | None = None
        self.event: CloseEvent | None = None
        self.pending = [(action.after_ms, action) for action in actions if action.on == "start"]
        self._on_open = [action for action in actions if action.on == "open"]
        self._offer = offer
        self._secure = secure
        self._tls_to_plain = tls_to_plain
        self._received = b""

    @property
    def deadline(self) -> float:
        """When the browser's running timer ends the wait."""
        if self.event:
            return math.inf
        if self.channel:
            return math.inf if self.channel.deadline is None else self.channel.deadline
        return TLS_TIMEOUT_MS if self._tls_to_plain else HANDSHAKE_TIMEOUT_MS

    @property
    def sent(self) -> list[tuple[int, bytes]]:
        """The frames sent so far, as opcode and payload."""
        return self.channel.sent if self.channel else []

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes from the server."""
        if self.event:
            return
        if self.channel:
            self.channel.receive(data, now)
            self._settle()
            return
        self._received += data
        if self._tls_to_plain:
            if not _may_be_tls(self._received):
                self._fail(f"{_CONNECTING}SSL_PROTOCOL_ERROR")
            return
        head = parse_head(self._received)
        if isinstance(head, HeadFailure):
            if head.problem != "incomplete":
                self._fail(judge_no_head(head, self._received).message)
            return
        verdict = judge_head(self._offer, self._received)
        if not verdict.opens:
            self._fail(verdict.message)
            return
        self.channel = Channel(verdict.deflate)
        self.pending += [(now + action.after_ms, action) for action in self._on_open]
        self.act(now)
        self.receive(self._received[head.size :], now)

    def end_of_stream(self) -> None:
        """Take the server's FIN."""
        if self.channel:
            self.channel.end_of_stream()
            self._settle()
        elif self._tls_to_plain:
            self._fail(f"{_CONNECTING}CONNECTION_CLOSED")
        else:
            verdict = judge_no_head(HeadFailure("incomplete"), self._received, secure=self._secure)
            self._fail(verdict.message)

    def reset(self, *, at_once: bool) -> None:
        """Take the server's RST; `at_once` when it came right behind the last bytes."""
        if self.channel:
            self.channel.reset(at_once=at_once)
            self._settle()
        else:
            self._fail(f"{_CONNECTING if self._tls_to_plain else _DURING}CONNECTION_RESET")

    def expire(self) -> None:
        """Take note that `deadline` has passed."""
        if self.channel:
            self.channel.expire()
            self._settle()
        else:
            self._fail("WebSocket opening handshake timed out")

    def act(self, now: float) -> None:
        """Make the page's calls that are due."""
        due = [item for item in self.pending if item[0] <= now]
        self.pending = [item for item in self.pending if item[0] > now]
        for _, action in sorted(due, key=lambda item: item[0]):
            self._call(action, now)

    def _call(self, action: Action, now: float) -> None:
        if self.event:
            return
        if action.do == "send":
            # In CONNECTING the call throws, and nothing is sent.
            if self.channel:
                text = js_string(action.args[0]) if action.args else ""
                self.channel.send(Opcode.TEXT, text.encode("utf-8", "replace"))
            return
        arguments = close_arguments(action.args)
        if arguments is None:
            return
        if self.channel:
            self.channel.close(*arguments, now)
        else:
            self._fail("WebSocket is closed before the connection is established.")

    def _settle(self) -> None:
        if self.channel and self.channel.event:
            self.event, self.failure = self.channel.event, self.channel.failure

    def _fail(self, message: str | None) -> None:
        if self.event is None:
            self.failure, self.event = message, CloseEvent()


def _may_be_tls(data: bytes) -> bool:
    """Tell whether a client that sent a ClientHello still waits for the rest of this record (RFC 8446 §5.1)."""
    if len(data) < _TLS_RECORD_HEADER:
        return True
    length = int.from_bytes(data[3:5], "big")
    plausible = data[0] in _TLS_TYPES and data[1] == 3 and length <= _TLS_MAX_RECORD
    return plausible and len(data) < _TLS_RECORD_HEADER + length
