"""From a ws, wss, http or https URL to a connected socket, with every phase timed and every failure a value."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field

from diag.model import Target, Tls
from diag.observations import Attempt, Certificate, NoAnswer, Phases
from diag.urls import host_and_port
from diag.wire import tls
from diag.wire.connect import connect
from diag.wire.resolve import ResolveError, resolve


@dataclass(frozen=True, slots=True)
class Dialer:
    """How this machine connects: name overrides, family, trust and the time that one connection may take."""

    timeout_s: float = 15.0
    tls: Tls = field(default_factory=Tls)
    overrides: dict[str, str] = field(default_factory=dict)
    family: int | None = None

    @staticmethod
    def of(target: Target) -> Dialer:
        """The dialer that a target asks for."""
        overrides = {host.lower(): address for host, address in target.resolve}
        return Dialer(target.client.connect_timeout_s, target.tls, overrides, target.family)


@dataclass(frozen=True, slots=True)
class Dialled:
    """A connection attempt: a socket ready for bytes, or `failure`; the phases' times; the addresses tried."""

    sock: socket.socket | None
    failure: NoAnswer | None
    phases: Phases
    addresses: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    certificate: Certificate | None = None


def dial(url: str, dialer: Dialer, *, deadline: float, alpn: tuple[str, ...] = ("http/1.1",)) -> Dialled:
    """Resolve, connect and (for wss and https) TLS; `deadline` is on the clock of time.monotonic()."""
    host, port, encrypted = host_and_port(url)
    started = time.monotonic()
    try:
        addresses = resolve(
            host, family=dialer.family, overrides=dialer.overrides, timeout_s=max(0.001, deadline - started)
        )
    except ResolveError as error:
        return Dialled(None, NoAnswer("dns", "not-resolved", str(error)), Phases(dns=_ms(started)))
    resolved = time.monotonic()
    sock, attempts = connect(addresses, port, deadline=deadline)
    phases = Phases(dns=(resolved - started) * 1000, tcp=_ms(resolved))
    tried = tuple(attempts)
    if sock is None:
        return Dialled(None, tcp_failure(tried), phases, addresses, tried)
    if not encrypted:
        return Dialled(sock, None, phases, addresses, tried)
    connected = time.monotonic()
    wrapped = tls.wrap(sock, host, tls.context(dialer.tls, alpn), deadline)
    phases = Phases(phases.dns, phases.tcp, _ms(connected))
    if isinstance(wrapped, NoAnswer):
        return Dialled(None, wrapped, phases, addresses, tried)
    return Dialled(wrapped, None, phases, addresses, tried, tls.certificate(wrapped))


def tcp_failure(attempts: tuple[Attempt, ...]) -> NoAnswer:
    """The most telling outcome: a refusal says that the host is there, a time-out that packets get lost."""
    outcomes = [attempt.outcome for attempt in attempts]
    reason = next((word for word in ("refused", "timeout", "reset") if word in outcomes), "unreachable")
    return NoAnswer("tcp", reason, ", ".join(f"{attempt.address} {attempt.outcome}" for attempt in attempts))


def _ms(started: float) -> float:
    return (time.monotonic() - started) * 1000
