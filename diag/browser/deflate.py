"""The receiving half of permessage-deflate (RFC 7692 §7.2.2), as Chromium does it."""

from __future__ import annotations

import zlib

_TAIL = b"\x00\x00\xff\xff"
_STEP = 256 * 1024


class DeflateError(ValueError):
    """The bytes are no DEFLATE stream, or inflate to more than the receiver accepts (`too_big`)."""

    def __init__(self, message: str, *, too_big: bool = False) -> None:
        """Keep whether the limit was the trouble."""
        super().__init__(message)
        self.too_big = too_big


class Inflater:
    """Inflates the messages of one connection; memory is bounded by the limit given to each call.

    Chromium keeps a window of 32 KiB whatever `server_max_window_bits` was agreed, and never drops it between
    messages, `server_no_context_takeover` or not: a server that breaks either promise still reads well.
    """

    def __init__(self) -> None:
        """Start with an empty window."""
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)

    def add(self, data: bytes, limit: int) -> bytes:
        """Inflate a piece of a message into at most `limit` bytes. Raises DeflateError."""
        output: list[bytes] = []
        size = 0
        pending, full = data, False
        while pending or full:
            try:
                piece = self._stream.decompress(pending, _STEP)
            except zlib.error as error:
                raise DeflateError(str(error)) from error
            output.append(piece)
            size += len(piece)
            full = len(piece) == _STEP  # then the rest may wait inside zlib, with no input left
            if size > limit:
                raise DeflateError(f"inflates to more than {limit} bytes", too_big=True)
            if self._stream.eof:
                # A final block does not end the message (RFC 7692 §7.2.3.5), but zlib forgets its window there.
                pending = self._stream.unused_data
                self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
            else:
                pending = self._stream.unconsumed_tail
        return b"".join(output)

    def finish(self, limit: int) -> bytes:
        """Inflate what the sender left out of the message's end. Raises DeflateError."""
        return self.add(_TAIL, limit)
