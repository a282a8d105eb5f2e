"""The proxy could not get an answer from its upstream: 502, 503, 504, and Vite's empty close."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Answer
from diag.rules._hops import answered_by
from diag.rules._words import finding, milliseconds, quoted
from diag.seen import Seen
from diag.urls import host_and_port

CODES = (
    "gateway-upstream-refused",
    "gateway-no-backend",
    "gateway-upstream-timeout",
    "gateway-upstream-tls",
    "gateway-upstream-scheme-mismatch",
    "vite-proxy-target-down",
    "connection-limit",
    "handshake-rate-limited",
    "one-upstream-bad",
    "tcp-loopback-family-mismatch",
)
_AT_ONCE_MS = 250.0
_RETRIED_MS = 2500.0
"""HAProxy retries a refused connect three times, a second apart; a full queue answers after `timeout queue`."""


def judge(seen: Seen) -> Iterator[Finding]:
    """The page's route only: what fails between a proxy and its upstream is seen from nowhere else."""
    page = seen.page
    answer = seen.answer(page)
    if answer is None:
        yield from _vite(seen, page)
        return
    if answer.status not in (429, 502, 503, 504):
        return
    if seen.opens(page, "repeat"):
        yield _alternating(seen, page, answer)
    elif answer.status == 504:
        evidence = [quoted(seen, page), ("after", f"{milliseconds(seen.exchange(page)) / 1000:.1f} s")]
        detail = "The proxy reached its upstream and waited for an answer until its own time-out."
        yield finding(seen, "gateway-upstream-timeout", detail, route=page, evidence=evidence)
    elif answer.status == 502:
        yield _upstream_down(seen, page, "gateway-upstream-refused")
    else:
        yield _unavailable(seen, page, answer)


def _vite(seen: Seen, page: Route) -> Iterator[Finding]:
    """Vite's proxy closes an upgrade without a byte when its target fails, and answers a GET with 502 text/plain."""
    silence, get = seen.silence(page), seen.answer(page, "get")
    if silence is None or silence.stage != "http" or silence.reason not in ("eof", "reset") or get is None:
        return
    if get.status in (500, 502, 503, 504):
        yield _upstream_down(seen, page, "vite-proxy-target-down")


def _upstream_down(seen: Seen, page: Route, code: str) -> Finding:
    evidence = [quoted(seen, page), quoted(seen, page, "get")]
    for route in seen.others:
        evidence.append(quoted(seen, route))
        mismatch = _listens_on(seen, route)
        if mismatch:
            evidence.append((f"{route.name}, addresses that listen", mismatch))
            if mismatch == "::1":
                detail = (
                    f"The backend listens on {mismatch} only, and the proxy connects to the other loopback address."
                )
                return finding(seen, "tcp-loopback-family-mismatch", detail, route=page, evidence=evidence)
        if seen.opens(route) and route.url.startswith("wss:"):
            return _upstream_encrypted(seen, page, route, code, evidence)
    detail = "The proxy answers, and it cannot connect to its upstream: nothing listens where it is told to connect."
    if any(seen.opens(route) for route in seen.others):
        detail = "The backend works when it is reached directly, so the proxy connects to another address or port."
    return finding(seen, code, detail, route=page, evidence=evidence)


def _listens_on(seen: Seen, route: Route) -> str | None:
    """The single loopback address on which a backend was found to listen, if exactly one of two."""
    outcomes = {
        check.attempt.address: check.attempt.outcome == "connected"
        for check in seen.ports.values()
        if check.route == route.name
    }
    listening = [address for address, connected in outcomes.items() if connected]
    return listening[0] if len(outcomes) == 2 and len(listening) == 1 else None


def _upstream_encrypted(seen: Seen, page: Route, route: Route, code: str, evidence: list[tuple[str, str]]) -> Finding:
    """The backend speaks TLS: a Node proxy verifies it by default, the others speak plain HTTP to it by mistake."""
    _, port, _ = host_and_port(route.url)
    tls = code == "vite-proxy-target-down"
    detail = f"The backend expects TLS on port {port}; " + (
        "the proxy does not accept its certificate." if tls else "the proxy speaks plain HTTP to it."
    )
    name = "gateway-upstream-tls" if tls else "gateway-upstream-scheme-mismatch"
    return finding(seen, name, detail, route=page, evidence=evidence)


def _unavailable(seen: Seen, page: Route, answer: Answer) -> Finding:
    """503 and 429: nobody there, or no room. The backend's own state and the time to the answer tell."""
    took = milliseconds(seen.exchange(page))
    evidence = [quoted(seen, page), ("after", f"{took:.0f} ms"), quoted(seen, page, "repeat")]
    evidence += [quoted(seen, route) for route in seen.others]
    backend_up = seen.open_route is not None or _rest_works(seen, page)
    if answer.status == 429 or answer.header("retry-after"):
        detail = "The handshake is refused for its rate: the same request may pass later."
        return finding(seen, "handshake-rate-limited", detail, route=page, evidence=evidence)
    by_haproxy = answered_by(answer) == "HAProxy"
    if not backend_up or (by_haproxy and took >= _RETRIED_MS):
        return _upstream_down(seen, page, "gateway-upstream-refused")
    if by_haproxy and took < _AT_ONCE_MS:
        detail = (
            "HAProxy has no server for this path although the backend works: its health check or its pool is wrong."
        )
        return finding(seen, "gateway-no-backend", detail, route=page, evidence=evidence)
    detail = "The backend works and other requests pass, but there is no room for another session on this path."
    return finding(seen, "connection-limit", detail, route=page, evidence=evidence)


def _rest_works(seen: Seen, page: Route) -> bool:
    answers = [call.final for call in seen.calls if call.url.startswith(page.origin)]
    return any(isinstance(answer, Answer) and answer.status < 400 for answer in answers)


def _alternating(seen: Seen, page: Route, answer: Answer) -> Finding:
    evidence = [quoted(seen, page), quoted(seen, page, "repeat")]
    if answer.status in (429, 503):
        detail = "One handshake is refused and the next one opens: a limit on the rate of new sessions."
        return finding(seen, "handshake-rate-limited", detail, route=page, evidence=evidence)
    detail = "The same handshake fails and opens in turn: one of several upstreams is bad."
    return finding(seen, "one-upstream-bad", detail, route=page, evidence=evidence)
