"""A drill, or a schedule, as a report: verdict, findings, notes; and what only they have, for programs. Pure."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from diag.drill import judgement
from diag.drill.losses import CONNECTED, Loss, Summary, healed_s, losses, outage, summary
from diag.drill.run import Drill
from diag.drill.schedule import Herd, Proposal, Row, findings, proposal
from diag.drill.story import Line, story
from diag.masking import mask_value, secrets_of
from diag.model import Client, Finding, Severity, Target, Verdict
from diag.report import Report


def report(drill: Drill) -> Report:
    """The verdict is about the page at the end: broken without a socket although the way is clear."""
    found = judgement.judge(drill.events, drill.client, drill.timeline, drill.ended_s, drill.target.page_route.name)
    ended = summary(drill.events, drill.timeline, drill.ended_s)
    whole = not drill.interrupted and not drill.cut_short
    stuck = ended.ended != CONNECTED and drill.ended_s > healed_s(drill.timeline)
    return Report(
        command="drill",
        started_at=drill.started_at,
        duration_ms=drill.duration_ms,
        target=drill.target,
        verdict=_verdict(found, stuck=stuck, whole=whole),
        primary_cause=_primary(found),
        findings=found,
        routes=(),
        api=(),
        notes=_notes(drill, found),
    )


def schedule_report(target: Target) -> Report:
    """What the policy by itself is good for."""
    found = findings(target.client)
    return Report(
        command="drill",
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        duration_ms=0.0,
        target=target,
        verdict=_verdict(found, stuck=False, whole=True),
        primary_cause=_primary(found),
        findings=found,
        routes=(),
        api=(),
    )


def masked(drill: Drill) -> Drill:
    """The drill without the target's secrets. The texts of messages are their types, which nothing shows."""
    secrets = secrets_of(drill.target)
    events = tuple(event if event.kind == "message" else mask_value(event, secrets) for event in drill.events)
    return replace(drill, target=mask_value(drill.target, secrets), events=events)


def details(drill: Drill) -> dict[str, Any]:
    """The field `drill` of the JSON. Times are milliseconds of the policy's own clock."""
    found = summary(drill.events, drill.timeline, drill.ended_s)
    return {
        "timeline": drill.timeline.name,
        "speed": drill.speed,
        "policy": policy(drill.client, drill.proposal),
        "ended": found.ended,
        "ended_after_ms": _ms(found.ended_s),
        "losses": [_loss(loss) for loss in found.losses],
        "fallback_ms": _ms(found.polling_s),
        "returned_from_fallback": _returned(found),
        "polls": {"sent": found.polls, "failed": found.polls_failed},
        "longest_silence_ms": _ms(found.longest_silence_s),
        "messages": {
            "received": found.messages.received + drill.forgotten,
            "missed": found.messages.missed if found.messages.numbered else None,
            "duplicated": found.messages.duplicated if found.messages.numbered else None,
        },
        "story": [_line(line) for line in story(drill.events, drill.timeline, drill.ended_s)],
    }


def schedule_details(client: Client, rows: tuple[Row, ...], herd: Herd | None) -> dict[str, Any]:
    """The field `schedule` of the JSON."""
    return {
        "policy": policy(client, None),
        "proposal": asdict(proposal(client)),
        "outages": [
            {
                "outage_ms": _ms(row.outage_s),
                "attempts": row.attempts,
                "back_after_ms": _ms(row.back_s),
                "gave_up_after_ms": _ms(row.gave_up_s),
                "ends": row.ends,
                "proposal_back_after_ms": {"p50": _ms(row.proposal_s), "max": _ms(row.proposal_worst_s)},
            }
            for row in rows
        ],
        "herd": None if herd is None else {**asdict(herd), "peak": max(herd.configured, default=0),
                                           "proposed_peak": max(herd.proposed, default=0)},
    }  # fmt: skip


def policy(client: Client, followed: Proposal | None) -> dict[str, Any]:
    """The policy in numbers, seconds as in `wsdiag.yaml`."""
    return {
        "heartbeat": {"interval_s": client.heartbeat_interval_s, "timeout_s": client.heartbeat_timeout_s},
        "reconnect": asdict(client.reconnect) if followed is None else {"proposal": asdict(followed)},
        "fallback": None
        if client.fallback is None
        else {"after_attempts": client.fallback.after_attempts, "every_s": client.fallback.every_s},
    }


def _verdict(found: tuple[Finding, ...], *, stuck: bool, whole: bool) -> Verdict:
    if stuck:
        return Verdict.BROKEN
    if any(item.degrades for item in found):
        return Verdict.DEGRADED
    return Verdict.HEALTHY if whole else Verdict.UNKNOWN


def _primary(found: tuple[Finding, ...]) -> str | None:
    """The first of the most severe that the page suffers from."""
    suffered = sorted((item for item in found if item.degrades), key=lambda item: item.severity.rank)
    return suffered[0].code if suffered else None


def _notes(drill: Drill, found: tuple[Finding, ...]) -> tuple[str, ...]:
    notes = []
    if drill.interrupted:
        notes.append("interrupted: this is what was seen until then")
    if drill.cut_short:
        notes.append("the deadline came before the end of the drill")
    if alone := _lost_by_themselves(drill):
        notes.append(f"sessions lost while nothing was broken on purpose: {alone}; wsdiag probe tells why")
    if drill.speed != 1:
        notes.append(
            f"policy and timeline ran {drill.speed:g} times as fast, the server did not; times are the policy's own"
        )
    if drill.proposal:
        notes.append("the client followed the proposed policy, not its own")
    if drill.forgotten:
        notes.append(f"{drill.forgotten} messages were counted and not looked at")
    if any(item.severity is Severity.ERROR for item in found) and not drill.proposal:
        notes.append("the same drill with a better policy: --proposed; both policies side by side: --schedule-only")
    return tuple(notes)


def _lost_by_themselves(drill: Drill) -> int:
    found = losses(drill.events, drill.timeline)
    return sum(loss.broke_s is None and outage(drill.timeline, loss.at_s) is None for loss in found)


def _returned(found: Summary) -> bool | None:
    """Whether it came back from polling; None when it never polled."""
    fell = [loss for loss in found.losses if loss.fallback_s is not None]
    return all(loss.back_s is not None for loss in fell) if fell else None


def _loss(loss: Loss) -> dict[str, Any]:
    return {
        "at_ms": _ms(loss.at_s),
        "noticed_after_ms": _ms(loss.noticed_after_s),
        "close": {"code": loss.code, "reason": loss.reason, "clean": loss.clean},
        "attempts": [
            {"after_ms": _ms(attempt.after_s), "waited_ms": _ms(attempt.waited_s), "failure": attempt.failure or None}
            for attempt in loss.attempts
        ],
        "fallback_after_ms": _ms(loss.fallback_s),
        "gave_up_after_ms": _ms(loss.gave_up_s),
        "back_after_ms": _ms(loss.back_s),
    }


def _line(line: Line) -> dict[str, Any]:
    return {"at_ms": _ms(line.at_s), "what": line.what, "user": line.user or None}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
