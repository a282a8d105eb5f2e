"""What the browser decides before a packet is sent: mixed content, blocked ports, CSP, local network access."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.rules._words import finding
from diag.seen import Seen

CODES = (
    "mixed-content-blocked",
    "port-blocked-by-browser",
    "csp-connect-src-blocked",
    "local-network-access-blocked",
)
_BY_PROBLEM = {
    "mixed-content": ("mixed-content-blocked", "The page came over https and opens plain ws to another host."),
    "port-blocked": ("port-blocked-by-browser", "Browsers never connect to this port."),
    "csp-connect-src": ("csp-connect-src-blocked", "The page's own Content-Security-Policy forbids the connection."),
    "local-network-access": ("local-network-access-blocked", "A public page may not connect to this private address."),
}


def judge(seen: Seen) -> Iterator[Finding]:
    """The page's URL in the page's context; whether the server would answer does not matter."""
    verdict = seen.context
    if verdict.problem in _BY_PROBLEM:
        code, detail = _BY_PROBLEM[verdict.problem]
        evidence = [("the page", seen.target.page), ("it opens", seen.page.url), ("the browser", verdict.message or "")]
        evidence += [("Content-Security-Policy", value) for value in seen.policies]
        yield finding(seen, code, detail, route=seen.page, evidence=evidence)
