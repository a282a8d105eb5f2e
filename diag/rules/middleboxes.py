"""In clear the upgrade is lost, and under TLS, which nobody on the way can read, it passes."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from diag.model import Finding
from diag.rules._words import finding, quoted
from diag.seen import Seen, same_answer

CODES = ("middlebox-strips-upgrade",)


def judge(seen: Seen) -> Iterator[Finding]:
    """The page's ws URL gets what its server answers, over wss, to a request without Upgrade; with it, wss opens."""
    page, answer = seen.page, seen.answer(seen.page)
    if answer is None or answer.status == 101 or not page.url.startswith("ws:"):
        return
    host = urlsplit(page.url).hostname
    twins = [(other, "browser", "no-upgrade") for other in seen.others]
    twins = [twin for twin in twins if twin[0].url.startswith("wss:") and urlsplit(twin[0].url).hostname == host]
    for route, whole, bare in (*twins, (page, "wss", "wss-no-upgrade")):
        if seen.opens(route, whole) and same_answer(answer, seen.answer(route, bare)):
            evidence = [quoted(seen, page), quoted(seen, route, whole), quoted(seen, route, bare)]
            detail = f"{host} opens over wss; over ws it sees a request without Upgrade."
            yield finding(seen, "middlebox-strips-upgrade", detail, route=page, evidence=evidence)
            return
