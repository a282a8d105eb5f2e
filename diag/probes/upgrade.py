"""The 101 upgrade: one handshake, as the browser sends it or with one thing changed, over one route."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, replace

from diag.browser.handshake import HandshakeVerdict
from diag.observations import Attempt, Exchange, NoAnswer, PortCheck
from diag.probes.requests import Request
from diag.seen import judged
from diag.wire.connect import connect
from diag.wire.dial import Dialer, dial
from diag.wire.http1 import request_bytes, roundtrip


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A handshake and, where it opened, its socket with the bytes that came behind the head."""

    exchange: Exchange
    verdict: HandshakeVerdict
    sock: socket.socket | None = None
    rest: bytes = b""


def upgrade(request: Request, dialer: Dialer, *, deadline: float) -> Upgraded:
    """One exchange over a fresh connection. The socket of a good 101 is the caller's; every other one is closed."""
    started = time.monotonic()
    dialled = dial(request.url, dialer, deadline=deadline)
    exchange = Exchange(
        route=request.route,
        variant=request.variant,
        url=request.url,
        sent=request.headers,
        outcome=dialled.failure or NoAnswer("http", "timeout"),
        took_ms=_ms(started),
        phases=dialled.phases,
        attempts=dialled.attempts,
        addresses=dialled.addresses,
        certificate=dialled.certificate,
        key=request.offer.key if request.offer else "",
    )
    if dialled.sock is None:
        return Upgraded(exchange, judged(exchange))
    asked = time.monotonic()
    head = request_bytes("GET", request.path, request.headers, request.version)
    reply = roundtrip(dialled.sock, head, deadline=deadline)
    phases = replace(dialled.phases, upgrade=(reply.head_at - asked) * 1000)
    exchange = replace(exchange, outcome=reply.outcome, took_ms=_ms(started), phases=phases)
    verdict = judged(exchange)
    if request.offer and verdict.opens:
        return Upgraded(exchange, verdict, dialled.sock, reply.rest)
    dialled.sock.close()
    return Upgraded(exchange, verdict)


def check_port(route: str, address: str, port: int, *, deadline: float) -> PortCheck:
    """A bare TCP connect to one address."""
    sock, attempts = connect((address,), port, deadline=deadline)
    if sock is not None:
        sock.close()
    attempt = attempts[0] if attempts else Attempt(address, "timeout", 0.0)
    return PortCheck(route, f"port={address}", attempt)


def _ms(started: float) -> float:
    return (time.monotonic() - started) * 1000
