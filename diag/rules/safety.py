"""It works, and for everybody: sockets that take any page's Origin while cookies say who the user is."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route, Severity
from diag.rules._words import finding, quoted
from diag.seen import Seen

CODES = ("cswsh-open", "dev-proxy-erases-origin")


def judge(seen: Seen) -> Iterator[Finding]:
    """Cross-site WebSocket hijacking needs both: a foreign Origin accepted, and a session in a cookie."""
    page = seen.page
    if not seen.opens(page, "foreign-origin") or not uses_cookies(seen, page):
        return
    evidence = [quoted(seen, page), quoted(seen, page, "foreign-origin")]
    strict = next((route for route in seen.others if _refuses_foreign(seen, route)), None)
    if strict is not None:
        evidence.append(quoted(seen, strict, "foreign-origin"))
        detail = "The backend refuses a foreign Origin; through the proxy it no longer sees it."
        yield finding(seen, "dev-proxy-erases-origin", detail, route=page, evidence=evidence)
        return
    detail = "Any page may open this socket with the user's cookies: the server does not check Origin."
    # A cookie that only the answer sets may be a load balancer's, and nobody's session.
    severity = None if seen.target.cookies else Severity.WARNING
    yield finding(seen, "cswsh-open", detail, route=page, evidence=evidence, severity=severity)


def uses_cookies(seen: Seen, route: Route) -> bool:
    """Whether a session rides in cookies: the target has some, or the handshake's answer sets one."""
    answer = seen.answer(route)
    return bool(seen.target.cookies) or (answer is not None and answer.header("set-cookie") is not None)


def _refuses_foreign(seen: Seen, route: Route) -> bool:
    return (
        seen.opens(route)
        and seen.exchange(route, "foreign-origin") is not None
        and not seen.opens(route, "foreign-origin")
    )
