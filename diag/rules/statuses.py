"""A status other than 101 that says by itself, or with the plain requests beside it, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urljoin, urlsplit

from diag.model import Finding, Route
from diag.observations import Answer
from diag.rules._words import body_text, finding, is_html, is_shell, quoted
from diag.seen import Seen, same_answer
from diag.urls import path_of

CODES = (
    "redirect-to-https",
    "redirect-to-login",
    "ws-path-trailing-slash",
    "handshake-redirected",
    "auth-required",
    "request-headers-too-large",
    "spa-fallback-200",
    "http-200-not-websocket",
    "ws-path-not-found",
    "server-lacks-ws-support",
    "upgrade-required-426",
    "ws-version-unsupported",
    "server-error-in-handshake",
    "vite-allowed-hosts",
    "subprotocol-mismatch",
    "method-not-get",
)
_LOGIN = re.compile(r"log-?in|sign-?in|auth|sso|saml|oidc|accounts", re.IGNORECASE)
_HEADERS_TOO_LARGE = (
    "request header or cookie too large",
    "header fields too large",
    "headers too large",
    "request header field exceeds server limit",
    "bytes when reading",
)


def judge(seen: Seen) -> Iterator[Finding]:
    """The page's route; one finding at most."""
    page, answer = seen.page, seen.answer(seen.page)
    if answer is None or answer.status == 101:
        return
    if 300 <= answer.status < 400:
        yield _redirected(seen, page, answer)
    elif answer.status in (401, 407):
        yield _unauthorised(seen, page, answer)
    elif answer.status < 300:
        yield from _page_instead(seen, page, answer)
    elif answer.status in (400, 404, 405, 410, 426, 431, 500, 501):
        yield from _refused(seen, page, answer)
    elif answer.status == 403 and "this host" in body_text(answer) and "is not allowed" in body_text(answer):
        detail = "The development server refuses the Host under which it is called."
        yield finding(seen, "vite-allowed-hosts", detail, route=page, evidence=[quoted(seen, page)])


def _redirected(seen: Seen, page: Route, answer: Answer) -> Finding:
    location = answer.header("location") or ""
    there = _destination(page, location)
    evidence = [quoted(seen, page), ("Location", location or "absent")]
    detail = f"The handshake is answered with a redirect to {location or 'nowhere'}; a browser never follows it."
    here = urlsplit(page.url)
    if there.scheme == "https" and here.scheme == "ws" and there.hostname == here.hostname:
        code = "redirect-to-https"
    elif there.path.rstrip("/") == path_of(page.url).rstrip("/") and there.path != path_of(page.url):
        code = "ws-path-trailing-slash"
    else:
        code = "redirect-to-login" if _LOGIN.search(location) else "handshake-redirected"
    return finding(seen, code, detail, route=page, evidence=evidence)


def _destination(page: Route, location: str) -> SplitResult:
    """Where a Location leads; nowhere when it is no URL at all."""
    try:
        return urlsplit(urljoin(page.url.replace("ws", "http", 1), location))
    except ValueError:
        return urlsplit("")


def _unauthorised(seen: Seen, page: Route, answer: Answer) -> Finding:
    challenge = answer.header("www-authenticate") or answer.header("proxy-authenticate") or "no challenge"
    evidence = [quoted(seen, page), ("challenge", challenge)]
    detail = "The handshake needs credentials that the page did not send; JavaScript can set no header on it."
    return finding(seen, "auth-required", detail, route=page, evidence=evidence)


def _page_instead(seen: Seen, page: Route, answer: Answer) -> Iterator[Finding]:
    evidence = [quoted(seen, page), quoted(seen, page, "get"), quoted(seen, page, "get-sibling")]
    shell = is_shell(answer) or (is_html(answer) and same_answer(answer, seen.answer(page, "get-sibling")))
    if shell:
        detail = "The path falls through to the single-page application: its shell is served for any unknown path."
        yield finding(seen, "spa-fallback-200", detail, route=page, evidence=evidence)
    elif seen.reference is None or page.name != "proxy":
        detail = f"The server treats the upgrade as an ordinary GET and answers {answer.status}."
        yield finding(seen, "http-200-not-websocket", detail, route=page, evidence=evidence)


def _refused(seen: Seen, page: Route, answer: Answer) -> Iterator[Finding]:
    text = body_text(answer)
    evidence = [quoted(seen, page), quoted(seen, page, "get"), quoted(seen, page, "sibling")]
    allowed = answer.header("allow")
    if answer.status == 405 and allowed and "GET" not in _listed(allowed):
        detail = f"The path takes {allowed} only; a WebSocket handshake is a GET."
        yield finding(seen, "method-not-get", detail, route=page, evidence=[quoted(seen, page), ("Allow", allowed)])
    if answer.status == 431 or (answer.status == 400 and any(mark in text for mark in _HEADERS_TOO_LARGE)):
        detail = "The request's headers, most often its cookies, exceed what the server reads."
        yield finding(seen, "request-headers-too-large", detail, route=page, evidence=evidence)
    elif seen.reference and page.name == "proxy":
        return  # the differential knows more
    elif seen.other_path:
        return  # another path of this server opens: read there
    elif answer.status in (404, 405, 410, 501):
        yield _not_found(seen, page, answer, evidence)
    elif answer.status == 400 and "subprotocol" in text:
        offered = ", ".join(seen.target.client.subprotocols) or "none"
        detail = f"The server refuses the handshake for its subprotocols; the page offers {offered}."
        yield finding(seen, "subprotocol-mismatch", detail, route=page, evidence=evidence)
    elif answer.status == 500 and _fails_here(seen, page, answer):
        detail = "The server fails inside the handshake, and answers other requests."
        yield finding(seen, "server-error-in-handshake", detail, route=page, evidence=evidence)
    elif answer.header("sec-websocket-version") and "13" not in (answer.header("sec-websocket-version") or ""):
        detail = f"The server asks for version {answer.header('sec-websocket-version')}; browsers speak 13 only."
        yield finding(seen, "ws-version-unsupported", detail, route=page, evidence=evidence)
    elif answer.status == 426:
        detail = "The server saw no upgrade in a request that had one: something in front of it removes the header."
        yield finding(seen, "upgrade-required-426", detail, route=page, evidence=evidence)


def _listed(value: str) -> set[str]:
    return {part.strip().upper() for part in value.split(",")}


def _fails_here(seen: Seen, page: Route, answer: Answer) -> bool:
    """Whether only this request fails, or only this path: some other one gets another answer."""
    if not same_answer(answer, seen.answer(page, "get")):
        return True
    others = [seen.answer(page, variant) for variant in ("get-sibling", "get-root", "sibling")]
    return any(other is not None and other.status < 500 for other in others)


def _not_found(seen: Seen, page: Route, answer: Answer, evidence: list[tuple[str, str]]) -> Finding:
    """404: no such path, or a server that has no ear for upgrades at all.

    uvicorn answers an upgrade of an unknown path with 403, so its 404 means that it treats the upgrade as a plain
    request; so does Express's own 404 page, which an attached WebSocket server never writes.
    """
    server = (answer.header("server") or "").lower()
    deaf = answer.status in (405, 501) or "uvicorn" in server or "cannot get " in body_text(answer)
    if deaf and same_answer(answer, seen.answer(page, "get")):
        detail = "The server answers the upgrade as it answers a plain GET: it has no WebSocket support running."
        return finding(seen, "server-lacks-ws-support", detail, route=page, evidence=evidence)
    detail = f"Nothing is served at {path_of(page.url)}: the answer is that of any unknown path."
    return finding(seen, "ws-path-not-found", detail, route=page, evidence=evidence)
