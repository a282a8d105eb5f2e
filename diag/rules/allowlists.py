"""Origin checks that refuse a stranger and take his look-alike."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.rules._words import finding, quoted
from diag.seen import Seen

CODES = ("origin-allowlist-weak",)


def judge(seen: Seen) -> Iterator[Finding]:
    """The page opens, a foreign origin does not, and one that merely resembles the page's does."""
    page = seen.page
    if seen.target.page == "null" or not seen.opens(page):
        return
    if seen.answer(page, "foreign-origin") is None or seen.opens(page, "foreign-origin"):
        return
    own = (f"origin={seen.target.page}", f"origin={page.origin}")
    taken = [
        variant
        for name, variant in seen.exchanges
        if name == page.name and variant.startswith("origin=") and variant not in own and seen.opens(page, variant)
    ]
    if taken:
        named = " and ".join(variant.partition("=")[2] for variant in taken)
        evidence = [quoted(seen, page, "foreign-origin"), *(quoted(seen, page, variant) for variant in taken)]
        detail = f"The server refuses a foreign origin and takes {named}, which a stranger can have."
        yield finding(seen, "origin-allowlist-weak", detail, route=page, evidence=evidence)
