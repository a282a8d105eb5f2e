"""Pushed updates: those that never come, and those whose fields are spelled unlike the REST answers'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diag.model import Finding, Route
from diag.observations import Answer, Session
from diag.rules._words import finding, parse_any
from diag.seen import AGAIN, Seen
from diag.values import Field, folded, values_of_answer

CODES = ("ws-connected-but-no-updates", "api-field-case-mismatch", "ws-rest-value-divergence")


def judge(seen: Seen) -> Iterator[Finding]:
    """Missing types on every open session; spelling on the page's own."""
    for route in seen.target.routes:
        session = seen.session(route)
        if session is not None and session.closed is None:
            yield from _missing(seen, route, session)
    session = seen.session(seen.page)
    if session is not None:
        yield from _spelling(seen, session)
        yield from _divergence(seen, session)


def _missing(seen: Seen, route: Route, session: Session) -> Iterator[Finding]:
    came = {row.type for row in session.types}
    missing = [name for name in seen.target.expect if name not in came]
    if missing:
        evidence = [
            ("expected", ", ".join(seen.target.expect)),
            ("never came", ", ".join(missing)),
            ("came", ", ".join(sorted(came)) or "nothing"),
            ("watched for", f"{session.watched_ms / 1000:.1f} s"),
        ]
        detail = f"The session is open, and {', '.join(missing)} never comes."
        yield finding(seen, "ws-connected-but-no-updates", detail, route=route, evidence=evidence)


def _spelling(seen: Seen, session: Session) -> Iterator[Finding]:
    """The same field spelled `botId` on one channel and `bot_id` on the other; a consumer of both reads undefined."""
    heard = [message for row in session.types for message in seen.dialect(session).hear(row.sample)]
    pushed: set[str] = set()
    for message in heard:
        if message.role in ("greeting", "message"):
            pushed |= _keys(message.content.value)
    answered: set[str] = set()
    for call in seen.calls:
        if isinstance(call.final, Answer) and call.final.status < 400:
            answered |= _keys(parse_any(call.final.body))
    both = {folded(key): key for key in pushed}
    pairs = sorted((both[folded(key)], key) for key in answered if folded(key) in both and key not in pushed)
    if pairs:
        evidence = [(f"WebSocket {ours}", f"REST {theirs}") for ours, theirs in pairs[:6]]
        detail = "The WebSocket's messages and the REST answers spell the same fields differently."
        yield finding(seen, "api-field-case-mismatch", detail, route=seen.page, evidence=evidence)


def _divergence(seen: Seen, session: Session) -> Iterator[Finding]:
    """Every push says one thing, and REST says another, before them and after them: neither is merely late."""
    rows, urls = [], []
    for call in seen.calls:
        again = seen.recalls.get((call.index, AGAIN))
        before, after = values_of_answer(call.final), values_of_answer(again.final if again else None)
        for row in session.settled:
            field = Field(row.key, row.id, row.field)
            said = before.get(field)
            if said is not None and said == after.get(field) != row.value:
                rows.append(
                    (f"{row.key} {row.id}, {row.field}", f"pushed {row.count} times: {row.value}; REST: {said}")
                )
                urls.append(call.url)
    if rows:
        evidence = [*rows[:6], ("REST", f"{urls[0]}, before the pushes and after them")]
        detail = "The WebSocket's messages and the REST answers give the same field different values, and keep to them."
        yield finding(seen, "ws-rest-value-divergence", detail, route=seen.page, evidence=evidence)


def _keys(value: Any, depth: int = 0) -> set[str]:
    """The names of all fields, at any depth that an application uses."""
    if depth > 20:
        return set()
    if isinstance(value, dict):
        return {key for key in value if key}.union(*(_keys(part, depth + 1) for part in value.values()))
    if isinstance(value, list):
        return set().union(*(_keys(part, depth + 1) for part in value[:100]))
    return set()
