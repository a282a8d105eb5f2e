"""Listening sockets on loopback, the same port on both families, so that `localhost` works whichever is tried."""

from __future__ import annotations

import errno
import socket

from diag.lab.errors import PortInUseError

_BACKLOG = 2048
_ATTEMPTS = 20


def listening(port: int) -> list[socket.socket]:
    """Sockets that accept on 127.0.0.1 and, where the machine has it, ::1. Port 0 picks a free one.

    PortInUseError when the port is taken, on either family.
    """
    return _bound(port, listens=True)


def refusing(port: int) -> list[socket.socket]:
    """Sockets that keep a port for themselves and do not listen on it: a connection is refused."""
    return _bound(port, listens=False)


def _bound(port: int, *, listens: bool) -> list[socket.socket]:
    for _ in range(_ATTEMPTS):
        first = _socket(socket.AF_INET, "127.0.0.1", port, listens=listens)
        try:
            second = _socket(socket.AF_INET6, "::1", first.getsockname()[1], listens=listens)
        except PortInUseError:
            first.close()
            if port:
                raise
            continue  # the free port of one family was taken on the other
        except OSError:
            return [first]  # no IPv6 here
        return [first, second]
    raise PortInUseError("no port is free on both 127.0.0.1 and ::1")


def _socket(family: socket.AddressFamily, address: str, port: int, *, listens: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Accepted sockets inherit it. asyncio sets it for sockets of its own making only, and Nagle's algorithm would
        # hold a pong back behind the peer's delayed acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if listens:  # a port that is only kept must not be shared with one that listens
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        if listens:
            sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            reason = (error.strerror or str(error)).lower()
            raise PortInUseError(f"port {port} on {address} cannot be used: {reason}") from None
        raise
    return sock
