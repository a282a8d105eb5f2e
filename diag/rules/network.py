"""Nothing answered at all: names, ports, resets, foreign protocols."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import NoAnswer
from diag.rules._silences import cut_off, lost_upstream
from diag.rules._words import finding, quoted
from diag.seen import Seen
from diag.urls import host_and_port, is_loopback

CODES = (
    "dns-name-not-resolved",
    "tcp-refused",
    "tcp-timeout",
    "local-descriptors-exhausted",
    "local-ports-exhausted",
    "tcp-loopback-family-mismatch",
    "tcp-reset-in-handshake",
    "port-wrong-protocol",
    "http2-only-port",
    "gateway-bad-upstream-answer",
    "response-head-too-large",
    "response-head-slow",
)
_SOCKETIO_EOF_MS = (900.0, 1300.0)


def judge(seen: Seen) -> Iterator[Finding]:
    """One finding at most for each route that stayed silent, except hangs and TLS failures (their own families)."""
    for route in seen.target.routes:
        silence = seen.silence(route)
        if silence is not None:
            yield from _judge_route(seen, route, silence)


def _judge_route(seen: Seen, route: Route, silence: NoAnswer) -> Iterator[Finding]:
    host, port, _ = host_and_port(route.url)
    evidence = [quoted(seen, route)]
    match silence.stage, silence.reason:
        case "dns", _:
            yield finding(seen, "dns-name-not-resolved", f"{host} has no address.", route=route, evidence=evidence)
        case "tcp", "timeout" | "unreachable":
            detail = f"Packets to {host} port {port} are not answered."
            yield finding(seen, "tcp-timeout", detail, route=route, evidence=evidence)
        case "tcp", "no-descriptors":
            detail = "This machine could not make a socket: it has no file descriptors left."
            yield finding(seen, "local-descriptors-exhausted", detail, route=route, evidence=evidence)
        case "tcp", "no-ports":
            detail = f"This machine has no local port left for a connection to {host} port {port}."
            yield finding(seen, "local-ports-exhausted", detail, route=route, evidence=evidence)
        case "tcp", _:
            yield from _refused(seen, route, silence, evidence)
        case "http", "reset" | "eof":
            yield from _ended(seen, route, silence, evidence)
        case "http", "not-http":
            yield from _foreign(seen, route, silence)
        case "http", "too-large":
            detail = f"The head of the answer exceeds what Chromium reads: {silence.detail}."
            yield finding(seen, "response-head-too-large", detail, route=route, evidence=evidence)
        case "http", "slow":
            detail = "The answer to the handshake began and never came to the end of its headers."
            yield finding(seen, "response-head-slow", detail, route=route, evidence=evidence)


def _refused(seen: Seen, route: Route, silence: NoAnswer, evidence: list[tuple[str, str]]) -> Iterator[Finding]:
    host, port, _ = host_and_port(route.url)
    exchange = seen.exchange(route)
    tried = {attempt.address for attempt in exchange.attempts} if exchange else set()
    checks = [check for check in seen.ports.values() if check.route == route.name]
    listening = next((check.attempt.address for check in checks if check.attempt.outcome == "connected"), None)
    if is_loopback(host) and listening and listening not in tried:
        evidence.append((f"{listening} port {port}", "connected"))
        detail = f"Nothing listens on {host} port {port}, but the other loopback address, {listening}, answers."
        yield finding(seen, "tcp-loopback-family-mismatch", detail, route=route, evidence=evidence)
        return
    detail = f"Nothing listens on {host} port {port}: the connection is refused at once."
    if silence.reason == "reset":
        detail = f"The connection to {host} port {port} is reset before it is made."
    yield finding(seen, "tcp-refused", detail, route=route, evidence=evidence)


def _ended(seen: Seen, route: Route, silence: NoAnswer, evidence: list[tuple[str, str]]) -> Iterator[Finding]:
    """A stream that ends without a status line, where no proxy and no other protocol explains it."""
    encrypted = seen.exchange(route, "other-scheme")
    if (encrypted and encrypted.certificate) or cut_off(seen, route) or lost_upstream(seen, route):
        return
    get = seen.answer(route, "get")
    took = seen.exchanges[route.name, "browser"].phases.upgrade or 0.0
    if silence.reason == "eof" and _SOCKETIO_EOF_MS[0] <= took <= _SOCKETIO_EOF_MS[1] and get:
        return
    ended = "resets" if silence.reason == "reset" else "closes"
    evidence.append(quoted(seen, route, "get"))
    detail = f"The peer accepts the connection and {ended} it after {took:.0f} ms, before any status line."
    yield finding(seen, "tcp-reset-in-handshake", detail, route=route, evidence=evidence)


def _foreign(seen: Seen, route: Route, silence: NoAnswer) -> Iterator[Finding]:
    start = silence.received[:40]
    if start[:2] == b"\x15\x03":
        return  # a TLS alert: the encryption rules name it
    if lost_upstream(seen, route):
        return
    evidence = [(f"{route.name}, first bytes", repr(start)[1:])]
    if route.name == "proxy" and seen.answer(route, "get-root") and seen.reference:
        evidence += [quoted(seen, route, "get-root"), quoted(seen, seen.reference)]
        detail = "The port speaks HTTP; on this path alone the proxy passes on what no HTTP server says."
        yield finding(seen, "gateway-bad-upstream-answer", detail, route=route, evidence=evidence)
        return
    if len(start) >= 9 and start[3:4] == b"\x04" and start[5:9] == b"\0\0\0\0":
        detail = "The port answers an HTTP/1.1 request with HTTP/2 SETTINGS."
        yield finding(seen, "http2-only-port", detail, route=route, evidence=evidence)
        return
    detail = "Whatever listens on this port does not speak HTTP."
    yield finding(seen, "port-wrong-protocol", detail, route=route, evidence=evidence)
