"""The catalogue: what every code means, how it is recognised, how it is fixed. It is the documentation.

`explain`, the reports and the docs read it; a finding can be built from an entry only. The entries stand in this
package's modules, one for a layer, each exporting `ENTRIES`; no list to edit.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from diag.model import Evidence, Finding, Fix, Severity, Snippet

LAYERS = (
    "client", "dns", "tcp", "tls", "http", "handshake", "origin", "frames", "session", "heartbeat", "updates", "cors",
    "rest",
)  # fmt: skip
"""From the page's own URL upwards: a failure on an earlier layer hides whatever is wrong on a later one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One code. `recognised` is the evidence that tells it from its neighbours; `browser` what a page or its console
    shows; `explains` the codes that merely follow from it; `degrades` whether the page suffers (else it is advice)."""

    code: str
    severity: Severity
    layer: str
    title: str
    explanation: str
    recognised: str
    fix: Fix
    sources: tuple[str, ...]
    browser: str | None = None
    explains: tuple[str, ...] = ()
    degrades: bool = True


class UnknownCodeError(KeyError):
    """No entry has this code."""


@cache
def entries() -> Mapping[str, Entry]:
    """Every entry by its code, in the order of the layers and then of the files.

    A module without `ENTRIES`, an entry of another type, an unknown layer or a code met twice is a TypeError.
    """
    found: dict[str, Entry] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_"):
        loaded = importlib.import_module(f"{__name__}.{name}")
        for entry in getattr(loaded, "ENTRIES", None) or _complain(name, "exports no ENTRIES"):
            if not isinstance(entry, Entry) or entry.layer not in LAYERS or entry.code in found:
                _complain(name, f"mistyped or repeated entry {entry!r}")
            found[entry.code] = entry
    return dict(sorted(found.items(), key=lambda item: LAYERS.index(item[1].layer)))


def _complain(module: str, what: str) -> tuple[Entry, ...]:
    raise TypeError(f"diag/catalogue/{module}.py {what}")


def entry(code: str) -> Entry:
    """One entry; UnknownCodeError when there is none."""
    try:
        return entries()[code]
    except KeyError:
        raise UnknownCodeError(code) from None


def finding(
    code: str,
    detail: str,
    *,
    route: str | None = None,
    evidence: tuple[tuple[str, str], ...] = (),
    severity: Severity | None = None,
    explains: tuple[str, ...] = (),
    values: Mapping[str, str] | None = None,
) -> Finding:
    """A finding of that code. `values` fills the `{name}` places of the fix (`{path}`, `{backend}`, `{page}`, …)."""
    known = entry(code)
    return Finding(
        code=code,
        severity=severity or known.severity,
        layer=known.layer,
        title=known.title,
        detail=detail,
        route=route,
        evidence=tuple(Evidence(label, value) for label, value in evidence),
        fix=_filled(known.fix, values or {}),
        explains=known.explains + explains,
        degrades=known.degrades,
    )


def _filled(fix: Fix, values: Mapping[str, str]) -> Fix:
    """Plain replacement: the braces of an nginx block are none of our places."""

    def fill(text: str) -> str:
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return text

    return Fix(fill(fix.summary), tuple(Snippet(snippet.where, fill(snippet.text)) for snippet in fix.snippets))
