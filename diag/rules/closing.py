"""It opened, and then it ended: by which hand, and why?"""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Closed, Session
from diag.rules._cuts import idle_cut, lasted_as_long, refused
from diag.rules._words import finding, quoted
from diag.seen import PONGS, Seen, message_count

CODES = (
    "frame-rsv-bit",
    "frame-masked-by-server",
    "frame-bad-opcode",
    "frame-invalid-utf8",
    "frame-invalid",
    "close-reserved-code",
    "close-protocol-error-1002",
    "message-too-big-1009",
    "close-internal-1011",
    "server-keepalive-timeout",
    "close-restart",
    "connection-limit",
    "closed-by-server",
    "backend-handler-crash",
    "dropped-after-n-messages",
    "accept-then-drop",
    "close-abnormal-1006",
    "close-not-echoed",
    "max-lifetime",
)
_VIOLATIONS = {
    "rsv": "frame-rsv-bit",
    "masked": "frame-masked-by-server",
    "bad-opcode": "frame-bad-opcode",
    "invalid-utf8": "frame-invalid-utf8",
    "close-code-reserved": "close-reserved-code",
    "too-big": "message-too-big-1009",
}
_BY_CODE = {
    1001: "close-restart",
    1002: "close-protocol-error-1002",
    1009: "message-too-big-1009",
    1011: "close-internal-1011",
    1012: "close-restart",
    1013: "connection-limit",
}
_SOON_MS = 1000.0
_CRASH_MS = 1200.0
"""daphne looks after its applications once a second."""
_DIED_MS = 200.0
_FASTER = 0.8
_ORDERLY = (1000, 1005)
_RESERVED = (range(1000), range(1004, 1005), range(1006, 1007), range(1015, 3000), range(5000, 65536))
"""Codes that no endpoint may send (RFC 6455, section 7.4, and its registry)."""


def judge(seen: Seen) -> Iterator[Finding]:
    """One finding at most for each route's session; idle limits and refusals after accept are other families'."""
    for route in seen.target.routes:
        session = seen.session(route)
        if session is None:
            continue
        if session.closed is None:
            if session.close_answered is False:
                detail = "The server left our Close frame unanswered."
                evidence = [("our Close 1000", "no Close frame came back")]
                yield finding(seen, "close-not-echoed", detail, route=route, evidence=evidence)
        elif session.closed.how == "violation":
            yield _violation(seen, route, session.closed)
        elif (
            found := _counted(seen, route, session) or _unheard(seen, route, session) or _crashed(seen, route, session)
        ):
            yield found
        elif session.closed.how == "close-frame":
            yield from _close_frame(seen, route, session, session.closed)
        elif idle_cut(session) is None or lasted_as_long(session, seen.session(route, "busy")):
            yield _dropped(seen, route, session, session.closed)


def _compared(seen: Seen, route: Route, session: Session) -> Finding | None:
    """What a second session tells, in which one thing was different."""
    return _counted(seen, route, session) or _unheard(seen, route, session) or _crashed(seen, route, session)


def _violation(seen: Seen, route: Route, closed: Closed) -> Finding:
    problem = closed.problem or ""
    code = next((code for prefix, code in _VIOLATIONS.items() if problem.startswith(prefix)), "frame-invalid")
    evidence = [("the browser", closed.message or problem), ("after", f"{closed.after_ms:.0f} ms")]
    without = seen.session(route, "no-deflate")
    if without is not None:
        evidence.append(("without permessage-deflate", "stays open" if without.closed is None else "ends as well"))
    detail = "The server sends a frame that breaks RFC 6455, and the browser fails the connection."
    if code == "message-too-big-1009":
        detail = "The server sends a message that is larger than its receiver takes."
    return finding(seen, code, detail, route=route, evidence=evidence)


def _close_frame(seen: Seen, route: Route, session: Session, closed: Closed) -> Iterator[Finding]:
    own_code = closed.code == 1008 or closed.code >= 3000
    if refused(closed) or (own_code and idle_cut(session)):
        return  # origin, credentials or an idle limit: read there
    lasted = lasted_as_long(session, seen.session(route, "busy"))
    evidence = [("close", f"{closed.code} {closed.reason}".strip()), ("after", f"{closed.after_ms:.0f} ms")]
    code = _BY_CODE.get(closed.code, "closed-by-server")
    if closed.code == 1011 and "keepalive" in closed.reason.lower():
        code = "server-keepalive-timeout"
        evidence.append(("the client answers pings", "yes" if seen.target.client.answers_pings else "no"))
    elif any(closed.code in codes for codes in _RESERVED):
        code = "close-reserved-code"
    elif lasted is not None and (own_code or closed.code in _ORDERLY):
        code = "max-lifetime"
        evidence.append(("a busy session", f"ends after {lasted:.0f} ms as well"))
    if code == "message-too-big-1009":
        evidence += _limit(seen, route)
    evidence.append(("messages until then", str(session.received_total)))
    detail = f"The server ends the session with Close {closed.code}."
    yield finding(seen, code, detail, route=route, evidence=evidence)


