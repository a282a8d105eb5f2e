"""A plain WebSocket client that met Socket.IO's Engine.IO transport."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diag.model import Finding
from diag.rules._words import body_text, finding, quoted
from diag.rules.paths import ENGINE_PATH
from diag.seen import Seen

CODES = ("plain-client-to-socketio", "socketio-wrong-path")
_ENGINE_OPEN = re.compile(r'0\{.*"sid"')
"""Engine.IO's open packet: type 0, then JSON with the session's id."""
_DESTROY_MS = (900.0, 1300.0)
"""Engine.IO ends an upgrade outside its path after `destroyUpgradeTimeout`, 1,000 ms."""


def judge(seen: Seen) -> Iterator[Finding]:
    """By the answer's text (`Transport unknown`), or by the empty close after one second."""
    page, answer, silence = seen.page, seen.answer(seen.page), seen.silence(seen.page)
    if answer is not None and answer.status == 400 and "transport unknown" in body_text(answer):
        detail = "The path belongs to a Socket.IO server; its handshake needs EIO and transport in the query."
        yield finding(seen, "plain-client-to-socketio", detail, route=page, evidence=[quoted(seen, page)])
        return
    session = seen.session(page)
    if session is not None and seen.dialect(session).name != "socketio" and _ENGINE_OPEN.match(session.greeting):
        evidence = [("first message", session.greeting[:80])]
        detail = "The server speaks first, in Engine.IO's packets: it is a Socket.IO server."
        yield finding(seen, "plain-client-to-socketio", detail, route=page, evidence=evidence)
        return
    if seen.other_path and seen.other_path.startswith(ENGINE_PATH) and not seen.reference:
        evidence = [quoted(seen, page), quoted(seen, page, seen.other_path)]
        detail = "The server does not take the page's path, and it opens at Socket.IO's own."
        yield finding(seen, "socketio-wrong-path", detail, route=page, evidence=evidence, explains=("auth-forbidden",))
        return
    exchange = seen.exchange(page)
    took = exchange.phases.upgrade if exchange else None
    if silence is None or silence.reason != "eof" or took is None or not _DESTROY_MS[0] <= took <= _DESTROY_MS[1]:
        return
    if seen.answer(page, "get"):
        detail = f"The upgrade is ended without an answer after {took:.0f} ms, as Engine.IO does outside its own path."
        evidence = [quoted(seen, page), quoted(seen, page, "get")]
        yield finding(seen, "socketio-wrong-path", detail, route=page, evidence=evidence)
