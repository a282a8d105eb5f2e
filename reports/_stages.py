"""A route read stage by stage, from the name lookup to the pushed updates, as plain cells for any table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from diag.report import IdleReport, Report, RouteReport
from reports._words import duration

PHASES = ("dns", "tcp", "tls", "upgrade")
_TYPES_SHOWN = 6
_SILENT = 0.8
_HOW = {"fin": "FIN", "rst": "RST", "close-frame": "Close frame", "violation": "an invalid frame", "tls-error": "TLS"}


class Mark(StrEnum):
    """How a stage went, as the sign that is shown."""

    GOOD = "✓"
    BAD = "✗"
    PARTLY = "!"
    NONE = "—"
    REMARK = " "


@dataclass(frozen=True, slots=True)
class Line:
    """One sign and a few words; the words are the target's own in part, and not yet escaped."""

    mark: Mark
    text: str = ""


Cell = tuple[Line, ...]
NOTHING: Cell = (Line(Mark.NONE),)


def rows(report: Report) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    """Label and one cell per route, in the order of `report.routes`. Rows that nobody needs are left out."""
    expected = report.target.expect
    shown: list[tuple[str, Callable[[RouteReport], Cell]]] = [
        ("dns", lambda route: _phase(route, "dns")),
        ("tcp", lambda route: _phase(route, "tcp")),
        ("tls", _tls),
        ("upgrade", _upgrade),
    ]
    if any(route.browser.opens != route.opened for route in report.routes):
        shown.append(("browser", _browser))
    if any(route.chromium for route in report.routes):
        shown.append(("chromium", _chromium))
    shown += [("heartbeat", _heartbeat), ("updates", lambda route: _updates(route, expected))]
    if any(route.closed for route in report.routes):
        shown.append(("closed", _closed))
    if any(route.idle for route in report.routes):
        shown.append(("idle", _idle))
    if any(route.answered_by for route in report.routes):
        shown.append(("answered by", _answered_by))
    return tuple((label, tuple(read(route) for route in report.routes)) for label, read in shown)


def failed_stage(route: RouteReport) -> str | None:
    """dns, tcp, tls or upgrade; None when the handshake went well, or was not tried.

    A phase is timed when it fails, too: the last timed one is where a route without an answer came to its end.
    """
    if route.opened:
        return None
    if route.handshake is not None:
        return None if route.handshake.status == 101 else "upgrade"
    return next((phase for phase in reversed(PHASES) if route.phases_ms.get(phase) is not None), None)


def _phase(route: RouteReport, name: str) -> Cell:
    took = route.phases_ms.get(name)
    if failed_stage(route) == name:
        return (Line(Mark.BAD, route.outcome),)
    return NOTHING if took is None else (Line(Mark.GOOD, duration(took)),)


def _tls(route: RouteReport) -> Cell:
    return _phase(route, "tls") if route.url.startswith("wss:") else (Line(Mark.NONE, "plain ws"),)


def _upgrade(route: RouteReport) -> Cell:
    if route.handshake is None or route.handshake.status != 101:
        untried = failed_stage(route) is None
        return (Line(Mark.PARTLY, route.outcome),) if untried else _phase(route, "upgrade")
    if not route.opened:
        return (Line(Mark.BAD, route.outcome),)
    took = route.phases_ms.get("upgrade")
    return (Line(Mark.GOOD, "101" if took is None else f"101 in {duration(took)}"),)


def _browser(route: RouteReport) -> Cell:
    if route.browser.opens:
        return (Line(Mark.GOOD, "opens"),)
    return (Line(Mark.BAD, route.browser.message or "does not open"),)


def _chromium(route: RouteReport) -> Cell:
    if route.chromium is None:
        return NOTHING
    if route.chromium.opens:
        return (Line(Mark.GOOD, "opens"),)
    return (Line(Mark.BAD, route.chromium.message or "does not open"),)


