"""TLS without a socket of its own: ciphertext in and out as bytes, so that one greenlet can carry every session."""

from __future__ import annotations

import ssl

_CHUNK = 64 * 1024


class Tunnel:
    """One TLS connection (ssl.MemoryBIO). ssl.SSLError rises where OpenSSL refuses what came."""

    __slots__ = ("_incoming", "_object", "_outgoing", "ended")

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        """Client side; ValueError for a host that can be no server name."""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.ended = False

    @property
    def object(self) -> ssl.SSLObject:
        """For the certificate."""
        return self._object

    def handshake(self) -> bool:
        """One step; whether it is finished. `pending` is to be sent in any case."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def feed(self, ciphertext: bytes) -> None:
        """What arrived; b"" for the end of the stream."""
        if ciphertext:
            self._incoming.write(ciphertext)
        else:
            self._incoming.write_eof()

    def read(self) -> bytes:
        """All plaintext that is complete; `ended` when the peer said goodbye, or hung up without it."""
        parts: list[bytes] = []
        while True:
            try:
                part = self._object.read(_CHUNK)
            except ssl.SSLWantReadError:
                break
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                part = b""
            if not part:
                self.ended = True
                break
            parts.append(part)
        return b"".join(parts)

    def write(self, plaintext: bytes) -> bytes:
        """The ciphertext to send for it, and for whatever else is due."""
        self._object.write(plaintext)
        return self._outgoing.read()

    def pending(self) -> bytes:
        """Ciphertext that TLS itself wants sent."""
        return self._outgoing.read() if self._outgoing.pending else b""
