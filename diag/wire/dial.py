"""From a ws, wss, http or https URL to a connected socket, with every phase timed and every failure a value."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from diag.model import Target, Tls
from diag.observations import Attempt, Certificate, NoAnswer, Phases
from diag.urls import host_and_port
from diag.wire import tls
from diag.wire.connect import NO_DESCRIPTORS, NO_PORTS, connect
from diag.wire.forward import is_exempt, tunnel
from diag.wire.resolve import ResolveError, resolve


@dataclass(frozen=True, slots=True)
class Dialer:
    """How this machine connects: name overrides, family, trust and the time that one connection may take."""

    timeout_s: float = 15.0
    tls: Tls = field(default_factory=Tls)
    overrides: dict[str, str] = field(default_factory=dict)
    family: int | None = None
    forward_proxy: str | None = None
    no_proxy: str = ""

    @staticmethod
    def of(target: Target) -> Dialer:
        """The dialer that a target asks for."""
        overrides = {host.lower(): address for host, address in target.resolve}
        return Dialer(
            target.client.connect_timeout_s, target.tls, overrides, target.family, target.forward_proxy, target.no_proxy
        )


@dataclass(frozen=True, slots=True)
class Dialled:
    """A connection attempt: a socket ready for bytes, or `failure`; the phases' times; the addresses tried."""

    sock: socket.socket | None
    failure: NoAnswer | None
    phases: Phases
    addresses: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    certificate: Certificate | None = None


def dial(
    url: str, dialer: Dialer, *, deadline: float, alpn: tuple[str, ...] = ("http/1.1",), server_name: str | None = None
) -> Dialled:
    """Resolve, connect and (for wss and https) TLS; `deadline` is on the clock of time.monotonic().

    `server_name` is what TLS asks for in the place of the URL's host; "" asks for none. OSError rises when a file of
    the dialer's TLS settings is gone, before anything is connected.
    """
    host, port, encrypted = host_and_port(url)
    context = tls.context(dialer.tls, alpn) if encrypted else None
    reached = reach(host, port, dialer, deadline=deadline)
    if reached.sock is None or context is None:
        return reached
    connected = time.monotonic()
    wrapped = tls.wrap(reached.sock, host if server_name is None else server_name, context, deadline)
    phases = replace(reached.phases, tls=_ms(connected))
    if isinstance(wrapped, NoAnswer):
        return replace(reached, sock=None, failure=wrapped, phases=phases)
    return replace(reached, sock=wrapped, phases=phases, certificate=tls.certificate(wrapped))


def reach(host: str, port: int, dialer: Dialer, *, deadline: float) -> Dialled:
    """Resolve and connect; or a tunnel through the forward proxy, which then does the resolving and connecting."""
    proxy = dialer.forward_proxy
    if proxy is None or is_exempt(host, dialer.no_proxy):
        return _connected(host, port, dialer, deadline=deadline)
    parts = urlsplit(proxy)
    found = _connected(parts.hostname or "", parts.port or 80, dialer, deadline=deadline)
    if found.sock is None:
        why = f"the forward proxy itself: {found.failure.detail}" if found.failure else ""
        return Dialled(None, NoAnswer("proxy", "unreachable", why), found.phases)
    started = time.monotonic()
    failure = tunnel(found.sock, proxy, host, port, deadline=deadline)
    if failure is not None:
        found.sock.close()
    phases = replace(found.phases, tcp=(found.phases.tcp or 0.0) + _ms(started))
    return Dialled(found.sock if failure is None else None, failure, phases)


def _connected(host: str, port: int, dialer: Dialer, *, deadline: float) -> Dialled:
    started = time.monotonic()
    left = max(0.001, deadline - started)
    try:
        addresses = resolve(host, family=dialer.family, overrides=dialer.overrides, timeout_s=left)
    except ResolveError as error:
        return Dialled(None, NoAnswer("dns", "not-resolved", str(error)), Phases(dns=_ms(started)))
    resolved = time.monotonic()
    sock, attempts = connect(addresses, port, deadline=deadline)
    phases = Phases(dns=(resolved - started) * 1000, tcp=_ms(resolved))
    tried = tuple(attempts)
    return Dialled(sock, None if sock else tcp_failure(tried), phases, addresses, tried)


def tcp_failure(attempts: tuple[Attempt, ...]) -> NoAnswer:
    """The most telling outcome: a refusal says that the host is there, a time-out that packets get lost.

    An address that this machine could not try comes first: it might have answered.
    """
    outcomes = [attempt.outcome for attempt in attempts]
    telling = (NO_DESCRIPTORS, NO_PORTS, "refused", "timeout", "reset")
    reason = next((word for word in telling if word in outcomes), "unreachable")
    return NoAnswer("tcp", reason, ", ".join(f"{attempt.address} {attempt.outcome}" for attempt in attempts))


def _ms(started: float) -> float:
    return (time.monotonic() - started) * 1000
