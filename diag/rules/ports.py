"""The development server found its port taken and went to the next one."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.rules._words import finding, is_shell, quoted
from diag.seen import Seen
from diag.urls import host_and_port

CODES = ("dev-server-port-drift",)


def judge(seen: Seen) -> Iterator[Finding]:
    """A port above the page's serves an application's shell, and the page's socket opens there; here it does not."""
    page, silence = seen.page, seen.silence(seen.page)
    refused = silence is not None and (silence.stage, silence.reason) == ("tcp", "refused")
    if seen.exchange(page) is None or seen.opens(page) or (not refused and is_shell(seen.answer(page, "get-root"))):
        return
    for name, variant in seen.exchanges:
        port = variant.removeprefix("drift=")
        if name != page.name or port == variant or not seen.opens(page, variant):
            continue
        if is_shell(seen.answer(page, f"drift-get={port}")):
            expected = host_and_port(page.url)[1]
            evidence = [quoted(seen, page), (f"port {port}, GET /", "an application's shell")]
            evidence.append((f"port {port}, upgrade", quoted(seen, page, variant)[1]))
            detail = (
                f"The page's port {expected} is not the development server's; it answers on {port}, socket included."
            )
            yield finding(seen, "dev-server-port-drift", detail, route=page, evidence=evidence)
            return
