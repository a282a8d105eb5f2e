"""Sessions that were cut for silence, told from those that crashed or were refused."""

from __future__ import annotations

from dataclasses import dataclass

from diag.observations import Closed, Session

_SILENCE_MS = 800.0
"""Shorter silences than this are no idle limit that anybody configures."""
_REFUSAL_MS = 2000.0
_WORDS = ("idle", "timeout", "timed out", "heartbeat", "inactiv", "keepalive", "ping")


@dataclass(frozen=True, slots=True)
class Cut:
    """A session that ended after a silence: how long it was, in milliseconds, and whose silence."""

    silence_ms: float
    both_directions: bool


def idle_cut(session: Session) -> Cut | None:
    """Whether a session's end looks like an idle limit.

    A stream that ends without a Close frame after nothing moved in either direction; or a Close frame whose reason
    speaks of time, after we had said nothing for a while.
    """
    closed = session.closed
    if closed is None or closed.how in ("violation", "tls-error"):
        return None
    quiet_for = closed.after_ms - max(session.last_received_ms, session.last_sent_ms)
    unheard_for = closed.after_ms - session.last_sent_ms
    if closed.how == "close-frame":
        speaks = speaks_of_time(closed.reason) and closed.code != 1011
        return Cut(unheard_for, both_directions=False) if speaks and unheard_for >= _SILENCE_MS else None
    return Cut(quiet_for, both_directions=True) if quiet_for >= _SILENCE_MS else None


def refused_at_once(closed: Closed) -> bool:
    """Whether a Close frame refuses this page: by policy (1008) or by the application's own code, not for silence."""
    own_code = closed.code == 1008 or closed.code >= 3000
    early = closed.how == "close-frame" and closed.after_ms <= _REFUSAL_MS
    return own_code and early and not speaks_of_time(closed.reason)


def speaks_of_time(reason: str) -> bool:
    """Whether a Close frame's reason says that it was sent for silence."""
    return any(word in reason.lower() for word in _WORDS)
