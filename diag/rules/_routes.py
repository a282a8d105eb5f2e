"""One route of the report: its stages, its beats and its updates in numbers."""

from __future__ import annotations

import statistics
from itertools import pairwise

from diag.model import Route
from diag.observations import Beat, BrowserTry, Session
from diag.report import (
    BrowserReport,
    ClosedReport,
    Distribution,
    HandshakeReport,
    HeartbeatReport,
    IdleReport,
    KeepsAlive,
    RouteReport,
    UpdateReport,
)
from diag.rules._hops import answered_by
from diag.rules._searches import search, whose
from diag.rules._words import excerpt, said
from diag.seen import IDLE, Seen

_ANSWER_GRACE_MS = 300.0
_BODY_EXCERPT = 400


def report(seen: Seen, route: Route) -> RouteReport:
    """Everything that was seen on one route, as the report shows it."""
    exchange, verdict, session = seen.exchange(route), seen.verdict(route), seen.session(route)
    opened = verdict is not None and verdict.opens
    allowed = route != seen.page or seen.context.allowed
    answer = seen.answer(route)
    phases = exchange.phases if exchange else None
    return RouteReport(
        name=route.name,
        url=route.url,
        opened=opened,
        browser=BrowserReport(opened and allowed, _browser_message(seen, route)),
        phases_ms={name: getattr(phases, name, None) for name in ("dns", "tcp", "tls", "upgrade")},
        answered_by=answered_by(answer),
        handshake=HandshakeReport(answer.status, answer.reason, answer.headers, excerpt(answer.body, _BODY_EXCERPT))
        if answer
        else None,
        heartbeat=_heartbeat(session) if session else None,
        updates=_updates(seen, session) if session else (),
        closed=_closed(session),
        idle=_idle(seen, route),
        outcome=said(exchange.outcome) if exchange else "not reached in time",
        chromium=witnessed(seen, "websocket", route.url),
        requests=sum(name == route.name for name, _ in seen.exchanges),
    )


def _browser_message(seen: Seen, route: Route) -> str | None:
    """Chromium's console text: of the failed handshake, or of the frame that ended the session."""
    verdict, session = seen.verdict(route), seen.session(route)
    if route == seen.page and not seen.context.allowed:
        return seen.context.message
    if verdict and verdict.message:
        return verdict.message
    if seen.hangs(route):
        return "nothing: the socket stays in CONNECTING until the page gives up"
    return session.closed.message if session and session.closed else None


def _closed(session: Session | None) -> ClosedReport | None:
    if session is None or session.closed is None:
        return None
    closed = session.closed
    return ClosedReport(closed.code, closed.reason, closed.clean, closed.after_ms)


def witnessed(seen: Seen, kind: str, url: str) -> BrowserReport | None:
    """What a real browser did with the same URL; None when none was asked."""
    tries = [item for item in seen.observations if isinstance(item, BrowserTry)]
    found = next((item for item in tries if (item.kind, item.url) == (kind, url)), None)
    return BrowserReport(found.opened, found.message) if found else None


def _idle(seen: Seen, route: Route) -> IdleReport | None:
    found = search(seen, route)
    if found is None:
        return None
    closed, limit_ms = found.session.closed, seen.target.idle_limit_s * 1000
    cut_short = closed is None and found.session.watched_ms < limit_ms
    return IdleReport(
        limit_ms=found.session.watched_ms if cut_short else limit_ms,
        closed_after_ms=found.closed_after_ms,
        found=found.found,
        by=whose(seen, route, IDLE, closed.after_ms) if closed else None,
        closed_how=closed.how if closed else None,
        silence_ms=found.silence_ms,
        longest_silence_ms=found.longest_silence_ms,
        max_lifetime_ms=found.max_lifetime_ms,
        keeps_alive=KeepsAlive(found.pings, found.client_data, found.server_data),
    )


def _updates(seen: Seen, session: Session) -> tuple[UpdateReport, ...]:
    """Every type that was pushed, answers to heartbeats left out, and every expected one that never came."""
    dialect = seen.dialect(session)
    pushed = [row for row in session.types if not dialect.is_upkeep(row.sample)]
    came = [UpdateReport(row.type, row.count, row.first_at_ms) for row in pushed]
    missing = [name for name in seen.target.expect if name not in {row.type for row in session.types}]
    return (*came, *(UpdateReport(name, 0, None) for name in missing))


def _heartbeat(session: Session) -> HeartbeatReport | None:
    """The application's beats where it has any, else the protocol's; a beat just before the end does not count."""
    kinds = [beat.kind for beat in session.beats]
    if not kinds:
        return None
    kind = "application" if "application" in kinds else "protocol"
    beats = [beat for beat in session.beats if beat.kind == kind and counts(beat, session)]
    trips = [trip for beat in beats if (trip := beat.trip_ms) is not None]
    loss = 1 - len(trips) / len(beats) if beats else 0.0
    return HeartbeatReport(kind, len(beats), len(trips), loss, distribution(trips) if trips else None)


def counts(beat: Beat, session: Session) -> bool:
    """Whether it was answered, or had the time to be: one just before the end of the watch tells nothing."""
    return beat.answered_ms is not None or session.watched_ms - beat.at_ms - beat.held_ms >= _ANSWER_GRACE_MS


def distribution(values: list[float]) -> Distribution:
    """Percentiles by nearest rank over all values, in the order in which they came for the jitter."""
    ranked = sorted(values)

    def rank(percent: float) -> float:
        return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]

    steps = [abs(after - before) for before, after in pairwise(values)]
    return Distribution(
        min=ranked[0],
        p50=statistics.median(ranked),
        p95=rank(95),
        p99=rank(99),
        max=ranked[-1],
        stddev=statistics.pstdev(ranked),
        jitter=statistics.fmean(steps) if steps else 0.0,
    )
