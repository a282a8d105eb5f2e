"""Content codings, undone within bounds: a few kilobytes of gzip can hold gigabytes."""

from __future__ import annotations

import zlib


def decoded(body: bytes, coding: str | None, limit: int) -> bytes:
    """At most `limit` bytes of a body's content (RFC 9110, section 8.4.1); what it cannot undo stays as it is."""
    names = [name.strip().lower() for name in (coding or "").split(",")]
    if names not in (["gzip"], ["x-gzip"], ["deflate"]):
        return body[:limit]
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        # "deflate" is zlib by the standard and raw deflate by some servers; browsers take both.
        try:
            return zlib.decompressobj(window).decompress(body, limit)
        except zlib.error:
            continue
    return body[:limit]
