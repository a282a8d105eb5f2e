"""One primary cause: the finding on the page's way that nothing else explains."""

from __future__ import annotations

from dataclasses import dataclass, replace

from diag.catalogue import LAYERS
from diag.model import Finding, Severity
from diag.rules._words import finding, quoted
from diag.seen import Seen

AT_ONCE_MS = 1000.0
"""A session that the server ends within this time was never usable: `onopen` is not health."""
_OPENING = LAYERS[: LAYERS.index("frames")]


@dataclass(frozen=True, slots=True)
class Named:
    """The findings that remain, and the primary one among them."""

    findings: tuple[Finding, ...]
    primary: Finding | None


def explained(seen: Seen, found: tuple[Finding, ...]) -> Named:
    """Picks the primary cause and folds what it explains into it.

    Verdict and cause are about what the page experiences. What is wrong only on another route is a warning at most
    and never the cause; on the page's way, a failure to open comes before anything that follows an open.
    """
    page = seen.page.name
    elsewhere = [_demoted(item) for item in found if item.route not in (page, None)]
    here = [item for item in found if item.route in (page, None)]
    candidates = [item for item in here if item.degrades]
    if seen.exchange(seen.page) and not (seen.opens(seen.page) and seen.context.allowed):
        opening = [item for item in candidates if item.route == page and item.layer in _OPENING]
        if not opening:
            lost = _unexplained(seen)
            candidates, here, opening = [*candidates, lost], [*here, lost], [lost]
        primary = _first(opening)
        follows = {item.code for item in opening} | {"ws-connected-but-no-updates"}
    else:
        primary = _first(_unexplained_by_others(candidates))
        follows = set()
    if primary is None:
        return Named(_ordered(here, elsewhere), None)
    follows |= set(primary.explains)
    folded = [item for item in here if item is not primary and item.code in follows and item.code != primary.code]
    primary = replace(primary, explains=tuple(dict.fromkeys(item.code for item in folded)))
    rest = [item for item in here if item.code != primary.code and item not in folded]
    return Named(_ordered([primary, *rest], _not_repeated(elsewhere, primary, follows)), primary)


def _first(candidates: list[Finding]) -> Finding | None:
    """Nothing else explains it, it stands on the earliest layer, and it is the most severe."""
    roots = _unexplained_by_others(candidates)
    return min(roots or candidates, key=lambda item: (LAYERS.index(item.layer), item.severity.rank), default=None)


def _unexplained_by_others(candidates: list[Finding]) -> list[Finding]:
    return [
        item for item in candidates if not any(item.code in other.explains for other in candidates if other != item)
    ]


def _unexplained(seen: Seen) -> Finding:
    page = seen.page
    variants = [variant for route, variant in seen.exchanges if route == page.name]
    evidence = [quoted(seen, page, variant) for variant in variants]
    evidence += [quoted(seen, route) for route in seen.others if seen.exchange(route)]
    if seen.context.message:
        evidence.append(("the browser", seen.context.message))
    detail = "The page's socket does not open, and nothing in the catalogue fits what was seen."
    return finding(seen, "unexplained", detail, route=page, evidence=evidence)


def _demoted(item: Finding) -> Finding:
    severity = Severity.WARNING if item.severity is Severity.ERROR else item.severity
    return replace(item, severity=severity, degrades=False)


def _not_repeated(elsewhere: list[Finding], primary: Finding, follows: set[str]) -> list[Finding]:
    """The same cause, or what follows from it, seen over another route as well says nothing new."""
    return [item for item in elsewhere if item.code != primary.code and item.code not in follows]


def _ordered(here: list[Finding], elsewhere: list[Finding]) -> tuple[Finding, ...]:
    """The primary cause stays first; the rest by severity and layer."""
    head, tail = here[:1], [*here[1:], *elsewhere]
    return (*head, *sorted(tail, key=lambda item: (item.severity.rank, LAYERS.index(item.layer))))
