"""How findings quote what was seen, and what the places of a fix stand for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from diag.catalogue import finding as _finding
from diag.model import Finding, Route, Severity
from diag.observations import Answer, Exchange, NoAnswer
from diag.seen import Seen
from diag.urls import host_and_port, host_header, path_of

_SILENCES = {
    "not-resolved": "the name does not resolve",
    "refused": "connection refused",
    "unreachable": "no way to the host",
    "untrusted": "certificate not trusted",
    "name-mismatch": "certificate is for another name",
    "expired": "certificate expired or not yet valid",
    "not-tls": "the answer is not TLS",
    "no-alpn": "no common application protocol (ALPN)",
    "eof": "closed without a word",
    "reset": "connection reset",
    "not-http": "the answer is not HTTP",
    "too-large": "an answer without end",
    "slow": "an answer that began and never ended",
}


def said(outcome: Answer | NoAnswer | None) -> str:
    """One outcome as a person would quote it: `404 Not Found, application/json: {"detail":"Not Found"}`."""
    match outcome:
        case None:
            return "not asked"
        case NoAnswer(stage="tcp", reason="timeout"):
            return "no answer to the connection attempt"
        case NoAnswer(stage="proxy"):
            return f"no tunnel ({outcome.detail})"
        case NoAnswer(stage="http", reason="timeout"):
            return "connected, then silence"
        case NoAnswer():
            detail = f" ({outcome.detail})" if outcome.detail else ""
            return _SILENCES.get(outcome.reason, outcome.reason) + detail
    kind = (outcome.header("content-type") or "").partition(";")[0]
    body = "" if outcome.status < 300 and "json" in kind else excerpt(outcome.body, 80)
    return f"{outcome.status} {outcome.reason}".strip() + (f", {kind}" if kind else "") + (f": {body}" if body else "")


def excerpt(body: bytes, limit: int) -> str:
    """The beginning of a body as one line of text."""
    text = re.sub(r"\s+", " ", body[: limit * 4].decode("utf-8", "replace")).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def quoted(seen: Seen, route: Route, variant: str = "browser") -> tuple[str, str]:
    """Evidence: what one exchange got, under the name of its route and of what was changed."""
    exchange = seen.exchange(route, variant)
    label = route.name if variant == "browser" else f"{route.name}, {_LABELS.get(variant, variant)}"
    return label, said(exchange.outcome if exchange else None)


_LABELS = {
    "get": "plain GET",
    "get-root": "GET /",
    "get-sibling": "plain GET of an unknown path",
    "no-upgrade": "without Upgrade",
    "connection-close": "with Connection: close",
    "http-1.0": "over HTTP/1.0",
    "http-1.0-no-upgrade": "without Upgrade, over HTTP/1.0",
    "no-origin": "without Origin",
    "own-origin": "with its own Origin",
    "sibling": "upgrade of an unknown path",
    "no-key": "without Sec-WebSocket-Key",
    "no-version": "without Sec-WebSocket-Version",
    "foreign-origin": "with a foreign Origin",
    "polling": "Engine.IO by polling",
    "eio=3": "with EIO=3",
    "eio=4": "with EIO=4",
    "other-scheme": "with the other scheme (ws/wss)",
    "version-99": "with version 99",
    "repeat": "once more",
    "repeat=2": "once more again",
    "no-subprotocol": "without Sec-WebSocket-Protocol",
    "wss": "over wss, port 443",
    "wss-no-upgrade": "over wss, without Upgrade",
    "silent": "without a message of ours",
    "no-deflate": "without permessage-deflate",
}


def finding(
    seen: Seen,
    code: str,
    detail: str,
    *,
    route: Route | None = None,
    evidence: Iterable[tuple[str, str]] = (),
    severity: Severity | None = None,
    explains: tuple[str, ...] = (),
) -> Finding:
    """A finding whose fix names this target's own paths, hosts and origins."""
    return _finding(
        code,
        detail,
        route=route.name if route else None,
        evidence=tuple(evidence),
        severity=severity,
        explains=explains,
        values=_values(seen, route or seen.page),
    )


def _values(seen: Seen, route: Route) -> dict[str, str]:
    backend = seen.target.route("direct") or next(iter(seen.others), route)
    proxy = seen.target.route("proxy") or seen.page
    return {
        "path": path_of(route.url),
        "backend": host_header(backend.url),
        "page": seen.target.page,
        "page_host": urlsplit(seen.target.page).netloc or seen.target.page,
        "host": host_and_port(route.url)[0],
        "proxy": host_header(proxy.url),
    }


def body_text(answer: Answer | None) -> str:
    """A body as lower-case text on one line, for telling fingerprints: error pages break their sentences anywhere."""
    return " ".join(answer.body.decode("utf-8", "replace").lower().split()) if answer else ""


def is_html(answer: Answer | None) -> bool:
    """Whether an answer is a page."""
    return answer is not None and "html" in (answer.header("content-type") or "").lower()


def is_shell(answer: Answer | None) -> bool:
    """Whether an answer is the shell of a single-page application."""
    text = body_text(answer)
    marks = ('id="root"', 'id="app"', "id=root", "id=app", 'type="module"', "<app-root", "/@vite/client", "__next")
    return answer is not None and answer.status == 200 and is_html(answer) and any(mark in text for mark in marks)


def is_vite(answer: Answer | None) -> bool:
    """Whether a page comes from Vite's development server."""
    return "/@vite/client" in body_text(answer)


def serves_rest(seen: Seen, page: Route) -> bool:
    """Whether the page's route answers REST requests well: the site and its backend are the right ones."""
    answers = [call.final for call in seen.calls if call.url.startswith(page.origin)]
    return any(isinstance(answer, Answer) and answer.status < 400 for answer in answers)


def milliseconds(exchange: Exchange | None) -> float:
    """How long the answer (or its absence) took."""
    return exchange.took_ms if exchange else 0.0


def parse_any(body: bytes) -> Any:
    """A JSON body of any shape, or None."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
