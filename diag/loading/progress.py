"""A second of a running load, on its way from Locust's process to a line on stderr. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from diag.measures.plain import decoded, encoded

DESCRIPTOR = "WSDIAG_PROGRESS_FD"
"""The variable that names the file descriptor on which Locust's leading process writes a snapshot a second."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How the run is going. Counts are since its start, `messages_per_s` and the percentile are of the last second."""

    elapsed_s: float
    users: int
    open_sessions: int
    failed: int
    dropped: int
    heartbeat_p95_ms: float | None
    messages_per_s: float
    polls_per_s: float
    worst_cause: str | None = None

    def line(self) -> bytes:
        """One line of JSON; well below the size that a pipe takes in one piece."""
        return json.dumps(encoded(self)).encode() + b"\n"

    @staticmethod
    def read(line: bytes) -> Snapshot | None:
        """The snapshot that a line holds; None for a line that is none."""
        try:
            return decoded(Snapshot, json.loads(line))
        except ValueError:
            return None

    def text(self, run_time_s: float | None, *, sockets: bool = True) -> str:
        """`12 s  200 users  200 open  0 failed  beats p95 1.2 ms  400 messages/s  8 s left`."""
        parts = [f"{self.elapsed_s:.0f} s", f"{self.users} users"]
        if sockets:
            parts.append(f"{self.open_sessions} open")
        cause = f" ({self.worst_cause})" if self.worst_cause else ""
        parts.append(f"{self.failed} failed{cause}")
        if self.dropped:
            parts.append(f"{self.dropped} dropped")
        if self.heartbeat_p95_ms is not None:
            parts.append(f"beats p95 {self.heartbeat_p95_ms:.1f} ms")
        if self.messages_per_s or not self.polls_per_s:
            parts.append(f"{self.messages_per_s:.0f} messages/s")
        if self.polls_per_s:
            parts.append(f"{self.polls_per_s:.0f} polls/s")
        if run_time_s is not None:
            parts.append(f"{max(run_time_s - self.elapsed_s, 0):.0f} s left")
        return "  ".join(parts)
