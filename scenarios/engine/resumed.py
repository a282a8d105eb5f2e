"""A connection handed back from the loop, to be read on in the old, blocking way."""

from __future__ import annotations

import socket

from scenarios.engine.tls import Tunnel


class Resumed(socket.socket):
    """Yields again what was read already, then the rest, decrypted. It takes over the descriptor."""

    def __init__(self, sock: socket.socket, received: bytes, tunnel: Tunnel | None) -> None:
        """`sock` is detached by this."""
        super().__init__(sock.family, sock.type, sock.proto, fileno=sock.detach())
        self._received = received
        self._tunnel = tunnel

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As socket.recv, but for the size, which a decrypted record may exceed."""
        if self._received:
            data, self._received = self._received, b""
            return data
        tunnel = self._tunnel
        if tunnel is None:
            return super().recv(size, flags)
        while not tunnel.ended:
            tunnel.feed(super().recv(size, flags))
            if data := tunnel.read():
                return data
        return b""
