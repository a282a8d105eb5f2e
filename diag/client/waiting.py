"""Waiting for a socket, to the fraction of a millisecond. `poll` counts whole ones, and a beat would be one late."""

from __future__ import annotations

import select
import socket
import ssl
import sys
import time
from contextlib import suppress

_SPIN_S = 0.0005
"""The scheduler wakes us up to so much late; this last bit is spent asking again and again."""


def readable(sock: socket.socket, until: float) -> bool:
    """Whether there is something to read before `until`, on the clock of time.monotonic()."""
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    left = until - time.monotonic()
    if left > _SPIN_S and select.select([sock], [], [], left - _SPIN_S)[0]:
        return True
    while not select.select([sock], [], [], 0)[0]:
        if time.monotonic() >= until:
            return False
    return True


def writable(sock: socket.socket) -> bool:
    """Whether a short frame can be written at once. A peer that reads nothing fills the buffers in the end."""
    return bool(select.select([], [sock], [], 0)[1])


def acknowledge(sock: socket.socket) -> None:
    """Acknowledges what came now, and not up to 40 ms later (Linux; the kernel forgets it, so do it after each read).

    A server without TCP_NODELAY keeps its next answer back until then (Nagle), and pings beside the page's own beats
    would show delays that no page has.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # a connection that is over needs none
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
