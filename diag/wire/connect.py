"""TCP connections by Happy Eyeballs (RFC 8305): every address gets its attempt, and every attempt is reported."""

from __future__ import annotations

import errno
import selectors
import socket
import time
from dataclasses import dataclass

from diag.observations import Attempt

NO_DESCRIPTORS, NO_PORTS = "no-descriptors", "no-ports"
"""Outcomes of attempts that this machine had no means for: they say nothing of the other side."""

STAGGER_S = 0.25
"""How long one address may be silent before the next one is tried beside it (RFC 8305, section 5)."""


@dataclass(slots=True)
class _Pending:
    address: str
    sock: socket.socket
    started: float


def connect(addresses: tuple[str, ...], port: int, *, deadline: float) -> tuple[socket.socket | None, list[Attempt]]:
    """The first socket to connect (non-blocking, TCP_NODELAY) or None, with the attempts in the order of their ends.

    `deadline` is on the clock of time.monotonic(). The sockets that lose the race are closed and not reported.
    """
    waiting = list(addresses)
    pending: list[_Pending] = []
    attempts: list[Attempt] = []
    try:
        selector = selectors.DefaultSelector()
    except OSError as error:
        return None, [Attempt(address, outcome_of(error.errno or 0), 0.0) for address in addresses]
    with selector:
        try:
            while waiting or pending:
                now = time.monotonic()
                if now >= deadline:
                    break
                if waiting and (not pending or now - pending[-1].started >= STAGGER_S):
                    _start(waiting.pop(0), port, selector, pending, attempts)
                    continue
                limit = min(deadline, pending[-1].started + STAGGER_S) if waiting else deadline
                for key, _ in selector.select(max(0.0, limit - now)):
                    winner = _finish(key.data, selector, pending, attempts)
                    if winner is not None:
                        return winner, attempts
            attempts += [Attempt(item.address, "timeout", _since(item.started)) for item in pending]
            return None, attempts
        finally:
            for item in pending:
                item.sock.close()


def _start(
    address: str, port: int, selector: selectors.BaseSelector, pending: list[_Pending], attempts: list[Attempt]
) -> None:
    started = time.monotonic()
    try:
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        attempts.append(Attempt(address, outcome_of(error.errno or 0), _since(started)))
        return
    sock.setblocking(False)
    code = sock.connect_ex((address, port))
    if code not in (0, errno.EINPROGRESS):
        sock.close()
        # Without IPv6, connecting to ::1 fails in the same way as without a port to connect from.
        reason = "unreachable" if code == errno.EADDRNOTAVAIL and ":" in address else outcome_of(code)
        attempts.append(Attempt(address, reason, _since(started)))
        return
    item = _Pending(address, sock, started)
    pending.append(item)
    selector.register(sock, selectors.EVENT_WRITE, item)


def _finish(
    item: _Pending, selector: selectors.BaseSelector, pending: list[_Pending], attempts: list[Attempt]
) -> socket.socket | None:
    selector.unregister(item.sock)
    pending.remove(item)
    code = item.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        item.sock.close()
        attempts.append(Attempt(item.address, outcome_of(code), _since(item.started)))
        return None
    item.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    attempts.append(Attempt(item.address, "connected", _since(item.started)))
    return item.sock


def outcome_of(code: int) -> str:
    """The word for the errno of a failed socket or connect."""
    if code in (errno.EMFILE, errno.ENFILE):
        return NO_DESCRIPTORS
    if code == errno.EADDRNOTAVAIL:
        return NO_PORTS
    if code == errno.ECONNREFUSED:
        return "refused"
    if code in (errno.ETIMEDOUT, errno.EAGAIN):
        return "timeout"
    return "reset" if code == errno.ECONNRESET else "unreachable"


def out_of_descriptors() -> bool:
    """Whether no socket can be made: a name server cannot be asked then either, and its silence proves nothing."""
    try:
        socket.socket().close()
    except OSError as error:
        return outcome_of(error.errno or 0) == NO_DESCRIPTORS
    return False


def _since(started: float) -> float:
    return (time.monotonic() - started) * 1000