def _heartbeat(route: RouteReport) -> Cell:
    beat = route.heartbeat
    if beat is None or not beat.sent:
        return NOTHING
    mark = Mark.BAD if not beat.received else Mark.PARTLY if beat.received < beat.sent else Mark.GOOD
    answered = Line(mark, f"{beat.received} of {beat.sent} answered")
    if beat.rtt_ms is None:
        return (answered,)
    return (answered, Line(Mark.REMARK, f"p50 {duration(beat.rtt_ms.p50)}, p95 {duration(beat.rtt_ms.p95)}"))


def _updates(route: RouteReport, expected: tuple[str, ...]) -> Cell:
    if not route.opened:
        return NOTHING
    came = [Line(Mark.GOOD, f"{update.count} {update.type}") for update in route.updates if update.count]
    seen = {update.type for update in route.updates if update.count}
    missing = [Line(Mark.BAD, f"no {name}") for name in expected if name not in seen]
    hidden = len(came) - _TYPES_SHOWN
    more = [Line(Mark.REMARK, f"and {hidden} more types")] if hidden > 0 else []
    return (*missing, *came[:_TYPES_SHOWN], *more) or NOTHING


def _closed(route: RouteReport) -> Cell:
    closed = route.closed
    if closed is None:
        return NOTHING
    reason = f' "{closed.reason}"' if closed.reason else ""
    text = f"{closed.code}{reason} after {duration(closed.after_ms)}"
    return (Line(Mark.PARTLY if closed.clean else Mark.BAD, text),)


def _idle(route: RouteReport) -> Cell:
    return idle_lines(route.idle) if route.idle else NOTHING


def idle_lines(idle: IdleReport) -> Cell:
    """How the silent session ended, and what keeps one alive."""
    if idle.closed_after_ms is None:
        longest = idle.limit_ms if idle.longest_silence_ms is None else idle.longest_silence_ms
        if longest < _SILENT * idle.limit_ms:
            text = f"open after {duration(idle.limit_ms)}, never silent for longer than {duration(longest)}"
            return (Line(Mark.GOOD, text),)
        return (Line(Mark.GOOD, f"open after {duration(idle.limit_ms)} of silence"),)
    by = "" if idle.by in (None, "unknown") else f" by the {idle.by}"
    how = f" ({_HOW.get(idle.closed_how or '', idle.closed_how)})" if idle.closed_how else ""
    if idle.found == "max-lifetime":
        text = f"ended after {duration(idle.closed_after_ms)}{by}, silent or not{how}"
    elif idle.found == "unanswered-pings":
        text = f"ended after {duration(idle.closed_after_ms)}{by} for want of pongs{how}"
    elif idle.found == "other":
        text = f"ended after {duration(idle.closed_after_ms)}{by}, not for silence{how}"
    else:
        silence = idle.closed_after_ms if idle.silence_ms is None else idle.silence_ms
        text = f"cut after {duration(silence)} of silence{by}{how}"
    kept = () if idle.found == "max-lifetime" else _keeps_alive(idle)
    return (Line(Mark.PARTLY, text), *kept)


def _keeps_alive(idle: IdleReport) -> tuple[Line, ...]:
    kept = idle.keeps_alive
    told = (("pings", kept.pings), ("client data", kept.client_data), ("server data", kept.server_data))
    helps = ", ".join(name for name, answer in told if answer)
    useless = ", ".join(name for name, answer in told if answer is False)
    age = f", up to {duration(idle.max_lifetime_ms)}" if idle.max_lifetime_ms is not None else ""
    lines = [f"kept alive by {helps}{age}"] if helps else []
    lines += [f"not kept alive by {useless}"] if useless else []
    return tuple(Line(Mark.REMARK, line) for line in lines)


def _answered_by(route: RouteReport) -> Cell:
    return (Line(Mark.REMARK, route.answered_by),) if route.answered_by else NOTHING
