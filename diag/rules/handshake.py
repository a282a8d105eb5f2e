"""101 received, and a browser still fails it: the answer breaks RFC 6455, section 4.1."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.rules._words import finding, quoted
from diag.seen import LITERALS, Seen

CODES = (
    "accept-missing",
    "accept-wrong",
    "upgrade-or-connection-missing-in-101",
    "subprotocol-not-echoed",
    "subprotocol-mismatch",
    "subprotocol-unrequested",
    "extension-unoffered",
    "http-1-0-101",
    "subprotocol-literal-null",
)
_BY_PROBLEM = (
    ("accept-missing", "accept-missing"),
    ("accept", "accept-wrong"),
    ("upgrade", "upgrade-or-connection-missing-in-101"),
    ("connection", "upgrade-or-connection-missing-in-101"),
    ("subprotocol-not-echoed", "subprotocol-not-echoed"),
    ("subprotocol-unrequested", "subprotocol-unrequested"),
    ("subprotocol", "subprotocol-mismatch"),
    ("extension", "extension-unoffered"),
)


def judge(seen: Seen) -> Iterator[Finding]:
    """One finding for each route whose 101 a browser refuses; a 101 over HTTP/1.0 is remarked upon."""
    yield from _literal(seen)
    for route in seen.target.routes:
        answer, verdict = seen.answer(route), seen.verdict(route)
        if answer is None or verdict is None or answer.status != 101:
            continue
        problem = verdict.problem or ""
        code = next((code for prefix, code in _BY_PROBLEM if problem.startswith(prefix)), None)
        names = ("Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions")
        evidence = [quoted(seen, route), *((name, answer.header(name) or "absent") for name in names)]
        if code:
            detail = f"The server answers 101, and the browser fails it: {verdict.message}."
            yield finding(seen, code, detail, route=route, evidence=evidence)
        elif answer.version == "HTTP/1.0":
            detail = "The 101 came with an HTTP/1.0 status line. Chromium takes it; other clients may not."
            yield finding(seen, "http-1-0-101", detail, route=route, evidence=evidence[:1])


def _literal(seen: Seen) -> Iterator[Finding]:
    """The page offers the text of a variable that was not set, and without the offer the server opens."""
    page = seen.page
    offered = [name for name in seen.target.client.subprotocols if name in LITERALS]
    verdict = seen.verdict(page)
    if not offered or verdict is None or verdict.opens:
        return
    if (verdict.problem or "").startswith("subprotocol") or seen.opens(page, "no-subprotocol"):
        evidence = [("offered", ", ".join(seen.target.client.subprotocols)), quoted(seen, page)]
        evidence.append(quoted(seen, page, "no-subprotocol"))
        detail = f"The page offers the subprotocol “{offered[0]}”, which no server has: a variable of it is not set."
        yield finding(seen, "subprotocol-literal-null", detail, route=page, evidence=evidence)
