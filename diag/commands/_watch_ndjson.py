"""A watch as NDJSON: one object a line, one line an event. Times are float milliseconds, as in all of wsdiag's JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from diag import __version__
from diag.client.events import ClientEvent
from diag.client.figures import BeatFigures
from diag.commands._terminal import write_stdout

if TYPE_CHECKING:
    from diag.commands._watch_run import Subject, Watch

SCHEMA_VERSION = 1
FIELDS = """
  start       schema_version, tool{name, version}, started_at, url, route,
              dialect, interval_ms, timeout_ms
  attempt     number (0 the first connection, then from 1 since the last loss)
  opened      number, handshake_ms
  refused     number, reason, took_ms
  recognised  reason (with --dialect auto: which dialect, and why)
  beat        number, beat (application or protocol), bytes; at_ms is the
              intended time
  answered    number, beat, bytes, rtt_ms
  missed      number, beat, waited_ms (less than the timeout when the
              connection was lost meanwhile)
  message     type, bytes, sequence or null
  closed      code, reason, clean
  waiting     number (of the next attempt), delay_ms
  gave-up     number (of attempts)
  recovered
  dropped     messages: too fast for this output, counted in the summary only
  ended       code (that an open session was closed with) or null
  summary     grade, because, interrupted, duration_ms, beats{application,
              protocol}{sent, answered, missed, loss, rtt_ms{min, mean, p50,
              p95, p99, max, stddev, jitter} or null}, sessions{opened,
              reconnects, refused}, closed{code: n}, updates[{type, count,
              bytes, staleness_ms, missing}], bytes_in, bytes_out,
              idle (with --idle-limit, else null){routes{name: routes.*.idle
              of wsdiag probe, or null}, findings[codes]}
""".strip("\n")
"""The documentation of the format, for `--help`; every line but the first and the last one has at_ms."""


def event_line(event: ClientEvent, shown: Callable[[str], str]) -> dict[str, Any]:
    """One event as its object; `shown` masks what may hold secrets."""
    head: dict[str, Any] = {"event": event.kind, "at_ms": event.at_s * 1000}
    match event.kind:
        case "attempt" | "gave-up":
            rest: dict[str, Any] = {"number": event.number}
        case "opened":
            rest = {"number": event.number, "handshake_ms": event.value}
        case "recognised":
            rest = {"reason": event.text}
        case "refused":
            rest = {"number": event.number, "reason": shown(event.text), "took_ms": event.value}
        case "beat":
            rest = {"number": event.number, "beat": event.text, "bytes": event.size}
        case "answered":
            rest = {"number": event.number, "beat": event.text, "bytes": event.size, "rtt_ms": event.value}
        case "missed":
            rest = {"number": event.number, "beat": event.text, "waited_ms": event.value}
        case "message":
            rest = {"type": event.text, "bytes": event.size, "sequence": event.sequence}
        case "closed":
            rest = {"code": event.number, "reason": shown(event.text), "clean": event.clean}
        case "waiting":
            rest = {"number": event.number, "delay_ms": (event.value or 0.0) * 1000}
        case "ended":
            rest = {"code": event.number}
        case _:
            rest = {}
    return head | rest


def summary_line(watch: Watch) -> dict[str, Any]:
    """The last line."""
    with watch.lock:
        figures, grade, now_s = watch.figures, watch.grade(), watch.elapsed_s
        updates = [
            {
                "type": name,
                "count": seen.count,
                "bytes": seen.size,
                "staleness_ms": (now_s - seen.last_at_s) * 1000,
                "missing": seen.missing,
            }
            for name, seen in figures.types.items()
        ]
        return {
            "event": "summary",
            "grade": grade.name,
            "because": grade.because,
            "interrupted": watch.interrupted,
            "duration_ms": now_s * 1000,
            "beats": {kind: _beats(beats) for kind, beats in figures.beats.items()},
            "sessions": {"opened": figures.opened, "reconnects": figures.reconnects, "refused": figures.refused},
            "closed": {str(code): count for code, count in sorted(figures.closed.items())},
            "updates": updates,
            "bytes_in": figures.bytes_in,
            "bytes_out": figures.bytes_out,
            "idle": _idle(watch),
        }


def _idle(watch: Watch) -> dict[str, Any] | None:
    if watch.search is None:
        return None
    from diag.commands._watch_idle import idle_fields  # noqa: PLC0415 - the rules, for this search only

    return idle_fields(watch.search)


@dataclass(slots=True)
class Ndjson:
    """The view for programs."""

    subject: Subject
    wants_messages: bool = True
    _dropped: int = 0

    def begin(self) -> bool:
        """The line `start`."""
        target = self.subject.target
        return _write(
            [
                {
                    "event": "start",
                    "schema_version": SCHEMA_VERSION,
                    "tool": {"name": "wsdiag", "version": __version__},
                    "started_at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    "url": self.subject.url,
                    "route": target.page_route.name,
                    "dialect": target.client.dialect,
                    "interval_ms": target.client.heartbeat_interval_s * 1000,
                    "timeout_ms": target.client.heartbeat_timeout_s * 1000,
                }
            ]
        )

    def show(self, events: list[ClientEvent], watch: Watch) -> bool:
        """A line for each event."""
        lines = [event_line(event, self.subject.shown) for event in events]
        lost, self._dropped = watch.dropped - self._dropped, watch.dropped
        if lost:
            lines.append({"event": "dropped", "at_ms": watch.elapsed_s * 1000, "messages": lost})
        return not lines or _write(lines)

    def finish(self, watch: Watch) -> None:
        """The line `summary`."""
        _write([summary_line(watch)])


def _beats(beats: BeatFigures) -> dict[str, Any]:
    found = beats.distribution()
    return {
        "sent": beats.sent,
        "answered": beats.answered,
        "missed": beats.missed,
        "loss": beats.loss,
        "rtt_ms": {**asdict(found), "mean": beats.mean_ms} if found else None,
    }


def _write(lines: list[dict[str, Any]]) -> bool:
    return write_stdout("".join(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n" for line in lines))
