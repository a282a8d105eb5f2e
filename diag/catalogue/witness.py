"""A real browser, asked beside the probes."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="browser-disagrees",
        severity=Severity.WARNING,
        layer="client",
        title="A real browser decides otherwise than wsdiag",
        explanation=(
            "With --browser an installed Chromium opened the same sockets and sent the same requests, and it came to "
            "another verdict. Believe the browser. Something it knows is missing here: a cookie, a policy of the page, "
            "an extension, a certificate authority, or a rule of wsdiag is wrong."
        ),
        recognised=(
            "Chromium's own open or close event, or fetch's promise, against wsdiag's verdict on the same URL. "
            "Told apart from every other code by --browser: without it nobody was asked."
        ),
        fix=Fix(
            "Give wsdiag what the page has (cookies, headers, the certificate authority), or send a recording.",
            (snippet("Shell", "wsdiag probe --browser --record case.json"),),
        ),
        sources=("WHATWG WebSockets, section 3.1", "Chrome DevTools Protocol, Runtime.evaluate"),
        degrades=False,
    ),
)
