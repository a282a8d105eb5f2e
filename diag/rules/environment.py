"""A forward proxy between this machine and the target."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from diag.model import Finding
from diag.observations import Environment
from diag.rules._words import finding, quoted
from diag.seen import Seen
from diag.urls import netloc_of

CODES = ("forward-proxy-in-path", "forward-proxy-blocks-upgrade")


def judge(seen: Seen) -> Iterator[Finding]:
    """Proxy variables are reported, and not obeyed unless the user asks for it."""
    proxy = seen.target.forward_proxy
    names = [name for item in seen.observations if isinstance(item, Environment) for name in item.proxies_set]
    if proxy:
        yield from _through(seen, proxy)
    elif names:
        detail = f"{', '.join(names)} set in the environment; wsdiag connected without a forward proxy all the same."
        yield finding(seen, "forward-proxy-in-path", detail, evidence=[("variables", ", ".join(names))])


def _through(seen: Seen, proxy: str) -> Iterator[Finding]:
    parts = urlsplit(proxy)
    place = netloc_of(parts.hostname or "", parts.port or "")
    blocked = False
    for route in seen.target.routes:
        silence = seen.silence(route)
        if silence is not None and silence.stage == "proxy":
            blocked = True
            detail = f"The forward proxy {place} lets no connection through to {urlsplit(route.url).netloc}."
            yield finding(seen, "forward-proxy-blocks-upgrade", detail, route=route, evidence=[quoted(seen, route)])
    if not blocked:
        detail = f"Every connection went through the forward proxy {place}, and the times are those of both hops."
        yield finding(seen, "forward-proxy-in-path", detail, evidence=[("forward proxy", place)])
