"""Cut for silence: by the proxy or by the backend, and how that relates to the heartbeat."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.observations import Session
from diag.rules._cuts import Cut, idle_cut
from diag.rules._hops import answered_by
from diag.rules._words import finding
from diag.seen import Seen

CODES = ("idle-timeout-proxy", "idle-timeout-backend", "heartbeat-margin-thin")
_MARGIN = 1.25


def judge(seen: Seen) -> Iterator[Finding]:
    """Attributes the cut on the page's route by comparing it with the other routes' sessions."""
    page = seen.page
    session = seen.session(page)
    cut = idle_cut(session) if session else None
    if session is None or session.closed is None or cut is None:
        return
    interval = seen.target.client.heartbeat_interval_s
    ended = f"{session.closed.code} {session.closed.reason}".strip() if session.closed.clean else "no Close frame"
    evidence = [
        ("silent for", f"{cut.silence_ms / 1000:.1f} s, then cut ({ended})"),
        ("heartbeat interval", f"{interval:g} s"),
    ]
    survived = next((route for route in seen.others if _outlived(seen.session(route), cut)), None)
    if survived:
        evidence.append(
            (survived.name, f"stays open beyond {cut.silence_ms * _MARGIN / 1000:.1f} s of the same silence")
        )
    by_proxy = survived is not None or (not seen.others and not session.closed.clean and _behind_proxy(seen, page))
    who = "The proxy" if by_proxy else "The server"
    detail = (
        f"{who} ends a session after {cut.silence_ms / 1000:.1f} s of silence; "
        f"the client's heartbeat comes every {interval:g} s."
    )
    code = "idle-timeout-proxy" if by_proxy else "idle-timeout-backend"
    yield finding(seen, code, detail, route=page, evidence=evidence)
    if interval * 1000 >= 0.8 * cut.silence_ms:
        detail = f"A heartbeat every {interval:g} s leaves no margin below a limit of {cut.silence_ms / 1000:.1f} s."
        yield finding(seen, "heartbeat-margin-thin", detail, route=page, evidence=evidence)


def _outlived(session: Session | None, cut: Cut) -> bool:
    return session is not None and session.closed is None and session.watched_ms > cut.silence_ms * _MARGIN


def _behind_proxy(seen: Seen, page: Route) -> bool:
    hop = answered_by(seen.answer(page))
    return hop in ("nginx", "HAProxy", "Apache", "Caddy", "Envoy", "Traefik", "Cloudflare")
