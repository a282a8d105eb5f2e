"""How a backend judges a handshake's Origin (RFC 6455, section 10.2). A client that sends none is no browser."""

from __future__ import annotations

from collections.abc import Collection


def same_or_listed(origin: str, host: str, listed: Collection[str]) -> bool:
    """The page comes from the very host and port that it connects to, or its origin is on the list."""
    return same_host(origin, host, listed) or origin in listed


def same_host(origin: str, host: str, _listed: Collection[str] = ()) -> bool:
    """A same-origin check as frameworks do it: Origin's host and port against the Host header."""
    return origin.partition("://")[2] == host
