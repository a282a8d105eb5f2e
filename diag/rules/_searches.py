"""The search for idle limits, read: how the silent session of a route ended, by whose hand, and what prevents it.

A limit on silence and a limit on a session's age end a silent session alike. What tells them apart are the sessions
beside it, in which something was said: they outlive the one, and not the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from diag.model import Route
from diag.observations import Closed, Session
from diag.rules._cuts import SILENCE_MS, idle_cut, refused, speaks_of_time
from diag.rules._hops import answered_by
from diag.seen import IDLE, IDLE_DATA, IDLE_PINGS, IDLE_PONGS, Seen

IDLE_LIMIT, MAX_LIFETIME, NO_PONGS, OTHER = "idle-limit", "max-lifetime", "unanswered-pings", "other"
_PROXIES = ("nginx", "HAProxy", "Apache", "Caddy", "Envoy", "Traefik", "Cloudflare")
_TRANSIENT = (1001, 1011, 1012, 1013)
"""Going away, an error, a restart, overload: they end every session of a server at the same moment."""
_AT_LEAST_MS, _SHARE = 500.0, 0.1
"""Two ends that lie closer together came at the same time: servers look at their timers now and then only."""
_SPOKE = 0.8
"""A session in which no silence was longer than this share of it was no silent one."""


@dataclass(frozen=True, slots=True)
class Search:
    """What came of one route's search. `found` is None while nothing ended the silent session.

    `silence_ms` is the idle limit, where one was found. `pings`, `client_data` and `server_data` tell whether a
    session with that traffic alone outlived the silent one; None where that could not be told. `max_lifetime_ms` is
    the age at which every session ends that has traffic.
    """

    session: Session
    found: str | None
    longest_silence_ms: float
    silence_ms: float | None = None
    pings: bool | None = None
    client_data: bool | None = None
    server_data: bool | None = None
    max_lifetime_ms: float | None = None

    @property
    def closed_after_ms(self) -> float | None:
        """When the silent session ended, since it was open."""
        return self.session.closed.after_ms if self.session.closed else None


def search(seen: Seen, route: Route) -> Search | None:
    """The search on one route; None when there was none."""
    session = seen.session(route, IDLE)
    if session is None:
        return None
    closed, longest_ms = session.closed, longest_silence(session)
    if closed is None:
        spoke = longest_ms < _SPOKE * session.watched_ms
        return Search(session, None, longest_ms, server_data=True if spoke else None)
    pings = _kept_alive(closed, seen.session(route, IDLE_PINGS))
    data = _kept_alive(closed, seen.session(route, IDLE_DATA))
    kind = _kind(seen, route, session, closed, (pings, data))
    if kind == IDLE_LIMIT:
        limit_ms = _limit(session, closed)
        server = _server_data(session, closed, limit_ms)
        return Search(session, kind, longest_ms, limit_ms, pings, data, server, _later_lifetime(seen, route, limit_ms))
    if kind == MAX_LIFETIME:
        return Search(session, kind, longest_ms, None, pings, data, max_lifetime_ms=closed.after_ms)
    return Search(session, kind, longest_ms)


def whose(seen: Seen, route: Route, variant: str, after_ms: float) -> str:
    """Who ended a session: `proxy` where another route outlives the same time, `backend` where the other ends as
    well or nothing stands in between, `unknown` where there is nothing to compare with."""
    if route.name == "direct":
        return "backend"
    session = seen.session(route, variant)
    others = [other for name in seen.target.routes if name != route and (other := seen.session(name, variant))]
    if any(outlived(other, after_ms) for other in others):
        return "proxy"
    if any(other.closed for other in others) or (session and session.closed and session.closed.clean):
        return "backend"
    alone = len(seen.target.routes) == 1 and answered_by(seen.answer(route)) in _PROXIES
    return "proxy" if alone else "unknown"


def outlived(session: Session | None, after_ms: float) -> bool:
    """Whether a session lived clearly longer than that."""
    return session is not None and session.watched_ms > after_ms + _tolerance(after_ms)


def survivor(seen: Seen, route: Route, variant: str, after_ms: float) -> Route | None:
    """Another route whose session lived clearly longer."""
    others = (other for other in seen.target.routes if other != route)
    return next((other for other in others if outlived(seen.session(other, variant), after_ms)), None)


def longest_silence(session: Session) -> float:
    """The longest time in which nothing came and nothing was sent; milliseconds.

    What is sent in a silent session answers what came. Arrivals beyond those that a session keeps are not looked at.
    """
    moved = (0.0, *(row.at_ms for row in session.received))
    inside = max((after - before for before, after in pairwise(moved)), default=0.0)
    return max(inside, session.watched_ms - max(session.last_received_ms, session.last_sent_ms))


def _kind(seen: Seen, route: Route, session: Session, closed: Closed, helped: tuple[bool | None, bool | None]) -> str:
    if closed.how in ("violation", "tls-error"):
        return OTHER
    if _for_want_of_pongs(seen, route, session, closed):
        return NO_PONGS
    if any(helped) and closed.after_ms >= SILENCE_MS:
        return IDLE_LIMIT
    # Pings alone prove nothing: there are limits that control frames do not reset.
    if helped[1] is False and not speaks_of_time(closed.reason):
        return OTHER if refused(closed) or closed.code in _TRANSIENT else MAX_LIFETIME
    return OTHER if idle_cut(session) is None else IDLE_LIMIT


def _for_want_of_pongs(seen: Seen, route: Route, session: Session, closed: Closed) -> bool:
    """It says so; or it pinged, got no pong, and spares a session that answers."""
    if closed.code == 1011 and speaks_of_time(closed.reason):
        return True
    mute = not seen.target.client.answers_pings and any(row.kind == "ping" for row in session.received)
    return mute and outlived(seen.session(route, IDLE_PONGS), closed.after_ms)


def _kept_alive(closed: Closed, session: Session | None) -> bool | None:
    """Whether a session with some traffic outlived the silent one; None when it was not held, or ended sooner."""
    if session is None or not session.beats:
        return None
    if outlived(session, closed.after_ms):
        return True
    together = session.closed is not None and abs(session.watched_ms - closed.after_ms) <= _tolerance(closed.after_ms)
    return False if together else None


def _limit(session: Session, closed: Closed) -> float:
    """The silence that was one too many: of both sides, or of ours alone where the server spoke until the end."""
    unheard = closed.after_ms - session.last_sent_ms
    quiet = closed.after_ms - max(session.last_received_ms, session.last_sent_ms)
    survived = longest_silence(session) > quiet + _tolerance(quiet)
    return unheard if closed.how == "close-frame" or quiet < SILENCE_MS or survived else quiet


def _later_lifetime(seen: Seen, route: Route, limit_ms: float) -> float | None:
    """The age at which the sessions end that outlived the idle limit, both at once and not for silence."""
    pings, data = seen.session(route, IDLE_PINGS), seen.session(route, IDLE_DATA)
    if pings is None or data is None or pings.closed is None or data.closed is None:
        return None
    age_ms, orderly = data.closed.after_ms, data.closed.how != "violation" and data.closed.code not in _TRANSIENT
    together = abs(age_ms - pings.closed.after_ms) <= _tolerance(age_ms)
    spoke = all(one.watched_ms - one.last_sent_ms < limit_ms / 2 for one in (pings, data))
    later = age_ms > limit_ms + _tolerance(limit_ms)
    return age_ms if orderly and together and spoke and later and not refused(data.closed) else None


def _server_data(session: Session, closed: Closed, limit_ms: float) -> bool | None:
    """Whether what the server said by itself put the end off; None when it said nothing in time to matter."""
    if closed.after_ms - session.last_received_ms < limit_ms / 2:
        return False
    return True if closed.after_ms > limit_ms + _tolerance(limit_ms) else None


def _tolerance(after_ms: float) -> float:
    return max(_AT_LEAST_MS, _SHARE * after_ms)
