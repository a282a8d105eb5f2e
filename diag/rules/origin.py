"""The server decides by Origin, and refusals that look like it: 403 is not "origin" until proven."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Answer, Session
from diag.rules._cuts import refused
from diag.rules._hops import written_by_proxy
from diag.rules._words import body_text, finding, quoted
from diag.rules.paths import refused_like_any_path
from diag.seen import Seen, same_answer
from diag.urls import host_header, portless

CODES = (
    "origin-rejected",
    "origin-host-rewritten",
    "origin-allowlist-typo",
    "origin-null-rejected",
    "origin-port-stripped",
    "origin-scheme-mismatch",
    "origin-required",
    "auth-forbidden",
    "close-policy-or-app-auth",
)
_REFUSALS = (400, 401, 403, 404)
_AT_ONCE_MS = 2000.0
_ORIGIN_VARIANTS = ("no-origin", "own-origin")
_NOT_THE_PATH = ("ws-path-not-found", "server-lacks-ws-support", "auth-required", "subprotocol-mismatch")
"""ActionCable refuses an Origin with 404, `ws` with 401: where another Origin opens, path and credentials are right."""


def judge(seen: Seen) -> Iterator[Finding]:
    """For the page's route: a refused handshake, or a session closed at once for its origin or credentials."""
    page, answer = seen.page, seen.answer(seen.page)
    if answer is not None and 400 <= answer.status < 500 and answer.status not in (407, 429, 431):
        yield from _refused(seen, page, answer)
    yield from _required(seen)
    session = seen.session(page)
    if session is not None:
        yield from _closed(seen, page, session)


def _refused(seen: Seen, page: Route, answer: Answer) -> Iterator[Finding]:
    if seen.opens(page, "repeat"):
        return  # the very same request opens: it is not for its Origin
    evidence = [quoted(seen, page)]
    if other_scheme := _other_scheme(seen, page, evidence):
        yield other_scheme
        return
    accepted = _accepted_origin(seen, page)
    if accepted and seen.target.page == "null":
        detail = "The page has no origin of its own (a sandbox or a file), and the server refuses `Origin: null`."
        yield finding(seen, "origin-null-rejected", detail, route=page, evidence=evidence, explains=_NOT_THE_PATH)
    elif accepted:
        route, variant = accepted
        evidence.append(quoted(seen, route, variant))
        yield _rejected(seen, page, evidence)
    elif answer.status == 401 or seen.other_path:
        return  # credentials, or the path: read there
    elif refused_like_any_path(seen, page) and not seen.reference:
        return  # as above
    elif "origin" in body_text(answer):
        detail = f"The server refuses the page's origin {seen.target.page}, and its answer says so."
        yield finding(seen, "origin-rejected", detail, route=page, evidence=evidence)
    elif answer.status == 403 and not seen.reference and not written_by_proxy(answer):
        yield _forbidden(seen, page, answer, evidence)


def _accepted_origin(seen: Seen, page: Route) -> tuple[Route, str] | None:
    """A route and variant that open although nothing but the Origin differs."""
    for route in (page, *seen.others):
        if seen.opens(route) or (route != page and not _refuses_alike(seen, page, route)):
            continue
        named = [variant for name, variant in seen.exchanges if name == route.name and variant.startswith("origin=")]
        found = next((variant for variant in (*_ORIGIN_VARIANTS, *named) if seen.opens(route, variant)), None)
        if found:
            return route, found
    return None


def _refuses_alike(seen: Seen, page: Route, route: Route) -> bool:
    """Whether the other route's refusal is the page's: what opens there says nothing about another answer here."""
    return seen.reference is None and same_answer(seen.answer(page), seen.answer(route))


def _rejected(seen: Seen, page: Route, evidence: list[tuple[str, str]]) -> Finding:
    typo = f"origin={seen.target.page}/"
    if seen.opens(page, typo):
        evidence.append(("taken instead", f"{seen.target.page}/"))
        detail = "The allow list holds the page's origin with a slash behind it, which no browser ever sends."
        return finding(seen, "origin-allowlist-typo", detail, route=page, evidence=evidence, explains=_NOT_THE_PATH)
    host = f"host={host_header(page.url)}"
    compared = next((route for route in seen.others if seen.opens(route, host)), None)
    if compared is not None:
        evidence.append(quoted(seen, compared, host))
        bare = portless(seen.target.page)
        if bare and seen.opens(page, f"origin={bare}"):
            evidence.append(quoted(seen, page, f"origin={bare}"))
            detail = f"The backend compares Origin with Host, and the proxy hands it the Host without its port: {bare}."
            return finding(seen, "origin-port-stripped", detail, route=page, evidence=evidence, explains=_NOT_THE_PATH)
        detail = "The backend compares Origin with Host, and the proxy replaces the Host that the browser sent."
        return finding(seen, "origin-host-rewritten", detail, route=page, evidence=evidence, explains=_NOT_THE_PATH)
    detail = f"The server refuses the page's origin {seen.target.page} and takes another one: it checks Origin."
    return finding(seen, "origin-rejected", detail, route=page, evidence=evidence, explains=_NOT_THE_PATH)


