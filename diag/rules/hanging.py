"""Connected, and the upgrade is never answered: who does not listen for it?"""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Answer
from diag.rules._silences import cut_off, like_any_path, listens_late
from diag.rules._words import finding, is_html, is_shell, is_vite, quoted
from diag.seen import Seen, same_answer

CODES = (
    "vite-proxy-rule-missing",
    "vite-proxy-ws-disabled",
    "proxy-ws-disabled",
    "proxy-route-missing",
    "backend-hang",
)


def judge(seen: Seen) -> Iterator[Finding]:
    """Splits a hang by what a plain GET of the same path gets: the shell, the backend's answer, or nothing either.

    Some proxies (Next.js) end the connection instead of leaving it open; the split is the same.
    """
    page, get = seen.page, seen.answer(seen.page, "get")
    if listens_late(seen, page):
        detail = "The first upgrade gets a plain request's answer, every later one opens: the proxy listens too late."
        evidence = [quoted(seen, page), quoted(seen, page, "repeat"), quoted(seen, page, "get")]
        yield finding(seen, "proxy-ws-disabled", detail, route=page, evidence=evidence)
    if not seen.hangs(page) and not cut_off(seen, page):
        return
    evidence = [quoted(seen, page), quoted(seen, page, "get")]
    if get is None:
        if seen.exchange(page, "get"):
            detail = "The connection is accepted, and neither the upgrade nor a plain GET is ever answered."
            evidence += [quoted(seen, route) for route in seen.others]
            yield finding(seen, "backend-hang", detail, route=page, evidence=evidence)
    elif get.status == 504:
        detail = "The upgrade is never answered, and a plain GET ends in the proxy's own time-out."
        yield finding(seen, "backend-hang", detail, route=page, evidence=evidence)
    elif missing := _no_rule(seen, page, get, evidence):
        yield missing
    elif page.name == "direct" or any(seen.hangs(route) for route in seen.others):
        detail = "The backend answers a plain GET of the path and never the upgrade: nothing in it takes the upgrade."
        evidence += [quoted(seen, route) for route in seen.others]
        yield finding(seen, "backend-hang", detail, route=page, evidence=evidence)
    else:
        yield _forwarded(seen, page, evidence)


def _no_rule(seen: Seen, page: Route, get: Answer, evidence: list[tuple[str, str]]) -> Finding | None:
    """The development server answers the GET itself: with its shell, or as it answers any unknown path."""
    if is_vite(get):
        detail = (
            "Vite answers a plain GET of the path with its own shell: no proxy rule takes this path to the backend."
        )
        return finding(seen, "vite-proxy-rule-missing", detail, route=page, evidence=evidence)
    if is_html(get) and is_shell(get):
        detail = "A plain GET of the path gets the application's shell: no proxy rule takes this path to the backend."
        return finding(seen, "proxy-route-missing", detail, route=page, evidence=evidence)
    other = seen.reference
    if other is None or same_answer(get, seen.answer(other, "no-upgrade")) or not like_any_path(seen, page, get):
        return None
    evidence += [quoted(seen, page, "get-sibling"), quoted(seen, other, "no-upgrade")]
    detail = "A plain GET of the path gets what any unknown path gets: no proxy rule takes this path to the backend."
    return finding(seen, "proxy-route-missing", detail, route=page, evidence=evidence)


def _forwarded(seen: Seen, page: Route, evidence: list[tuple[str, str]]) -> Finding:
    """A rule takes the path to the backend, but for plain requests only."""
    other = seen.open_route
    if other:
        evidence += [quoted(seen, other), quoted(seen, other, "no-upgrade")]
    vite = is_vite(seen.answer(page, "get-root"))
    detail = "A plain GET of the path reaches the backend; the upgrade gets no answer, so nothing forwards upgrades."
    if seen.opens(page, "repeat"):
        evidence.append(quoted(seen, page, "repeat"))
        detail += " A second upgrade opened: the proxy listens for upgrades only after its first plain request."
    return finding(
        seen, "vite-proxy-ws-disabled" if vite else "proxy-ws-disabled", detail, route=page, evidence=evidence
    )
