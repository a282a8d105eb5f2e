"""HTTP/1.1 opens, and the HTTP/2 connection that a browser rather uses does not."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.observations import Http2Answer
from diag.rules._words import finding, quoted
from diag.seen import Seen

CODES = ("h2-connect-advertised-but-broken",)
_SAID = {"goaway": "the server ends the connection", "eof": "the connection ends", "reset": "the stream is reset"}
_NO_FAULT = (None, 200, 401, 403, 409, 429, 503)
"""It opened, or it may be a ticket that is good for once, or a limit of one session."""


def judge(seen: Seen) -> Iterator[Finding]:
    """The page's route opens over HTTP/1.1; its HTTP/2 SETTINGS invite an extended CONNECT, which is refused."""
    page = seen.page
    connect = seen.connects.get(page.name)
    answer = connect.answer if connect else None
    if answer is None or not answer.advertised or not seen.opens(page):
        return
    if answer.outcome in _SAID or (answer.outcome == "answered" and answer.status not in _NO_FAULT):
        evidence = [quoted(seen, page), ("HTTP/2 SETTINGS_ENABLE_CONNECT_PROTOCOL", "1")]
        evidence.append((f"{page.name}, extended CONNECT over HTTP/2", _said(answer)))
        detail = "The server invites WebSockets over HTTP/2 and refuses them; browsers accept the invitation."
        yield finding(seen, "h2-connect-advertised-but-broken", detail, route=page, evidence=evidence)


def _said(answer: Http2Answer) -> str:
    if answer.outcome == "answered":
        return str(answer.status)
    return _SAID[answer.outcome] + (f" (error {answer.error})" if answer.error is not None else "")