def _other_scheme(seen: Seen, page: Route, evidence: list[tuple[str, str]]) -> Finding | None:
    """Nothing but X-Forwarded-Proto changes the answer: the server compares Origin with a scheme that it works out."""
    variant = f"forwarded-proto={host_header(page.url)}"
    route = next((route for route in seen.target.routes if seen.opens(route, variant)), None)
    if route is None or (route != page and seen.opens(route, f"host={host_header(page.url)}")):
        return None
    evidence = [*evidence, quoted(seen, route, variant)]
    detail = f"The page is {seen.target.page}; the server takes the request for plain http until it is told otherwise."
    return finding(seen, "origin-scheme-mismatch", detail, route=page, evidence=evidence, explains=_NOT_THE_PATH)


def _required(seen: Seen) -> Iterator[Finding]:
    """Where a handshake without Origin was sent anyway: the server refuses it and opens for the page."""
    for route in seen.target.routes:
        answer = seen.answer(route, "no-origin")
        # A ticket that is good for once refuses every second handshake, whatever is in it.
        again = any(seen.opens(route, variant) for variant in ("repeat", "own-origin", "foreign-origin"))
        if seen.opens(route) and again and answer is not None and answer.status in _REFUSALS:
            detail = "The server refuses a handshake without Origin: browsers open, command-line tools do not."
            evidence = [quoted(seen, route), quoted(seen, route, "no-origin")]
            yield finding(seen, "origin-required", detail, route=route, evidence=evidence)


def _is_about_origin(variant: str) -> bool:
    return variant in _ORIGIN_VARIANTS or variant.startswith("origin=")


def _forbidden(seen: Seen, page: Route, answer: Answer, evidence: list[tuple[str, str]]) -> Finding:
    """403 whatever the Origin, and no other path opens: a refusal of this client.

    Channels refuses an Origin, an absent one too, before it looks at the path, and has 500 for an unknown one. So its
    403 for any path is its origin validator's.
    """
    evidence += [quoted(seen, page, variant) for variant in (*_ORIGIN_VARIANTS, "sibling")]
    if body_text(answer).strip() == "access denied" and same_answer(answer, seen.answer(page, "sibling")):
        detail = "The server denies access before it looks at the path: Channels' origin validator does."
        return finding(seen, "origin-rejected", detail, route=page, evidence=evidence)
    detail = "The server refuses the handshake whatever the Origin is: it wants credentials or another user."
    if same_answer(answer, seen.answer(page, "sibling")):
        detail += " An unknown path gets the same answer, so the path may be wrong as well."
    return finding(seen, "auth-forbidden", detail, route=page, evidence=evidence)


def _closed(seen: Seen, page: Route, session: Session) -> Iterator[Finding]:
    closed = session.closed
    if closed is None or not refused(closed):
        return
    evidence = [("close", f"{closed.code} {closed.reason}".strip()), ("after", f"{closed.after_ms:.0f} ms")]
    lives = [
        other.variant
        for other in seen.sessions.values()
        if other.route == page.name and other.closed is None and _is_about_origin(other.variant)
    ]
    if lives or "origin" in closed.reason.lower():
        evidence += [(f"{page.name}, {variant}", "stays open") for variant in lives[:2]]
        detail = f"The server accepts the page's origin {seen.target.page} and closes at once because of it."
        yield finding(seen, "origin-rejected", detail, route=page, evidence=evidence)
        return
    soon = "at once" if closed.after_ms < _AT_ONCE_MS else f"after {closed.after_ms / 1000:.1f} s"
    detail = f"The server accepts the handshake and closes {soon}: it wants credentials, or refuses this user."
    yield finding(seen, "close-policy-or-app-auth", detail, route=page, evidence=evidence)
