"""Connected, and the upgrade is never answered: who does not listen for it?"""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.rules._words import finding, is_html, is_shell, is_vite, quoted
from diag.seen import Seen

CODES = ("vite-proxy-rule-missing", "vite-proxy-ws-disabled", "proxy-ws-disabled", "backend-hang")


def judge(seen: Seen) -> Iterator[Finding]:
    """Splits a hang by what a plain GET of the same path gets: the shell, the backend's answer, or nothing either."""
    page = seen.page
    if not seen.hangs(page):
        return
    get = seen.answer(page, "get")
    evidence = [quoted(seen, page), quoted(seen, page, "get")]
    if get is None:
        if seen.exchange(page, "get") and not seen.open_route:
            detail = "The connection is accepted, and neither the upgrade nor a plain GET is ever answered."
            yield finding(seen, "backend-hang", detail, route=page, evidence=evidence)
        return
    if get.status == 504:
        detail = "The upgrade is never answered, and a plain GET ends in the proxy's own time-out."
        yield finding(seen, "backend-hang", detail, route=page, evidence=evidence)
        return
    if is_vite(get):
        detail = (
            "Vite answers a plain GET of the path with its own shell: no proxy rule takes this path to the backend."
        )
        yield finding(seen, "vite-proxy-rule-missing", detail, route=page, evidence=evidence)
        return
    if not (is_html(get) and is_shell(get)):
        yield _forwarded(seen, page, evidence)


def _forwarded(seen: Seen, page: Route, evidence: list[tuple[str, str]]) -> Finding:
    """A rule takes the path to the backend, but for plain requests only."""
    other = seen.open_route
    if other:
        evidence += [quoted(seen, other), quoted(seen, other, "no-upgrade")]
    vite = is_vite(seen.answer(page, "get-root"))
    detail = "A plain GET of the path reaches the backend; the upgrade is never answered, so nothing forwards upgrades."
    if seen.opens(page, "repeat"):
        evidence.append(quoted(seen, page, "repeat"))
        detail += " A second upgrade opened: the proxy listens for upgrades only after its first plain request."
    return finding(
        seen, "vite-proxy-ws-disabled" if vite else "proxy-ws-disabled", detail, route=page, evidence=evidence
    )