def _limit(seen: Seen, route: Route) -> list[tuple[str, str]]:
    """What the search for the limit found: the largest message that was taken, the smallest that was refused."""
    tried = seen.sizes(route)
    taken = [size for size, fits in tried.items() if fits]
    refused = [size for size, fits in tried.items() if fits is False]
    if not refused:
        return [("a single message", f"of {max(taken)} bytes is taken")] if taken else []
    smallest = min(refused)
    largest = max((size for size in taken if size < smallest), default=None)
    rows = [("the smallest message refused", f"{smallest} bytes")]
    return rows if largest is None else [*rows, ("the largest message taken", f"{largest} bytes")]


def _unheard(seen: Seen, route: Route, session: Session) -> Finding | None:
    """The page's client answers no pings, and the session ends for that alone: with pongs it lives."""
    answering = seen.session(route, PONGS)
    if session.closed is None or answering is None or answering.closed is not None:
        return None
    evidence = [
        ("the client answers pings", "no"),
        ("ended", f"{session.closed.code} {session.closed.reason}".strip()),
        ("after", f"{session.closed.after_ms:.0f} ms"),
        ("with pongs", f"lives for {answering.watched_ms / 1000:.1f} s at least"),
    ]
    detail = "The server pings, the client does not answer, and the server ends the session."
    return finding(seen, "server-keepalive-timeout", detail, route=route, evidence=evidence)


def _crashed(seen: Seen, route: Route, session: Session) -> Finding | None:
    """Dropped, or ended with 1011, right after a message of ours, while a session in which we say nothing lives; or
    nothing listens any more after that message, because the whole process went down."""
    closed, silent, gone = session.closed, seen.session(route, "silent"), seen.silence(route, "silent")
    if closed is None or not (closed.how in ("fin", "rst") or closed.code == 1011) or not session.sent_total:
        return None
    after_ours = closed.after_ms - session.last_sent_ms
    if after_ours >= _CRASH_MS:
        return None
    evidence = [
        ("ended", f"{closed.code} {closed.reason}".strip() if closed.clean else "without a Close frame"),
        ("after our last message", f"{after_ours:.0f} ms"),
    ]
    if silent is not None and silent.closed is None:
        evidence.append(("a session in which we say nothing", f"lives for {silent.watched_ms / 1000:.1f} s at least"))
        detail = "The session ends right after a message of ours, and lives while nothing is sent."
    elif gone is not None and (gone.stage, gone.reason) == ("tcp", "refused") and after_ours < _DIED_MS:
        evidence.append(quoted(seen, route, "silent"))
        detail = "The session ends right after a message of ours, and then nothing listens any more: the process died."
    else:
        return None
    return finding(seen, "backend-handler-crash", detail, route=route, evidence=evidence)


def _counted(seen: Seen, route: Route, session: Session) -> Finding | None:
    """Ended after the same number of messages in a slow and in a busy session: a count, not a time."""
    busy = seen.session(route, "busy")
    if busy is None or busy.closed is None or session.closed is None:
        return None
    slow_ms, busy_ms = session.closed.after_ms, busy.closed.after_ms
    if message_count(busy) != message_count(session) or busy_ms > _FASTER * slow_ms:
        return None
    evidence = [
        ("messages in each session", str(message_count(session))),
        ("ended after", f"{slow_ms / 1000:.1f} s, and when busy after {busy_ms / 1000:.1f} s"),
        ("close", f"{session.closed.code} {session.closed.reason}".strip()),
    ]
    detail = f"Each session ends after {message_count(session)} messages, however long that takes."
    return finding(seen, "dropped-after-n-messages", detail, route=route, evidence=evidence)


def _dropped(seen: Seen, route: Route, session: Session, closed: Closed) -> Finding:
    """The stream ended without a Close frame, and not after a silence."""
    ended = "reset" if closed.how == "rst" else "closed"
    evidence = [("ended", f"{ended} after {closed.after_ms:.0f} ms, without a Close frame")]
    if closed.after_ms < _SOON_MS:
        detail = "The server accepts the handshake and drops the connection at once."
        return finding(seen, "accept-then-drop", detail, route=route, evidence=evidence)
    lasted = lasted_as_long(session, seen.session(route, "busy"))
    if lasted is not None:
        evidence.append(("a busy session", f"ends after {lasted:.0f} ms as well"))
        detail = f"Each session is cut after {closed.after_ms / 1000:.1f} s, however busy it is."
        return finding(seen, "max-lifetime", detail, route=route, evidence=evidence)
    detail = "The connection drops in the middle of the session; the page sees close code 1006 and no reason."
    return finding(seen, "close-abnormal-1006", detail, route=route, evidence=evidence)
