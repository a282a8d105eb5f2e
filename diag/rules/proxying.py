"""The differential: the backend opens directly and answers otherwise through the proxy.

Which direct answer equals the proxied one says what the proxy did to the request. Nothing here fires without that.
"""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Answer
from diag.rules._hops import written_by_proxy
from diag.rules._silences import like_any_path
from diag.rules._words import body_text, finding, is_html, is_vite, quoted
from diag.seen import Seen, same_answer
from diag.urls import host_header, path_of

CODES = (
    "upgrade-headers-stripped",
    "location-shadowed",
    "connection-header-not-upgrade",
    "upstream-http-1-0",
    "host-not-allowed",
    "proxy-drops-handshake-headers",
    "origin-rewritten-by-proxy",
    "proxy-path-mismatch",
    "vite-rewrite-breaks-path",
    "proxy-route-missing",
    "http-200-not-websocket",
    "wrong-server-on-port",
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
    ("no-version", "proxy-drops-handshake-headers", "The backend answers as it does without Sec-WebSocket-Version."),
)
_MISSES_HEADER = ("sec-websocket-", "invalid websocket headers")
_HOST_REFUSED = "invalid host header"
_ORIGINS = (
    ("no-origin", "The backend answers as it does without an Origin: the proxy removes the page's."),
    ("own-origin", "The backend answers as it does to its own origin: the proxy replaces the page's Origin."),
    ("foreign-origin", "The backend answers as it does to a foreign origin: the proxy replaces the page's Origin."),
)


def judge(seen: Seen) -> Iterator[Finding]:
    """One finding at most: the first difference that reproduces the proxied answer directly."""
    page, direct, answer = seen.page, seen.reference, seen.answer(seen.page)
    if page.name != "proxy" or direct is None or answer is None or answer.status == 101:
        return
    if 300 <= answer.status < 400 or answer.status in (401, 407, 429, 502, 503, 504):
        return  # these say what they are: the other families read them
    if seen.opens(page, "repeat"):
        return  # the proxy leads to several backends
    found = None if written_by_proxy(answer) else _reproduced(seen, page, direct, answer)
    if found is None:
        found = _by_the_proxy(seen, page, direct, answer)
    if found is not None:
        yield _shadowed(seen, page, found) or found


def _shadowed(seen: Seen, page: Route, found: Finding) -> Finding | None:
    """The same proxy passes the upgrade of another path on: it has the headers, and not in this path's location."""
    if found.code not in ("upgrade-headers-stripped", "connection-header-not-upgrade"):
        return None
    beside = next((route for route in seen.others if route.origin == page.origin and seen.opens(route)), None)
    if beside is None:
        return None
    evidence = [*((item.label, item.value) for item in found.evidence), quoted(seen, beside)]
    detail = f"{found.detail} On {path_of(beside.url)} the same proxy passes the upgrade on."
    return finding(seen, "location-shadowed", detail, route=page, evidence=evidence)


def _reproduced(seen: Seen, page: Route, direct: Route, answer: Answer) -> Finding | None:
    for variant, code, why in _BY_VARIANT:
        if same_answer(answer, seen.answer(direct, variant)):
            return finding(seen, code, why, route=page, evidence=_both(seen, page, direct, variant))
    for variant in (f"host={host_header(page.url)}", *_variants(seen, direct, "host=")):
        if same_answer(answer, seen.answer(direct, variant)):
            why = "The backend answers as it does to a Host that it does not serve."
            return finding(seen, "host-not-allowed", why, route=page, evidence=_both(seen, page, direct, variant))
    if answer.status == 403 and _HOST_REFUSED in body_text(seen.answer(page, "get")):
        why = (
            "A plain GET through the proxy is refused for its Host; webpack-dev-server refuses the upgrade for it too."
        )
        evidence = [quoted(seen, page), quoted(seen, page, "get"), quoted(seen, direct)]
        return finding(seen, "host-not-allowed", why, route=page, evidence=evidence)
    return (
        _handshake_header(seen, page, direct, answer)
        or _other_origin(seen, page, direct, answer)
        or _other_path(seen, page, direct, answer)
    )


def _handshake_header(seen: Seen, page: Route, direct: Route, answer: Answer) -> Finding | None:
    """The backend names a handshake header that it misses; the same request has it, and opens directly."""
    version = answer.header("sec-websocket-version") if answer.status in (400, 426) else None
    if not version and not any(mark in body_text(answer) for mark in _MISSES_HEADER):
        return None
    why = "The backend misses a header of the handshake that the browser sends."
    evidence = [*_both(seen, page, direct, "version-99"), ("Sec-WebSocket-Version", version or "not in the answer")]
    return finding(seen, "proxy-drops-handshake-headers", why, route=page, evidence=evidence)


