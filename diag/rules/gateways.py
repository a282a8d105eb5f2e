"""The proxy could not get an answer from its upstream: 502, 503, 504, and Vite's empty close."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Answer
from diag.rules._certificates import described
from diag.rules._hops import answered_by, written_by_proxy
from diag.rules._silences import listens_late, lost_upstream
from diag.rules._words import body_text, finding, milliseconds, quoted, serves_rest
from diag.seen import Seen
from diag.urls import host_and_port

CODES = (
    "gateway-upstream-refused",
    "gateway-bad-upstream-answer",
    "gateway-no-backend",
    "gateway-upstream-timeout",
    "gateway-upstream-tls",
    "gateway-upstream-scheme-mismatch",
    "vite-proxy-target-down",
    "connection-limit",
    "handshake-rate-limited",
    "one-upstream-bad",
    "tcp-loopback-family-mismatch",
    "tls-sni-misroute",
)
_AT_ONCE_MS = 250.0
_WAITED_MS = 1000.0
_REFUSED_AS_503 = ("Apache", "lighttpd", "Varnish")
"""Proxies that answer 503, not 502, when nothing takes their connection."""
_POOLS = ("Caddy", "Envoy", "Traefik")
"""Proxies that answer 503 when no upstream of a pool is healthy, and 502 or another text when one refuses."""
_NAMELESS = ("nginx", "OpenResty", "HAProxy")
_FAILURES = (400, 404, 429, 500, 502, 503, 504)
_READ_FAILED = "error reading from remote server"
_INVALID = ("the server returned an invalid or incomplete response", "reset reason: protocol error")
_TLS_FAILED = "error during ssl handshake with remote server"
_RETRIED_MS = 2500.0
"""HAProxy retries a refused connect three times, a second apart; a full queue answers after `timeout queue`."""


def judge(seen: Seen) -> Iterator[Finding]:
    """The page's route only: what fails between a proxy and its upstream is seen from nowhere else."""
    page = seen.page
    answer = seen.answer(page)
    if answer is None:
        yield from _vite(seen, page)
        return
    if answer.status == 101:
        yield from _sometimes(seen, page)
        return
    if answer.status == 500:
        yield from _failed_tls(seen, page, answer)
    if seen.opens(page, "repeat") and answer.status in _FAILURES and not listens_late(seen, page):
        yield _alternating(seen, page, answer)
        return
    if answer.status not in (429, 502, 503, 504):
        return
    if answer.status == 504 or _waited(seen, page, answer):
        evidence = [quoted(seen, page), ("after", f"{milliseconds(seen.exchange(page)) / 1000:.1f} s")]
        detail = "The proxy reached its upstream and waited for an answer until its own time-out."
        yield finding(seen, "gateway-upstream-timeout", detail, route=page, evidence=evidence)
    elif answer.status == 502 and not _is_encrypted(seen) and _not_understood(seen, answer):
        detail = "The proxy reached its upstream at once and could make nothing of what it answered."
        evidence = [quoted(seen, page), *(quoted(seen, route) for route in seen.others)]
        yield finding(seen, "gateway-bad-upstream-answer", detail, route=page, evidence=evidence)
    elif nameless := _without_server_name(seen, page, answer):
        yield nameless
    elif answer.status == 502:
        yield _upstream_down(seen, page, "gateway-upstream-refused")
    else:
        yield _unavailable(seen, page, answer)


def _vite(seen: Seen, page: Route) -> Iterator[Finding]:
    """Vite's proxy closes an upgrade without a byte when its target fails, and answers a GET with 502 text/plain."""
    get = seen.answer(page, "get")
    if get is None or not lost_upstream(seen, page):
        return
    author = written_by_proxy(get)
    other_error = get.status == 500 and author == "http-proxy-middleware"
    failed = list(_failed_tls(seen, page, get)) if other_error else []
    yield from failed or [
        _upstream_down(seen, page, "gateway-upstream-refused" if author else "vite-proxy-target-down")
    ]


def _waited(seen: Seen, page: Route, answer: Answer) -> bool:
    """Whether a 502 or 503 stands for a time-out: it came late, and the backend hangs directly, or the page says so.

    HAProxy's 503 comes late as well, after three attempts to connect.
    """
    if answer.status not in (502, 503) or milliseconds(seen.exchange(page)) < _WAITED_MS:
        return False
    says_so = _READ_FAILED in body_text(answer)
    return says_so or any(seen.hangs(route) for route in seen.others)


def _not_understood(seen: Seen, answer: Answer) -> bool:
    """Whether the proxy says that it got an answer, and the backend opens directly."""
    text = body_text(answer)
    return seen.open_route is not None and any(mark in text for mark in (_READ_FAILED, *_INVALID))


