"""The page's own URL is the fault: another route of the same target works."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.rules._words import finding, quoted
from diag.seen import Seen

CODES = ("url-bypasses-dev-proxy", "client-url-wrong")


def judge(seen: Seen) -> Iterator[Finding]:
    """Fires when the page opens a URL that fails while a route it should have used opens.

    A failing route that is itself the proxy does not count: there the proxy is the fault, not the URL.
    """
    page, other = seen.page, seen.open_route
    if page.name == "proxy" or seen.opens(page) or seen.exchange(page) is None or other is None:
        return
    evidence = [("the page", seen.target.page), (f"it opens ({page.name})", page.url), quoted(seen, page)]
    evidence += [(f"it should open ({other.name})", other.url), quoted(seen, other)]
    if other.origin == seen.target.page and page.origin != seen.target.page:
        detail = (
            f"The page at {seen.target.page} opens {page.url} itself, past the proxy that serves it. "
            f"That fails, while {other.url} opens."
        )
        yield finding(seen, "url-bypasses-dev-proxy", detail, route=page, evidence=evidence)
        return
    detail = f"The page opens {page.url}, which fails, while {other.url} opens."
    yield finding(seen, "client-url-wrong", detail, route=page, evidence=evidence)
