"""Sessions that were cut for silence, told from those that crashed or were refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from diag.observations import Closed, Session
from diag.seen import message_count

SILENCE_MS = 800.0
"""Shorter silences than this are no idle limit that anybody configures."""
_SAME_TIME, _TIMERS_MS = 0.3, 150.0
"""Servers look at their timers now and then only."""
_REFUSAL_MS = 2000.0
_CREDENTIALS = (1008, 3000, 3003, 4401, 4403)
"""1008: policy; 3000 and 3003: unauthorized and forbidden (IANA's registry); 44xx: HTTP's statuses by custom."""
_ABOUT_USER = re.compile(r"auth|token|credential|forbidden|permission|login|not allowed", re.IGNORECASE)
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
        return Cut(unheard_for, both_directions=False) if speaks and unheard_for >= SILENCE_MS else None
    return Cut(quiet_for, both_directions=True) if quiet_for >= SILENCE_MS else None


def refused_at_once(closed: Closed) -> bool:
    """Whether a Close frame refuses this page: by policy (1008) or by the application's own code, not for silence."""
    own_code = closed.code == 1008 or 3000 <= closed.code < 5000
    early = closed.how == "close-frame" and closed.after_ms <= _REFUSAL_MS
    return own_code and early and not speaks_of_time(closed.reason)


def refused(closed: Closed) -> bool:
    """Refused at once; or later, by a code or a reason that speaks of policy and credentials, as when a token ends."""
    late = closed.how == "close-frame" and closed.code >= 1008 and not speaks_of_time(closed.reason)
    about_user = closed.code in _CREDENTIALS or (3000 <= closed.code < 5000 and bool(_ABOUT_USER.search(closed.reason)))
    return refused_at_once(closed) or (late and about_user)


def lasted_as_long(session: Session, busy: Session | None) -> float | None:
    """How long a busy session lived that carried more messages and ended after the same time; milliseconds."""
    if busy is None or busy.closed is None or session.closed is None:
        return None
    ours, theirs = session.closed.after_ms, busy.closed.after_ms
    same = abs(theirs - ours) <= max(_SAME_TIME * ours, _TIMERS_MS)
    return theirs if same and message_count(busy) > message_count(session) else None


def speaks_of_time(reason: str) -> bool:
    """Whether a Close frame's reason says that it was sent for silence."""
    return any(word in reason.lower() for word in _WORDS)
