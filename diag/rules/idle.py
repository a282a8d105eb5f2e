"""Cut for silence: by the proxy or by the backend, and how that relates to the heartbeat."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Session
from diag.rules._cuts import Cut, idle_cut, lasted_as_long
from diag.rules._hops import answered_by
from diag.rules._words import finding
from diag.seen import BROWSER, IDLE, Seen

CODES = ("idle-timeout-proxy", "idle-timeout-backend", "heartbeat-margin-thin")
_MARGIN = 1.25
_SAFE_SHARE = 0.8
"""A heartbeat must come well before the limit: one late packet is enough otherwise."""


def judge(seen: Seen) -> Iterator[Finding]:
    """A cut of the page's own session; else one of the silent session that looked for idle limits, where it matters."""
    page = seen.page
    interval_ms = seen.target.client.heartbeat_interval_s * 1000
    for variant in (BROWSER, IDLE):
        session = seen.session(page, variant)
        cut = idle_cut(session) if session else None
        if session is None or cut is None or lasted_as_long(session, seen.session(page, "busy")):
            continue
        thin = interval_ms >= _SAFE_SHARE * cut.silence_ms
        if variant == BROWSER or interval_ms >= cut.silence_ms:
            yield _attributed(seen, page, session, cut, variant)
        if thin:
            yield _thin(seen, page, cut)
        return


def _attributed(seen: Seen, page: Route, session: Session, cut: Cut, variant: str) -> Finding:
    """Whose limit it is: the proxy's, when another route outlives the same silence."""
    closed = session.closed
    ended = f"{closed.code} {closed.reason}".strip() if closed and closed.clean else "no Close frame"
    interval = f"{seen.target.client.heartbeat_interval_s:g} s"
    silence = f"{cut.silence_ms / 1000:.1f} s"
    evidence = [("silent for", f"{silence}, then cut ({ended})"), ("heartbeat interval", interval)]
    survived = next((route for route in seen.others if _outlived(seen.session(route, variant), cut)), None)
    if survived:
        evidence.append((survived.name, f"stays open beyond {cut.silence_ms * _MARGIN / 1000:.1f} s"))
    alone = not seen.others and not (closed and closed.clean) and _behind_proxy(seen, page)
    by_proxy = survived is not None or alone
    who = "The proxy" if by_proxy else "The server"
    detail = f"{who} ends a session after {silence} of silence; the client's heartbeat comes every {interval}."
    code = "idle-timeout-proxy" if by_proxy else "idle-timeout-backend"
    return finding(seen, code, detail, route=page, evidence=evidence)


def _thin(seen: Seen, page: Route, cut: Cut) -> Finding:
    interval, limit = f"{seen.target.client.heartbeat_interval_s:g} s", f"{cut.silence_ms / 1000:.1f} s"
    detail = f"A heartbeat every {interval} leaves no margin below an idle limit of {limit}."
    evidence = [("heartbeat interval", interval), ("idle limit", limit)]
    return finding(seen, "heartbeat-margin-thin", detail, route=page, evidence=evidence)


def _outlived(session: Session | None, cut: Cut) -> bool:
    return session is not None and session.closed is None and session.watched_ms > cut.silence_ms * _MARGIN


def _behind_proxy(seen: Seen, page: Route) -> bool:
    hop = answered_by(seen.answer(page))
    return hop in ("nginx", "HAProxy", "Apache", "Caddy", "Envoy", "Traefik", "Cloudflare")
