"""The differential: the backend opens directly and answers otherwise through the proxy.

Which direct answer equals the proxied one says what the proxy did to the request. Nothing here fires without that.
"""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Answer
from diag.rules._hops import written_by_proxy
from diag.rules._words import finding, is_html, is_vite, quoted
from diag.seen import Seen, same_answer
from diag.urls import host_header, path_of

CODES = (
    "upgrade-headers-stripped",
    "connection-header-not-upgrade",
    "upstream-http-1-0",
    "host-not-allowed",
    "proxy-drops-handshake-headers",
    "origin-rewritten-by-proxy",
    "proxy-path-mismatch",
    "vite-rewrite-breaks-path",
    "proxy-route-missing",
    "proxy-access-denied",
    "proxy-protocol-unexpected",
    "gateway-bad-upstream-answer",
    "cdn-blocks-websocket",
)
_BY_VARIANT = (
    ("no-upgrade", "upgrade-headers-stripped", "The backend answers as it does to a request without Upgrade."),
    ("http-1.0-no-upgrade", "upgrade-headers-stripped", "The backend answers as it does to a request without Upgrade."),
    ("connection-close", "connection-header-not-upgrade", "The backend answers as it does to `Connection: close`."),
    ("http-1.0", "upstream-http-1-0", "The backend answers as it does to an HTTP/1.0 request."),
    ("no-key", "proxy-drops-handshake-headers", "The backend answers as it does without Sec-WebSocket-Key."),
)


def judge(seen: Seen) -> Iterator[Finding]:
    """One finding at most: the first difference that reproduces the proxied answer directly."""
    page, direct, answer = seen.page, seen.open_route, seen.answer(seen.page)
    if page.name != "proxy" or direct is None or answer is None or answer.status == 101:
        return
    if 300 <= answer.status < 400 or answer.status in (401, 407, 429, 502, 503, 504):
        return  # these say what they are: the other families read them
    found = _reproduced(seen, page, direct, answer)
    if found is None:
        found = _by_the_proxy(seen, page, direct, answer)
    if found is not None:
        yield found


def _reproduced(seen: Seen, page: Route, direct: Route, answer: Answer) -> Finding | None:
    for variant, code, why in _BY_VARIANT:
        if same_answer(answer, seen.answer(direct, variant)):
            return finding(seen, code, why, route=page, evidence=_both(seen, page, direct, variant))
    for variant in (f"host={host_header(page.url)}", *_variants(seen, direct, "host=")):
        if same_answer(answer, seen.answer(direct, variant)):
            why = "The backend answers as it does to a Host that it does not serve."
            return finding(seen, "host-not-allowed", why, route=page, evidence=_both(seen, page, direct, variant))
    if answer.status == 403 and same_answer(answer, seen.answer(direct, "own-origin")):
        unlike = not same_answer(answer, seen.answer(direct, "sibling"))
        if unlike:
            why = "The backend answers as it does to its own origin: the proxy replaces the page's Origin."
            evidence = _both(seen, page, direct, "own-origin")
            return finding(seen, "origin-rewritten-by-proxy", why, route=page, evidence=evidence)
    for variant in (*_variants(seen, direct, "path="), "sibling"):
        if same_answer(answer, seen.answer(direct, variant)):
            why = f"The backend answers as it does for another path than {path_of(direct.url)}."
            code = "vite-rewrite-breaks-path" if is_vite(seen.answer(page, "get-root")) else "proxy-path-mismatch"
            return finding(seen, code, why, route=page, evidence=_both(seen, page, direct, variant))
    return None


def _by_the_proxy(seen: Seen, page: Route, direct: Route, answer: Answer) -> Finding | None:
    """Answers that the backend gives to nothing: the proxy's own."""
    evidence = [quoted(seen, page), quoted(seen, page, "get"), quoted(seen, direct)]
    if answer.header("cf-ray"):
        return finding(
            seen, "cdn-blocks-websocket", "The CDN answers the upgrade itself.", route=page, evidence=evidence
        )
    author = written_by_proxy(answer)
    name = author or "The proxy"
    if answer.status == 404 and (author or same_answer(answer, seen.answer(page, "get-sibling"))):
        detail = f"{name} answers 404 itself: no route of it takes this path to the backend."
        return finding(seen, "proxy-route-missing", detail, route=page, evidence=evidence)
    if answer.status == 403:
        detail = f"{name} refuses the path itself, whatever the Origin."
        return finding(seen, "proxy-access-denied", detail, route=page, evidence=evidence)
    if answer.status == 400 and same_answer(answer, seen.answer(page, "get")) and not is_html(answer):
        detail = "Every request through the proxy gets the backend's answer to a garbled one."
        return finding(seen, "proxy-protocol-unexpected", detail, route=page, evidence=evidence)
    if answer.status == 500 and author:
        detail = f"{name} did not understand the backend's answer to the upgrade."
        return finding(seen, "gateway-bad-upstream-answer", detail, route=page, evidence=evidence)
    return None


def _variants(seen: Seen, route: Route, prefix: str) -> list[str]:
    return [variant for name, variant in seen.exchanges if name == route.name and variant.startswith(prefix)]


def _both(seen: Seen, page: Route, direct: Route, variant: str) -> list[tuple[str, str]]:
    return [quoted(seen, page), quoted(seen, direct, variant), quoted(seen, direct)]
