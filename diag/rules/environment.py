"""What the machine would have done to a careless client."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.observations import Environment
from diag.rules._words import finding
from diag.seen import Seen

CODES = ("forward-proxy-in-path",)


def judge(seen: Seen) -> Iterator[Finding]:
    """Proxy variables are reported, never obeyed."""
    names = [name for item in seen.observations if isinstance(item, Environment) for name in item.proxies_set]
    if names:
        detail = f"{', '.join(names)} set in the environment; wsdiag connected without a forward proxy all the same."
        yield finding(seen, "forward-proxy-in-path", detail, evidence=[("variables", ", ".join(names))])
