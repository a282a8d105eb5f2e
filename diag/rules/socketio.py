"""Socket.IO: a plain client that met it, and what goes wrong on Engine.IO, the transport beneath it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from diag import engineio
from diag.model import Finding, Severity
from diag.rules._words import body_text, finding, quoted
from diag.rules.paths import ENGINE_PATH
from diag.seen import BROWSER, POLLING, Seen

CODES = (
    "plain-client-to-socketio",
    "socketio-wrong-path",
    "socketio-version-mismatch",
    "socketio-polling-only",
    "socketio-not-sticky",
)
_ENGINE_OPEN = re.compile(r'0\{.*"sid"')
"""Engine.IO's open packet: type 0, then JSON with the session's id."""
_DESTROY_MS = (900.0, 1300.0)
"""Engine.IO ends an upgrade outside its path after `destroyUpgradeTimeout`, 1,000 ms."""
_SOON_MS = 1000.0
_VERSIONS = {"3": "Socket.IO 2 and before", "4": "Socket.IO 3 and later"}


def judge(seen: Seen) -> Iterator[Finding]:
    """One finding at most, for the page's route."""
    found = _version(seen) or _polling_only(seen) or _not_sticky(seen) or _plain_client(seen) or _wrong_path(seen)
    if found:
        yield found


def _version(seen: Seen) -> Finding | None:
    """Client and server speak different revisions of Engine.IO: by the server's word, by its polling answer, whose
    encoding is that of the other revision, or because only a session of the other revision lives.

    engine.io 6 says so to a WebSocket in HTTP behind its 101, which a browser takes for a broken frame.
    """
    page, session = seen.page, seen.session(seen.page)
    version = engineio.asked(page.url).get("EIO", "")
    other = "3" if version == "4" else "4"
    evidence = [("the page asks for", f"EIO={version or 'nothing'}"), quoted(seen, page)]
    packet = engineio.open_packet(seen.answer(page, POLLING))
    alive = seen.session(page, f"eio={other}")
    ended = session.closed if session and session.closed and session.closed.after_ms < _SOON_MS else None
    refusing = [one for one in (BROWSER, POLLING) if engineio.refusal(seen.answer(page, one)) == "unsupported-version"]
    if refusing:
        if POLLING in refusing:
            evidence.append(quoted(seen, page, POLLING))
        if seen.exchange(page, f"eio={other}"):
            evidence.append(quoted(seen, page, f"eio={other}"))
        detail = "The server does not speak the revision of Engine.IO that the client asks for, and says so."
    elif seen.opens(page) and version == "4" and packet is not None and packet.version == "3":
        evidence.append(quoted(seen, page, POLLING))
        detail = "The server takes the client of Socket.IO 3 or 4 and speaks to it as Socket.IO 2 does."
    elif version and ended and alive is not None and alive.closed is None:
        evidence.append(("the session", f"ends after {ended.after_ms:.0f} ms: {ended.code} {ended.reason}".strip()))
        evidence.append((f"with EIO={other}", f"lives for {alive.watched_ms / 1000:.1f} s at least"))
        detail = "The server ends the session at once, and lets one of the protocol's other revision live."
    else:
        return None
    evidence.append((f"EIO={other} is", _VERSIONS[other]))
    return finding(seen, "socketio-version-mismatch", detail, route=page, evidence=evidence)


def _polling_only(seen: Seen) -> Finding | None:
    """The server refuses the upgrade and opens a session for polling, without offering an upgrade to it or saying that
    it does not know the transport.

    python-engineio offers one all the same; of its words to an upgrade an ASGI server makes an empty 403.
    """
    page, answer, packet = seen.page, seen.answer(seen.page), engineio.open_packet(seen.answer(seen.page, POLLING))
    named = [one for one in (BROWSER, "get") if engineio.refusal(seen.answer(page, one)) == "unknown-transport"]
    if answer is None or not 400 <= answer.status < 500 or packet is None or (packet.upgrades and not named):
        return None
    if engineio.asked(page.url).get("transport") != "websocket":
        return None
    evidence = [quoted(seen, page), *(quoted(seen, page, one) for one in named if one != BROWSER)]
    evidence += [quoted(seen, page, POLLING), ("upgrades offered", ", ".join(packet.upgrades) or "none")]
    detail = "The server is a Socket.IO server without its WebSocket transport: it offers polling alone."
    return finding(seen, "socketio-polling-only", detail, route=page, evidence=evidence)


def _not_sticky(seen: Seen) -> Finding | None:
    """One session, asked for again and again: some connections come to a process that knows it, and some do not."""
    page = seen.page
    tried = [variant for name, variant in seen.exchanges if name == page.name and variant.startswith("sid=")]
    known = [variant for variant in tried if seen.opens(page, variant)]
    strange = [variant for variant in tried if engineio.refusal(seen.answer(page, variant)) == "unknown-session"]
    if not known or not strange:
        return None
    evidence = [
        (f"{page.name}, a session by polling", "begun"),
        (f"{page.name}, its upgrade", f"taken by {len(known)} of {len(tried)} connections"),
        (f"{page.name}, the others", quoted(seen, page, strange[0])[1]),
    ]
    detail = "A session that was begun with polling is known to some connections only: several processes answer."
    if engineio.polls(seen.target):
        return finding(seen, "socketio-not-sticky", detail, route=page, evidence=evidence)
    detail += " A client that begins with WebSocket, as this URL does, is not affected; the default one is."
    advice = finding(seen, "socketio-not-sticky", detail, route=page, evidence=evidence, severity=Severity.WARNING)
    return replace(advice, degrades=False)


def _plain_client(seen: Seen) -> Finding | None:
    page, answer, session = seen.page, seen.answer(seen.page), seen.session(seen.page)
    if answer is not None and answer.status == 400 and "transport unknown" in body_text(answer):
        detail = "The path belongs to a Socket.IO server; its handshake needs EIO and transport in the query."
        return finding(seen, "plain-client-to-socketio", detail, route=page, evidence=[quoted(seen, page)])
    if session is not None and seen.dialect(session).name != "socketio" and _ENGINE_OPEN.match(session.greeting):
        evidence = [("first message", session.greeting[:80])]
        detail = "The server speaks first, in Engine.IO's packets: it is a Socket.IO server."
        return finding(seen, "plain-client-to-socketio", detail, route=page, evidence=evidence)
    return None


def _wrong_path(seen: Seen) -> Finding | None:
    """Socket.IO's own path opens instead; or the upgrade is ended as Engine.IO ends those outside its path."""
    page, silence, exchange = seen.page, seen.silence(seen.page), seen.exchange(seen.page)
    if seen.other_path and seen.other_path.startswith(ENGINE_PATH) and not seen.reference:
        evidence = [quoted(seen, page), quoted(seen, page, seen.other_path)]
        detail = "The server does not take the page's path, and it opens at Socket.IO's own."
        explains = ("auth-forbidden",)
        return finding(seen, "socketio-wrong-path", detail, route=page, evidence=evidence, explains=explains)
    took = exchange.phases.upgrade if exchange else None
    if silence is None or silence.reason != "eof" or took is None or not _DESTROY_MS[0] <= took <= _DESTROY_MS[1]:
        return None
    if not seen.answer(page, "get"):
        return None
    detail = f"The upgrade is ended without an answer after {took:.0f} ms, as Engine.IO does outside its own path."
    evidence = [quoted(seen, page), quoted(seen, page, "get")]
    return finding(seen, "socketio-wrong-path", detail, route=page, evidence=evidence)
