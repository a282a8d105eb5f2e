"""One opening handshake on the loop: TCP, TLS where the URL wants it, the upgrade. Bounded in bytes and in time."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from typing import cast

from diag.wire.http1 import looks_like_http
from diag.wire.tls import certificate
from scenarios.engine.course import Course, Plan
from scenarios.engine.endpoint import receive
from scenarios.engine.loop import IN, OUT, Loop
from scenarios.engine.tls import Tunnel

HEAD_LIMIT = 256 * 1024
"""As Chromium has it (net/http/http_stream_parser.h)."""
_HEAD_END = re.compile(rb"\n\r?\n")


class Opening:
    """Ends with exactly one call of `done(opening)`, in the loop's greenlet, with the socket still open and watched.

    `received` is what came, undecrypted no more; `error` why no more will come: an OSError of the socket, an
    ssl.SSLError of TLS, TimeoutError; None when there is a head, or something that no head begins with.
    """

    __slots__ = ("_done", "_head", "_loop", "_tail", "course", "error", "received", "sock")

    def __init__(
        self, loop: Loop, plan: Plan, sock: socket.socket, parts: tuple[bytes, bytes], done: Callable[[Opening], None]
    ) -> None:
        """`sock` is connecting, or connected; `parts` are the request's bytes around the key."""
        self.course = Course(plan, b64encode(os.urandom(16)).decode(), time.monotonic())
        self.received = b""
        self.error: Exception | None = None
        self.sock = sock
        self._loop = loop
        self._done = done
        self._head = parts[0] + self.course.key.encode() + parts[1]
        self._tail = b""

    def start(self, code: int, started: float, deadline: float) -> None:
        """Goes as far as it can at once, which on loopback is the whole request; `code` is connect's errno."""
        self.course.started = started
        self._loop.add(self.sock.fileno(), self, IN | OUT)
        self._loop.limit(self, deadline)
        self._loop.hasten()
        if code in (0, errno.EINPROGRESS):
            self._connected()
        else:
            self._end(OSError(code, os.strerror(code)))

    def release(self) -> socket.socket:
        """The socket, no longer watched."""
        self._loop.forget(self.sock.fileno(), self)
        return self.sock

    def ready(self, mask: int) -> None:
        """See `loop.Channel`."""
        if not self.course.connected and not self._connected():
            return
        if mask & OUT and self._tail:
            self._flush()
        if mask & ~OUT:
            self._read()

    def expired(self) -> None:
        """It took longer than the target's client waits."""
        self._end(TimeoutError())

    def fail(self, error: Exception) -> None:
        """A defect: the user's greenlet raises it."""
        self._end(error)

    def abort(self) -> None:
        """The engine was stopped."""
        self._end(ConnectionAbortedError("the engine was stopped"))

    def _connected(self) -> bool:
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._end(OSError(code, os.strerror(code)))
            return False
        context = self.course.plan.endpoint.context
        try:
            if context is None:
                sent = self.sock.send(self._head)
                self._tail = self._head[sent:]
            else:
                self.sock.send(b"")
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno == errno.ENOTCONN:
                return False
            self._tail = b""
        self.course.connected = time.monotonic()
        if context is not None:
            self.course.tunnel = Tunnel(context, self.course.plan.endpoint.host)
            self._secure()
        if not self._tail:
            self._loop.change(self.sock.fileno(), IN)
        return True

    def _read(self) -> None:
        try:
            data, at = receive(self.sock, self._loop.now, self._loop.ahead)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error)
            return
        tunnel = self.course.tunnel
        if tunnel is not None:
            tunnel.feed(data)
            if not self.course.secured and not self._secure():
                if not data and self.error is None:
                    self._end(ssl.SSLEOFError())
                return
            data = self._decrypted(tunnel)
        if data:
            self.received += data
        self._look(ended=not data and (tunnel is None or tunnel.ended), at=at)

    def _decrypted(self, tunnel: Tunnel) -> bytes:
        try:
            plaintext = tunnel.read()
        except ssl.SSLError as error:
            self._end(error)
            return b""
        self._send(tunnel.pending())
        return plaintext

    def _secure(self) -> bool:
        """One step of TLS; whether the request is out."""
        tunnel = self.course.tunnel
        if tunnel is None:
            return False
        try:
            finished = tunnel.handshake()
        except (ssl.SSLError, OSError, ValueError) as error:
            self._send(tunnel.pending())
            self._end(error)
            return False
        self._send(tunnel.pending())
        if finished:
            self.course.secured = time.monotonic()
            endpoint = self.course.plan.endpoint
            if endpoint.certificate is None:  # parsed once: later OpenSSL may not show it any more
                endpoint.certificate = certificate(cast(ssl.SSLSocket, tunnel.object))
            self._send(tunnel.write(self._head))
        return finished

    def _send(self, data: bytes) -> None:
        self._tail += data
        if self._tail:
            self._flush()

    def _flush(self) -> None:
        try:
            self._tail = self._tail[self.sock.send(self._tail) :]
        except BlockingIOError:
            pass
        except OSError:
            # A server may answer and close before it has read everything: its answer is worth more than our EPIPE.
            self._tail = b""
        self._loop.change(self.sock.fileno(), IN | OUT if self._tail else IN)

    def _look(self, *, ended: bool, at: float) -> None:
        """Whether the head is there, or cannot come any more."""
        self.course.at = at
        if end := _HEAD_END.search(self.received):
            self.course.head = self.received[: end.end()]
        elif not ended and len(self.received) <= HEAD_LIMIT and (not self.received or looks_like_http(self.received)):
            return
        self._end(None, at)

    def _end(self, error: Exception | None, at: float | None = None) -> None:
        done, self._done = self._done, _nobody
        if done is _nobody:
            return
        self._loop.limit(self, None)
        self._loop.relax()
        self.error = error
        self.course.at = time.monotonic() if at is None else at
        done(self)


def _nobody(_opening: Opening) -> None:
    """Whom a second end is told."""