def _is_encrypted(seen: Seen) -> bool:
    return any(seen.opens(route) and route.url.startswith("wss:") for route in seen.others)


def _failed_tls(seen: Seen, page: Route, answer: Answer) -> Iterator[Finding]:
    """500 of a proxy that could not agree on TLS with its upstream.

    Apache says so; Traefik and http-proxy-middleware answer network errors with 502 or 504, and only others with 500.
    """
    author = written_by_proxy(answer)
    direct = seen.reference
    if direct is None or not (_TLS_FAILED in body_text(answer) or author in ("Traefik", "http-proxy-middleware")):
        return
    evidence = [quoted(seen, page), quoted(seen, direct)]
    if direct.url.startswith("wss:"):
        detail = f"{author} speaks TLS to the backend and does not accept its certificate."
        yield finding(seen, "gateway-upstream-tls", detail, route=page, evidence=evidence)
        return
    detail = f"{author} speaks TLS to its upstream, and the backend speaks plain HTTP."
    yield finding(seen, "gateway-upstream-scheme-mismatch", detail, route=page, evidence=evidence)


def _without_server_name(seen: Seen, page: Route, answer: Answer) -> Finding | None:
    """502 or 503 in front of a TLS backend that ends every handshake without a server name.

    nginx and HAProxy send none to an upstream unless they are told to.
    """
    author = written_by_proxy(answer)
    strict = next((route for route in seen.others if seen.opens(route) and _needs_name(seen, route)), None)
    if strict is None or author not in _NAMELESS:
        return None
    shown = described(seen.presented[strict.name, "sni="])
    evidence = [quoted(seen, page), quoted(seen, strict), (f"{strict.name}, TLS without a server name", shown)]
    detail = f"The backend accepts TLS with a server name only, and {author} sends none unless it is told to."
    return finding(seen, "tls-sni-misroute", detail, route=page, evidence=evidence)


def _needs_name(seen: Seen, route: Route) -> bool:
    nameless = seen.presented.get((route.name, "sni="))
    return nameless is not None and nameless.failure is not None and nameless.failure.stage == "tls"


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
    backend_up = seen.open_route is not None or serves_rest(seen, page)
    author, text = written_by_proxy(answer), body_text(answer)
    refused = author in _REFUSED_AS_503 or ("upstream connect error" in text and "overflow" not in text)
    if answer.status == 503 and refused:
        return _upstream_down(seen, page, "gateway-upstream-refused")
    if answer.status == 429 or answer.header("retry-after"):
        detail = "The handshake is refused for its rate: the same request may pass later."
        return finding(seen, "handshake-rate-limited", detail, route=page, evidence=evidence)
    by_haproxy = answered_by(answer) == "HAProxy"
    if not backend_up or (by_haproxy and took >= _RETRIED_MS):
        return _upstream_down(seen, page, "gateway-upstream-refused")
    if (by_haproxy and took < _AT_ONCE_MS) or (author in _POOLS and "overflow" not in text):
        name = author or "HAProxy"
        detail = f"{name} has no server for this path although the backend works: its health check or pool is wrong."
        return finding(seen, "gateway-no-backend", detail, route=page, evidence=evidence)
    detail = "The backend works and other requests pass, but there is no room for another session on this path."
    return finding(seen, "connection-limit", detail, route=page, evidence=evidence)


def _sometimes(seen: Seen, page: Route) -> Iterator[Finding]:
    """The handshake opens, and the same one again gets another upstream's error.

    A 429 or 503 may be a limit that the page itself never meets, and a 401 or 403 a ticket that is good for once.
    """
    for variant in ("repeat", "repeat=2"):
        again = seen.answer(page, variant)
        refused = again is not None and again.status == 503 and written_by_proxy(again) in _REFUSED_AS_503
        if again is None or not (again.status in (400, 404, 500, 502, 504) or refused):
            continue
        evidence = [quoted(seen, page), quoted(seen, page, variant)]
        detail = "The same handshake opens and fails in turn: one of several upstreams is bad."
        yield finding(seen, "one-upstream-bad", detail, route=page, evidence=evidence)
        return


def _alternating(seen: Seen, page: Route, answer: Answer) -> Finding:
    evidence = [quoted(seen, page), quoted(seen, page, "repeat")]
    if answer.status in (429, 503):
        detail = "One handshake is refused and the next one opens: a limit on the rate of new sessions."
        return finding(seen, "handshake-rate-limited", detail, route=page, evidence=evidence)
    detail = "The same handshake fails and opens in turn: one of several upstreams is bad."
    return finding(seen, "one-upstream-bad", detail, route=page, evidence=evidence)
