"""`heartbeat`: every beat is answered, and beats come often enough for every idle limit on the way."""

from __future__ import annotations

import statistics

from diag.verify.checks.connects import usable
from diag.verify.checks.ruling import NO_PAGE, Ruling, failed, found, own, passed, refused_with, seconds, skipped
from diag.verify.observed import Life, Observed
from diag.verify.plan import BEATS

_IDLE = ("idle-timeout-proxy", "idle-timeout-backend", "heartbeat-margin-thin")
_UNANSWERED, _CLOSED = "heartbeat-unanswered", "closed-by-server"


def check(seen: Observed) -> Ruling:
    """Unanswered, too few, wrong in the probe's eyes, too rare for an idle limit."""
    if not usable(seen):
        return skipped(NO_PAGE)
    life = seen.beats
    if life is None:
        return Ruling("broken", because="no heartbeat was sent")
    did, answered, lost = _did(seen), life.of("answered"), _unanswered(seen, life)
    trips = [event.value for event in answered if event.value is not None]
    saw = f"{len(answered)} of {len(answered) + lost} answered" if answered or lost else "no session lived for a beat"
    saw += f", {statistics.median(trips):.1f} ms in the median, {max(trips):.1f} ms at most" if trips else ""
    if idle := found(seen, codes=_IDLE):
        interval = seconds(seen.target.client.heartbeat_interval_s)
        return failed(did, saw, f"a beat every {interval} is too rare: {idle.detail}", idle.code)
    if lost:
        late = seconds(seen.plan.beating.client.heartbeat_timeout_s)
        detail = f"{lost} of {len(answered) + lost} heartbeats got no answer within {late}."
        known = found(seen, layers=("heartbeat",))
        finding = known.code if known else own(seen, _UNANSWERED, detail, ("answered", str(len(answered))))
        return failed(did, saw, f"no answer within {late}", finding)
    if len(answered) < BEATS:
        return _too_few(seen, did, saw, life)
    if wrong := found(seen, layers=("heartbeat",)):
        return failed(did, saw, wrong.detail, wrong.code)
    return passed(did, f"{saw}; {_idle(seen)}")


def _did(seen: Observed) -> str:
    ours, own_s = seen.plan.beating.client.heartbeat_interval_s, seen.target.client.heartbeat_interval_s
    if ours == own_s:
        return f"a beat every {seconds(ours)}, as the page does"
    return f"a beat every {seconds(ours)} for this check, instead of {seconds(own_s)}"


def _unanswered(seen: Observed, life: Life) -> int:
    """Beats whose time was over; one that was under way when its session ended says nothing."""
    limit_ms = seen.plan.beating.client.heartbeat_timeout_s * 1000
    return sum(event.value is not None and event.value >= limit_ms for event in life.of("missed"))


def _too_few(seen: Observed, did: str, saw: str, life: Life) -> Ruling:
    closed, refused = life.of("closed"), life.of("refused")
    ended = f"close {closed[-1].number} {closed[-1].text}".strip() if closed else ""
    turned = f"refused with {refused[-1].text}" if refused else ""
    why = ", ".join(filter(None, (ended, turned)))
    if not why:
        return Ruling("broken", did, saw, "the beats did not come to an end")
    because = f"too few beats before the session was over: {why}"
    if seen.report.primary_cause:
        return failed(did, saw, because, seen.report.primary_cause)
    detail = f"A session ends before {BEATS} heartbeats are answered: {why}."
    refusal = refused_with(seen, refused[-1].text, _CLOSED) if refused else own(seen, _CLOSED, detail)
    return failed(did, saw, because, refusal)


def _idle(seen: Observed) -> str:
    idle = seen.page.idle
    if not seen.target.idle_limit_s or idle is None:
        return "no idle limit was looked for (--idle-limit D)"
    if idle.silence_ms is not None:
        return f"the idle limit of {seconds(idle.silence_ms / 1000)} is far enough off"
    longest_ms = idle.limit_ms if idle.longest_silence_ms is None else min(idle.limit_ms, idle.longest_silence_ms)
    return f"no idle limit up to {seconds(longest_ms / 1000)}"
