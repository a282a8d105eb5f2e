"""Where a target's connections go: addresses found once, TLS set up once, then bare sockets."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import struct
import time
from dataclasses import dataclass, replace

from gevent.monkey import get_original

from diag.model import Target
from diag.observations import Attempt, Certificate, Exchange, NoAnswer, Phases
from diag.urls import host_and_port
from diag.wire import tls
from diag.wire.connect import NO_DESCRIPTORS, NO_PORTS, connect, out_of_descriptors, outcome_of
from diag.wire.dial import Dialer, tcp_failure
from diag.wire.resolve import ResolveError, resolve

CACHE_S = 60.0
"""How long an address is used before the name is looked up again; as long as Chromium keeps the system's answers."""
READ = 16 * 1024
_STAMPS = 35
"""SO_TIMESTAMPNS (socket(7)); Python has no name for it."""
_ROOM = socket.CMSG_SPACE(16)
_stamp = struct.Struct("qq").unpack_from
_Socket = get_original("socket", "socket")


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Why there is no connection, as an Exchange tells it."""

    failure: NoAnswer
    phases: Phases
    addresses: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()

    def exchange(self, blank: Exchange) -> Exchange:
        """The same handshake, with this for its outcome."""
        return replace(
            blank, outcome=self.failure, phases=self.phases, addresses=self.addresses, attempts=self.attempts
        )


class Endpoint:
    """The host and port of one URL, dialled in the target's way (overrides, family, trust)."""

    def __init__(self, target: Target, url: str) -> None:
        """Looks nothing up yet. OSError where a file of the target's TLS settings cannot be used."""
        self.host, self.port, self.encrypted = host_and_port(url)
        self.addresses: tuple[str, ...] = ()
        self.context: ssl.SSLContext | None = tls.context(target.tls) if self.encrypted else None
        self.certificate: Certificate | None = None
        self._dialer = Dialer.of(target)
        self._address = ""
        self._stale_at = 0.0

    def known(self) -> bool:
        """Whether an address is known that took the last connection."""
        return bool(self._address) and time.monotonic() < self._stale_at

    @property
    def address(self) -> str:
        """The one that is used."""
        return self._address

    def start(self) -> tuple[socket.socket, int]:
        """A socket on its way to the known address, writable when connected; connect's errno.

        OSError where no socket can be made: see `refused`.
        """
        sock = bare(socket.AF_INET6 if ":" in self._address else socket.AF_INET)
        return sock, sock.connect_ex((self._address, self.port))

    def dial(self, deadline: float) -> socket.socket | Unreachable:
        """Looks the name up and tries every address (RFC 8305); blocks the calling greenlet."""
        started = time.monotonic()
        try:
            self.addresses = resolve(
                self.host, family=self._dialer.family, overrides=self._dialer.overrides, timeout_s=deadline - started
            )
        except ResolveError as error:
            own = out_of_descriptors()
            failure = NoAnswer("tcp", NO_DESCRIPTORS) if own else NoAnswer("dns", "not-resolved", str(error))
            return Unreachable(failure, Phases(dns=_ms(started)))
        resolved = time.monotonic()
        sock, attempts = connect(self.addresses, self.port, deadline=deadline)
        if sock is None:
            phases = Phases(dns=(resolved - started) * 1000, tcp=_ms(resolved))
            return Unreachable(tcp_failure(tuple(attempts)), phases, self.addresses, tuple(attempts))
        self._address = sock.getpeername()[0]
        self._stale_at = time.monotonic() + CACHE_S
        return bare(sock.family, sock.detach())

    def refused(self, error: Exception, started: float) -> Unreachable:
        """A connection to the known address that failed so; the next one looks the name up again.

        Not where this machine lacks the means for it: the address is as good as before, and asking needs them too.
        """
        code = errno.ETIMEDOUT if isinstance(error, TimeoutError) else getattr(error, "errno", None) or 0
        attempts = (Attempt(self._address, outcome_of(code), _ms(started)),)
        if attempts[0].outcome not in (NO_DESCRIPTORS, NO_PORTS):
            self._stale_at = 0.0
        return Unreachable(tcp_failure(attempts), Phases(tcp=_ms(started)), self.addresses, attempts)


def bare(family: int, descriptor: int | None = None) -> socket.socket:
    """A non-blocking socket that gevent knows nothing of; the kernel notes when its bytes arrive."""
    sock: socket.socket = _Socket(family, socket.SOCK_STREAM, 0, fileno=descriptor)
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)
    return sock


def receive(sock: socket.socket, now: float, ahead: float) -> tuple[bytes, float]:
    """At most `READ` bytes, and when the kernel had the last of them, on the clock that Unix time is `ahead` of.

    `now` where the kernel does not say. OSError as of recv.
    """
    data, notes, _, _ = sock.recvmsg(READ, _ROOM)
    if notes:
        seconds, nanoseconds = _stamp(notes[0][2])
        at = seconds - ahead + nanoseconds * 1e-9
        if at < now:
            return data, at
    return data, now


def _ms(started: float) -> float:
    return (time.monotonic() - started) * 1000