def _other_origin(seen: Seen, page: Route, direct: Route, answer: Answer) -> Finding | None:
    """The backend takes the page's Origin and refuses another one, with the proxied answer.

    Servers that refuse unknown paths with the same empty 403 leave a doubt; a longer path that opens through the proxy
    would resolve it.
    """
    if not seen.opens(direct) or any(seen.opens(page, variant) for variant in _variants(seen, page, "path=")):
        return None
    for variant, why in _ORIGINS:
        if same_answer(answer, seen.answer(direct, variant)):
            evidence = _both(seen, page, direct, variant)
            return finding(seen, "origin-rewritten-by-proxy", why, route=page, evidence=evidence)
    return None


def _other_path(seen: Seen, page: Route, direct: Route, answer: Answer) -> Finding | None:
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
    anything = like_any_path(seen, page, answer)
    if answer.status in (404, 405, 410) and (author or anything):
        detail = f"{name} answers {answer.status} itself: no route of it takes this path to the backend."
        return finding(seen, "proxy-route-missing", detail, route=page, evidence=evidence)
    if answer.status < 300 and not is_html(answer):
        return _success(seen, page, answer, evidence, anything=anything)
    if answer.status == 403 and author == "Envoy" and _by_upstream(seen.answer(page, "get")):
        detail = "Envoy refuses the upgrade itself and passes a plain GET of the path on: it has no upgrade_configs."
        return finding(seen, "upgrade-headers-stripped", detail, route=page, evidence=evidence)
    if answer.status == 403 or (answer.status == 500 and author == "HAProxy"):
        # HAProxy answers a tarpitted request with 500, once it has let it wait.
        detail = f"{name} refuses the path itself, whatever the Origin."
        return finding(seen, "proxy-access-denied", detail, route=page, evidence=evidence)
    if answer.status == 400 and same_answer(answer, seen.answer(page, "get")) and not is_html(answer):
        detail = "Every request through the proxy gets the backend's answer to a garbled one."
        return finding(seen, "proxy-protocol-unexpected", detail, route=page, evidence=evidence)
    if answer.status in (400, 404, 405, 501) and _other_server(seen, page, direct, answer):
        detail = "Another server than the backend answers on this path: the backend gives this answer to nothing."
        return finding(seen, "wrong-server-on-port", detail, route=page, evidence=evidence)
    if answer.status == 500 and author:
        detail = f"{name} did not understand the backend's answer to the upgrade."
        return finding(seen, "gateway-bad-upstream-answer", detail, route=page, evidence=evidence)
    return None


def _success(
    seen: Seen, page: Route, answer: Answer, evidence: list[tuple[str, str]], *, anything: bool
) -> Finding | None:
    """A success that the backend never gives: the proxy's own, for whatever no route of it takes, or for this path."""
    if anything:
        detail = f"The proxy answers {answer.status} itself, as for any path that no route of it takes to the backend."
        return finding(seen, "proxy-route-missing", detail, route=page, evidence=evidence)
    if not same_answer(answer, seen.answer(page, "get")):
        return None
    detail = f"The upgrade is answered as an ordinary GET, with {answer.status}; the backend itself opens."
    return finding(seen, "http-200-not-websocket", detail, route=page, evidence=evidence)


def _other_server(seen: Seen, page: Route, direct: Route, answer: Answer) -> bool:
    """Whether even a plain GET of the path gets what the backend never gives, or just what the upgrade gets."""
    get, plain = seen.answer(page, "get"), seen.answer(direct, "no-upgrade")
    if get is None or written_by_proxy(get):
        return False
    unlike = plain is not None and get.status >= 400 and not same_answer(get, plain)
    return unlike or (answer.status != 400 and same_answer(answer, get))


def _by_upstream(answer: Answer | None) -> bool:
    return answer is not None and answer.header("x-envoy-upstream-service-time") is not None


def _variants(seen: Seen, route: Route, prefix: str) -> list[str]:
    return [variant for name, variant in seen.exchanges if name == route.name and variant.startswith(prefix)]


def _both(seen: Seen, page: Route, direct: Route, variant: str) -> list[tuple[str, str]]:
    return [quoted(seen, page), quoted(seen, direct, variant), quoted(seen, direct)]
