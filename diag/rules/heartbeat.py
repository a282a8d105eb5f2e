"""Beats and their answers: missing, late, or somebody else's."""

from __future__ import annotations

from collections.abc import Iterator

from diag.dialects import AUTO, load
from diag.model import Finding, Route
from diag.observations import Beat, Session
from diag.rules._routes import counts
from diag.rules._words import finding
from diag.seen import BROWSER, IDLE, Seen

CODES = (
    "heartbeat-unanswered",
    "heartbeat-late",
    "heartbeat-correlation-mismatch",
    "pong-missing",
    "pong-late",
    "pong-wrong-payload",
    "tunnel-stalled",
    "app-heartbeat-missing",
)
_SILENCE_MS = 60_000.0
"""Longer than any usual interval of a server's own pings: 20 s (uvicorn), 25 s (Socket.IO), 30 s (ws's example)."""


def judge(seen: Seen) -> Iterator[Finding]:
    """For every session that stayed open; one that was cut is explained by its end."""
    for route in seen.target.routes:
        session = seen.session(route)
        if session is None or session.closed is not None:
            continue
        stalled = _stalled(seen, route, session)
        if stalled:
            yield stalled
            continue
        yield from _application(seen, route, session)
        yield from _of_the_server(seen, route, session)
        yield from _protocol(seen, route, session)
    yield from _nobody_beats(seen)


def _nobody_beats(seen: Seen) -> Iterator[Finding]:
    """Neither side says a word by itself for so long that a page would not notice a dead connection.

    Only of a dialect that the user named: where nothing was recognised, the client's habits are not known.
    """
    named = load(seen.target.client.dialect)
    if seen.target.client.dialect == AUTO or named.ping or named.server_beat:
        return
    for variant in (IDLE, BROWSER):
        session = seen.session(seen.page, variant)
        if session is None or session.closed is not None or session.received_total > len(session.received):
            continue
        last = max((row.at_ms for row in session.received if row.kind != "pong"), default=0.0)
        silent_ms = session.watched_ms - last
        if silent_ms >= _SILENCE_MS:
            evidence = [
                ("the server", f"sends nothing, and no ping, for {silent_ms / 1000:.0f} s"),
                ("the client", f"has no heartbeat in the dialect {named.name}"),
            ]
            detail = "Neither side sends anything by itself: a connection that dies without a word goes unnoticed."
            yield finding(seen, "app-heartbeat-missing", detail, route=seen.page, evidence=evidence)
            return


def _due(session: Session, kind: str) -> list[Beat]:
    return [beat for beat in session.beats if beat.kind == kind and counts(beat, session)]


def _late(seen: Seen, beats: list[Beat]) -> list[float]:
    """Round trips beyond the client's time-out or half its interval, whichever is shorter; milliseconds.

    The first one alone is no fault: a development server compiles the page that was asked for beside the session.
    """
    client = seen.target.client
    limit = min(client.heartbeat_timeout_s, client.heartbeat_interval_s / 2) * 1000
    trips = [trip for beat in beats if (trip := beat.trip_ms) is not None]
    late = [trip for trip in trips if trip > limit]
    return [] if len(trips) > 1 and late == trips[:1] else late


def _application(seen: Seen, route: Route, session: Session) -> Iterator[Finding]:
    beats = _due(session, "application")
    answered = [beat for beat in beats if beat.answered_ms is not None]
    foreign = [beat for beat in answered if not beat.matched]
    evidence = [("sent", str(len(beats))), ("answered", str(len(answered)))]
    if beats and not answered:
        pongs = [beat for beat in _due(session, "protocol") if beat.answered_ms is not None]
        evidence.append(("protocol pings", "answered" if pongs else "unanswered"))
        detail = "The session lives and the application's heartbeats get no answer."
        yield finding(seen, "heartbeat-unanswered", detail, route=route, evidence=evidence)
    elif foreign:
        evidence.append(("with another correlation id", str(len(foreign))))
        detail = "Answers to heartbeats come with a correlation id that no heartbeat of this session had."
        yield finding(seen, "heartbeat-correlation-mismatch", detail, route=route, evidence=evidence)
    elif late := _late(seen, answered):
        evidence.append(("slowest answer", f"{max(late):.0f} ms"))
        detail = "Answers to heartbeats come later than the client waits."
        yield finding(seen, "heartbeat-late", detail, route=route, evidence=evidence)


def _of_the_server(seen: Seen, route: Route, session: Session) -> Iterator[Finding]:
    """In dialects where the server beats by itself: its greeting, and then each beat."""
    due = [beat for beat in session.server_beats if counts(beat, session)]
    missing = [beat for beat in due if beat.answered_ms is None]
    if not missing:
        return
    name = seen.dialect(session).name
    evidence = [("dialect", name), ("due", str(len(due))), ("came", str(len(due) - len(missing)))]
    detail = f"The server's own heartbeats, which {name} promises, stay away."
    if missing[0] is due[0]:
        detail = f"The server sends no greeting of {name}, and so no heartbeat either."
    yield finding(seen, "heartbeat-unanswered", detail, route=route, evidence=evidence)


def _protocol(seen: Seen, route: Route, session: Session) -> Iterator[Finding]:
    beats = _due(session, "protocol")
    answered = [beat for beat in beats if beat.answered_ms is not None]
    evidence = [("sent", str(len(beats))), ("answered", str(len(answered)))]
    if beats and not answered:
        detail = "Ping frames get no Pong, which RFC 6455, section 5.5.2, demands."
        yield finding(seen, "pong-missing", detail, route=route, evidence=evidence)
    elif any(not beat.matched for beat in answered):
        detail = "A Pong carries another payload than its Ping."
        yield finding(seen, "pong-wrong-payload", detail, route=route, evidence=evidence)
    elif late := _late(seen, answered):
        evidence.append(("slowest pong", f"{max(late):.0f} ms"))
        yield finding(seen, "pong-late", "Pongs come later than the client waits.", route=route, evidence=evidence)


def _stalled(seen: Seen, route: Route, session: Session) -> Finding | None:
    """Nothing at all comes through an open tunnel, while the other route delivers."""
    other = next((seen.session(one) for one in seen.target.routes if one != route), None)
    asked = any(counts(beat, session) for beat in session.beats)
    if session.received_total or not asked or other is None or not other.received_total:
        return None
    evidence = [("received", "nothing"), (other.route, f"{other.received_total} frames in the same time")]
    detail = "The upgrade succeeds, and not a single frame comes through."
    return finding(seen, "tunnel-stalled", detail, route=route, evidence=evidence)
