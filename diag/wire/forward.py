"""A forward proxy on the way: a tunnel by CONNECT, as browsers ask for one for ws and wss (RFC 6455, section 4.1)."""

from __future__ import annotations

import base64
import socket
from urllib.parse import unquote, urlsplit

from diag.observations import NoAnswer
from diag.urls import netloc_of
from diag.wire.http1 import request_bytes, roundtrip


def tunnel(sock: socket.socket, proxy: str, host: str, port: int, *, deadline: float) -> NoAnswer | None:
    """Asks a connected proxy for a tunnel to host and port (RFC 9110, section 9.3.6); None when it is there.

    The URL's userinfo goes as Basic credentials. The socket stays the caller's.
    """
    place = netloc_of(host, port)
    parts = urlsplit(proxy)
    headers = [("Host", place), ("Proxy-Connection", "keep-alive")]
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers.append(("Proxy-Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
    outcome = roundtrip(sock, request_bytes("CONNECT", place, tuple(headers)), deadline=deadline, tunnel=True).outcome
    if isinstance(outcome, NoAnswer):
        return NoAnswer("proxy", outcome.reason, f"no answer to CONNECT {place}", outcome.received)
    if 200 <= outcome.status < 300:
        return None
    return NoAnswer("proxy", "refused", f"CONNECT {place} is answered with {outcome.status} {outcome.reason}".strip())


def is_exempt(host: str, no_proxy: str) -> bool:
    """Whether the hosts in `no_proxy` hold this one, as curl reads the variable: each stands for those below it too,
    and `*` for all."""
    known = [name.strip().lower().removeprefix(".") for name in no_proxy.split(",") if name.strip()]
    host = host.lower().rstrip(".")
    return any(name in ("*", host) or host.endswith(f".{name}") for name in known)
