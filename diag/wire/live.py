"""The socket of a good 101 as a live session: frames out, judged events in.

Both directions go through `diag.browser`: its reader keeps what a prober needs and a client library hides (the frame
that broke the rules, compressed messages, the moment of arrival).
"""

from __future__ import annotations

import math
import os
import select
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from diag.browser.extensions import DeflateParameters
from diag.browser.frame_events import Close, Event, Opcode, Violation
from diag.browser.frames import FrameReader, encode_close, encode_frame
from diag.wire.http1 import receive

_STEP_S = 5.0
"""The longest that one send may block and that one TLS record may take to complete."""
_SHORTEST_S = 0.001
"""A time-out of zero would make the socket non-blocking."""
_PUNCTUAL_S = 0.005
"""Ordinary wake-ups are less late than this; many of them must not add up to a delay of ours."""
_SELECTABLE = 1024
"""FD_SETSIZE: select takes no higher file descriptor."""


@dataclass(slots=True)
class LiveSocket:
    """An open WebSocket. `ended` is how its stream ended: None while it lives, else `fin`, `rst` or `tls-error`.

    `stuck`: the peer took only the beginning of a frame in time, so that nothing can follow it. `waited_s` is the time
    that was spent in waiting for the peer to say something, as far as it was meant to be: what a wait took longer, this
    process was not given its processor.
    """

    sock: socket.socket
    deflate: DeflateParameters | None = None
    rest: bytes = b""
    ended: str | None = None
    stuck: bool = False
    waited_s: float = 0.0
    reader: FrameReader = field(init=False)

    def __post_init__(self) -> None:
        """Reads on where the handshake's head ended; `rest` came with it."""
        self.reader = FrameReader(self.deflate)

    def send(self, opcode: Opcode, payload: bytes, until: float = math.inf) -> None:
        """One masked frame. A broken connection shows at the next `events`, as it does for a page.

        A peer that takes nothing is waited for until `until` (time.monotonic()), and five seconds at the most.
        """
        self._write(encode_frame(opcode, payload, os.urandom(4)), until)

    def events(self, until: float, step_s: float = math.inf) -> tuple[float, Sequence[Event]]:
        """What came next, and when its bytes arrived (time.monotonic()); nothing at `until` or at the stream's end.

        No single wait is longer than `step_s` seconds: so much of `waited_s` may be wrong.
        """
        if self.rest:
            data, self.rest = self.rest, b""
            return time.monotonic(), self.reader.feed(data)
        while self.ended is None and (left := until - time.monotonic()) > 0:
            wait, asked = min(left, step_s), time.monotonic()
            ready = self._readable(wait)
            arrived = time.monotonic()
            took = arrived - asked
            self.waited_s += took if took < wait + _PUNCTUAL_S else wait
            events = self._read(arrived) if ready else ()
            if events:
                return arrived, events
        return time.monotonic(), ()

    def close(self, code: int, wait_s: float) -> bool:
        """Sends Close; whether the server answered it within `wait_s` seconds. The socket is closed in any case."""
        self.reader.ignore_data()
        until = time.monotonic() + wait_s
        self._write(encode_close(code, "", os.urandom(4)), until)
        answered = False
        while not answered and self.ended is None and time.monotonic() < until:
            answered = any(isinstance(event, Close | Violation) for event in self.events(until)[1])
        self.sock.close()
        return answered

    def _write(self, data: bytes, until: float) -> None:
        if self.stuck:
            return
        try:
            self.sock.settimeout(max(_SHORTEST_S, min(_STEP_S, until - time.monotonic())))
            self.sock.sendall(data)
        except TimeoutError:
            self.stuck = True
        except OSError:
            pass

    def _read(self, now: float) -> Sequence[Event]:
        try:
            data = receive(self.sock, now + _STEP_S)
        except TimeoutError:
            return ()
        except ssl.SSLError:
            self.ended = "tls-error"
            return ()
        except OSError:
            self.ended = "rst"
            return ()
        if not data:
            self.ended = "fin"
        return self.reader.feed(data)

    def _readable(self, timeout: float) -> bool:
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return True
        if self.sock.fileno() < _SELECTABLE:  # select waits to the microsecond, poll rounds up to a millisecond
            return bool(select.select((self.sock,), (), (), timeout)[0])
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(timeout * 1000))
