"""Names to addresses, as a browser does it: both families, `localhost` without asking anybody."""

from __future__ import annotations

import socket
import threading
from ipaddress import ip_address

from diag.urls import is_literal

LOOPBACK = ("::1", "127.0.0.1")


class ResolveError(Exception):
    """The name has no address; the text is the resolver's own."""


def resolve(host: str, *, family: int | None, overrides: dict[str, str], timeout_s: float) -> tuple[str, ...]:
    """The addresses of `host` in the order in which they are tried; raises ResolveError when there is none.

    A literal address is returned as it is. `localhost` and names below it are loopback by definition (RFC 6761,
    section 6.3), as Chromium has it, IPv6 first. `overrides` maps names to addresses (`--resolve`); `family` is 4, 6
    or None. getaddrinfo cannot be interrupted, so it runs in a thread of its own that is left behind after
    `timeout_s` seconds.
    """
    override = overrides.get(host.lower())
    if override is not None:
        addresses: tuple[str, ...] = (override,)
    elif is_literal(host):
        addresses = (host,)
    elif host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost"):
        addresses = LOOPBACK
    else:
        addresses = _ask(host, timeout_s)
    wanted = tuple(address for address in addresses if family is None or ip_address(address).version == family)
    if not wanted:
        raise ResolveError(f"{host} has no IPv{family} address")
    return wanted


def _ask(host: str, timeout_s: float) -> tuple[str, ...]:
    answer: list[tuple[str, ...]] = []
    error: list[str] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answer.append(tuple(dict.fromkeys(str(row[4][0]).partition("%")[0] for row in rows)))
        except (OSError, UnicodeError) as reason:
            error.append(getattr(reason, "strerror", None) or str(reason))

    thread = threading.Thread(target=ask, daemon=True, name="resolve")
    thread.start()
    thread.join(timeout_s)
    if answer and answer[0]:
        return answer[0]
    raise ResolveError(error[0] if error else f"no answer from the resolver in {timeout_s:g} s")
