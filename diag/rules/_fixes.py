"""The fix for what is really there: the snippet for the software that answered comes first."""

from __future__ import annotations

from dataclasses import replace

from diag.model import Finding, Snippet
from diag.rules._hops import answered_by
from diag.rules._words import is_vite
from diag.seen import Seen


def tailored(seen: Seen, item: Finding) -> Finding:
    """The same finding, its snippets in the order of their likelihood."""
    route = seen.target.route(item.route or "") or seen.page
    vite = any(is_vite(seen.answer(route, variant)) for variant in ("get-root", "page"))
    hop = "vite" if vite else (answered_by(seen.answer(route)) or "").lower()

    def elsewhere(snippet: Snippet) -> bool:
        return not (hop and snippet.where.lower().startswith(hop))

    snippets = tuple(sorted(item.fix.snippets, key=elsewhere))
    return replace(item, fix=replace(item.fix, snippets=snippets))
