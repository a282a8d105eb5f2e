"""Names the cause of what users meet, by the rules that `wsdiag probe` judges with; each distinct outcome once.

A run meets the same outcome a thousand times over, and judging one takes up to a millisecond of all users' time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Hashable

import gevent
from gevent.lock import RLock

from diag import rules
from diag.measures import metrics
from diag.model import Target
from diag.observations import Answer, Exchange, NoAnswer, Observation, Session
from diag.probes import plan
from diag.probes.requests import request
from diag.probes.upgrade import upgrade
from diag.recording import Recording
from diag.rules._hops import written_by_proxy
from diag.seen import Seen, judged
from diag.wire.dial import Dialer
from scenarios.metrics import record

EXAMINE_S = 2.0
_KNOWN_LIMIT = 1000
_STEP_MS = 100.0
_LONGEST_STEP = 100
_TELLING = ("location", "server", "content-type", "sec-websocket-version")
_VARYING = re.compile(rb"[0-9a-f-]{8,}|\d+", re.IGNORECASE)

_known: dict[Hashable, str] = {}
_one_at_a_time = RLock()

rules.families()  # imports a dozen modules: in the middle of a run that would hold up every user


def of_handshake(target: Target, exchange: Exchange) -> str:
    """The code of a handshake that did not open.

    One exchange seldom proves a cause: a 403 may be for the origin, the path or the user. So the first user to get an
    answer of its kind asks what `wsdiag probe` would ask next; the others wait for that, at most `EXAMINE_S` seconds.
    """
    others = record.tally.gauges[metrics.OPEN_SESSIONS] > 0
    return _once((target, _fingerprint(exchange), others), lambda: _handshake_code(target, exchange, others=others))


def of_session(target: Target, exchange: Callable[[], Exchange], session: Session) -> str:
    """The code of a session that ended without our doing; `close-1008` where the close code is all there is to say.

    `exchange` is asked for its handshake only when this end is a new one.
    """
    closed = session.closed
    if closed is None:
        raise ValueError("the session has not ended")
    quiet = closed.after_ms - max(session.last_received_ms, session.last_sent_ms)
    times = (closed.after_ms, quiet, closed.after_ms - session.last_sent_ms)
    steps = tuple(min(int(value / _STEP_MS), _LONGEST_STEP) for value in times)
    key = (target, closed.how, closed.code, closed.reason, closed.problem, steps)
    return _once(key, lambda: _judge(target, (exchange(), session), f"close-{closed.code}"))


def _handshake_code(target: Target, exchange: Exchange, *, others: bool) -> str:
    """What the rules name; `handshake-timeout` or `handshake-400` where they name nothing.

    A handshake that opens when it is repeated failed under load, so what only a wrong setting explains is not it. Nor
    is it a backend that is down when `others` have sessions there, and no proxy wrote the 503.
    """
    seen = Seen(target, _examined(target, exchange))
    proof = (exchange,) if seen.opens(target.page_route, "repeat") else seen.observations
    outcome = exchange.outcome
    otherwise = f"handshake-{outcome.reason if isinstance(outcome, NoAnswer) else outcome.status}"
    code = _judge(target, proof, otherwise)
    full = others and isinstance(outcome, Answer) and outcome.status == 503 and written_by_proxy(outcome) is None
    if code == "gateway-upstream-refused" and full:
        return "connection-limit"
    return otherwise if code == "unexplained" else code


def _once(key: Hashable, name: Callable[[], str]) -> str:
    if key in _known:
        return _known[key]
    with _one_at_a_time:
        if key not in _known:
            if len(_known) >= _KNOWN_LIMIT:
                _known.clear()
            _known[key] = name()
        return _known[key]


def _judge(target: Target, observations: tuple[Observation, ...], otherwise: str) -> str:
    return rules.judge(Recording(target, "", 0.0, observations)).primary_cause or otherwise


def _fingerprint(exchange: Exchange) -> Hashable:
    """What makes two outcomes the same: all that rules read, without dates, request ids and keys."""
    outcome = exchange.outcome
    if isinstance(outcome, NoAnswer):
        return outcome.stage, outcome.reason, outcome.received
    names = frozenset(name.lower() for name, _ in outcome.headers)
    values = tuple(outcome.header(name) for name in _TELLING)
    return outcome.status, judged(exchange).problem, names, values, _VARYING.sub(b"", outcome.body)


def _examined(target: Target, exchange: Exchange) -> tuple[Observation, ...]:
    """The exchange, with those that tell its causes apart where something did speak to us."""
    outcome = exchange.outcome
    if isinstance(outcome, NoAnswer) and outcome.stage != "http":
        return (exchange,)
    deadline = time.monotonic() + EXAMINE_S
    steps = plan.first_steps(Seen(target, (exchange,)))
    asking = [gevent.spawn(_ask, target, step, deadline) for step in steps]
    return exchange, *(greenlet.get() for greenlet in asking)


def _ask(target: Target, step: plan.Step, deadline: float) -> Exchange:
    asked = upgrade(request(target, step.route, step.variant), Dialer.of(target), deadline=deadline)
    if asked.sock is not None:
        asked.sock.close()
    return asked.exchange
