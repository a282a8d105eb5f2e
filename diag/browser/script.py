"""Replays a recorded WebSocket case against the browser's rules, on a simulated clock and without a network."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from diag.browser.channel import CloseEvent
from diag.browser.context import judge_context
from diag.browser.frames import Opcode
from diag.browser.handshake import Offer, accept_value
from diag.browser.hosts import AddressSpace, is_loopback
from diag.browser.page_socket import PageSocket
from diag.browser.socket_case import Case, Step, parse_case
from diag.browser.urls import Url, parse_url

_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_ACCEPT = accept_value(_KEY)
_TEMPLATES = {
    b"{{ACCEPT}}": _ACCEPT.encode(),
    b"{{KEY}}": _KEY.encode(),
    b"{{ACCEPT_SWAPCASE}}": _ACCEPT.swapcase().encode(),
    b"{{ACCEPT_NOPAD}}": _ACCEPT.rstrip("=").encode(),
    b"{{ACCEPT_HEX}}": hashlib.sha1(_KEY.encode(), usedforsecurity=False).hexdigest().encode(),
    b"{{ACCEPT_WRONG_GUID}}": accept_value(_KEY + "00000000-0000-0000-0000-000000000000").encode(),
}
_RESOLVABLE = frozenset({"app.test", "api.test"})
"""The names that the recordings map to loopback addresses; no other name resolves there."""
_UNSPECIFIED = frozenset({"0.0.0.0", "[::]"})
"""Addresses that Linux connects to the loopback interface."""

_CONNECTING = "Error in connection establishment: net::ERR_"
_DURING = "Error during WebSocket handshake: "


def verdict_line(case: Mapping[str, Any]) -> dict[str, Any]:
    """Judge one case: what a page in Chromium would have seen of this server within `limit_ms`.

    Returns `{"id", "opened", "failure", "close": {"code", "reason", "wasClean"} | None}`: `failure` is Chromium's
    text or None, `close` is None when no close event came in time or ever. Raises ValueError for a malformed case.
    """
    parsed = parse_case(case)
    opened, failure, event = _judge(parsed)
    close = {"code": event.code, "reason": event.reason, "wasClean": event.was_clean} if event else None
    return {"id": parsed.id, "opened": opened, "failure": failure, "close": close}


def _judge(case: Case) -> tuple[bool, str | None, CloseEvent | None]:
    target = parse_url(case.url, parse_url(case.page_url))
    space: AddressSpace | None = "loopback" if target and target.host in _RESOLVABLE else None
    context = judge_context(case.page_url, case.url, case.protocols, case.csp, target_space=space)
    if not context.allowed:
        return False, context.message, CloseEvent() if context.closes else None
    final = parse_url(context.url) or Url("")
    unreachable = _unreachable(case, final)
    if unreachable:
        return False, unreachable, CloseEvent()
    secure = final.scheme == "wss"
    offer = Offer(_KEY, case.protocols)
    browser = PageSocket(offer, case.actions, secure=secure, tls_to_plain=secure and case.listener == "plain")
    _run(case, browser)
    return browser.channel is not None, browser.failure, browser.event


def _unreachable(case: Case, target: Url) -> str | None:
    """Return why no connection to the scripted server, or no TLS session with it, comes about."""
    if not is_loopback(target.host) and target.host not in _RESOLVABLE | _UNSPECIFIED:
        return f"{_CONNECTING}NAME_NOT_RESOLVED"
    if case.listener == "none" or target.effective_port != case.port:
        page = parse_url(case.page_url)
        # The pages' own servers know no WebSocket.
        own = page is not None and page.effective_port == target.effective_port
        return f"{_DURING}Unexpected response code: 404" if own else f"{_CONNECTING}CONNECTION_REFUSED"
    if target.scheme == "ws":
        return None if case.listener == "plain" else f"{_DURING}net::ERR_CONNECTION_RESET"
    errors = {"tls-untrusted": "CERT_AUTHORITY_INVALID", "tls-wrongname": "CERT_COMMON_NAME_INVALID"}
    error = errors.get(case.listener)
    return f"{_CONNECTING}{error}" if error else None


@dataclass(frozen=True, slots=True)
class _Wait:
    """The server waits so long, or until this holds."""

    ms: float
    until: Callable[[], bool]


def _serve(steps: tuple[Step, ...], browser: PageSocket, clock: Callable[[], float]) -> Iterator[_Wait]:
    taken = 0
    just_sent = False

    def came(opcode: int | None) -> bool:
        """Take the browser's next frame, or its next of this opcode; true also when it is gone."""
        nonlocal taken
        for index, (sent, _) in enumerate(browser.sent[taken:], taken + 1):
            if opcode in {None, sent}:
                taken = index
                return True
        return browser.event is not None

    for step in steps:
        match step.op:
            case "send":
                if step.ms:
                    yield _Wait(step.ms, lambda: False)
                browser.receive(_fill(step.data), clock())
                just_sent = True
                continue
            case "sleep":
                yield _Wait(step.ms, lambda: False)
            case "wait_close":
                yield _Wait(step.ms, lambda: came(Opcode.CLOSE))
            case "wait_frame":
                yield _Wait(step.ms, lambda: came(None))
            case "hold":
                yield _Wait(math.inf, lambda: False)
            case "fin":
                browser.end_of_stream()
                return
            case _:
                browser.reset(at_once=just_sent)
                return
        just_sent = False


def _fill(data: bytes) -> bytes:
    if b"{{" in data:
        for name, value in _TEMPLATES.items():
            data = data.replace(name, value)
    return data


def _run(case: Case, browser: PageSocket) -> None:
    """Let server, page and the browser's timers take turns until the close event or the limit."""
    now = 0.0
    server = _serve(case.steps, browser, lambda: now)
    wait: _Wait | None = _Wait(0.0, lambda: True)
    wakes = 0.0
    browser.act(now)
    while browser.event is None:
        if wait and (wakes <= now or wait.until()):
            wait = next(server, None)
            wakes = now + wait.ms if wait else math.inf
            continue
        now = min(wakes, browser.deadline, *(due for due, _ in browser.pending))
        if now > case.limit_ms:
            return
        browser.act(now)
        if browser.deadline <= now:
            browser.expire()
