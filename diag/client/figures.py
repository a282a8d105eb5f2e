"""A client's events added up: round trips, loss, pushes, sessions. Bounded memory, a constant cost for each event."""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass, field

from diag.client.events import ClientEvent
from diag.client.heartbeats import APPLICATION, PROTOCOL
from diag.report import Distribution

WINDOW = 60
"""So many of the last heartbeats decide about the grade; at one a second, the last minute."""
TYPES_LIMIT = 50
OTHER_TYPES = "(other types)"
_KEPT = 10_000
_KINDS = (APPLICATION, PROTOCOL)


@dataclass(slots=True)
class BeatFigures:
    """Beats of one kind. Percentiles are those of the last 10,000 answers, all else is of the whole run."""

    sent: int = 0
    answered: int = 0
    missed: int = 0
    last_ms: float | None = None
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    outcomes: deque[float | None] = field(default_factory=lambda: deque(maxlen=_KEPT))
    min_ms: float = math.inf
    max_ms: float = 0.0
    mean_ms: float = 0.0
    _squares: float = 0.0
    _steps: float = 0.0

    @property
    def decided(self) -> int:
        """Beats that are answered or missed; the others are still on their way."""
        return self.answered + self.missed

    @property
    def loss(self) -> float:
        """The part that was missed, 0 to 1."""
        return self.missed / self.decided if self.decided else 0.0

    @property
    def stddev_ms(self) -> float:
        """Of the population."""
        return math.sqrt(self._squares / self.answered) if self.answered else 0.0

    @property
    def jitter_ms(self) -> float:
        """The mean absolute difference of neighbours (RFC 3550, section 6.4.1, unsmoothed)."""
        return self._steps / (self.answered - 1) if self.answered > 1 else 0.0

    def answer(self, rtt_ms: float) -> None:
        """One answer more; mean and deviation by Welford's method, which needs no list."""
        self.answered += 1
        if self.last_ms is not None:
            self._steps += abs(rtt_ms - self.last_ms)
        self.last_ms = rtt_ms
        self.min_ms, self.max_ms = min(self.min_ms, rtt_ms), max(self.max_ms, rtt_ms)
        before = rtt_ms - self.mean_ms
        self.mean_ms += before / self.answered
        self._squares += before * (rtt_ms - self.mean_ms)
        self.recent.append(rtt_ms)
        self.outcomes.append(rtt_ms)

    def miss(self) -> None:
        """One beat more that stayed unanswered."""
        self.missed += 1
        self.outcomes.append(None)

    def distribution(self) -> Distribution | None:
        """The round trips in numbers; None without an answer."""
        if not self.recent:
            return None
        ordered = sorted(self.recent)
        p50, p95, p99 = (percentile(ordered, part) for part in (50, 95, 99))
        return Distribution(self.min_ms, p50, p95, p99, self.max_ms, self.stddev_ms, self.jitter_ms)


@dataclass(slots=True)
class TypeFigures:
    """Messages of one type; times are on the events' clock, in seconds. `missing` counts gaps in their sequence."""

    count: int = 0
    size: int = 0
    last_at_s: float = 0.0
    longest_gap_s: float = 0.0
    sequence: int | None = None
    missing: int = 0

    def take(self, event: ClientEvent) -> None:
        """One message more."""
        if self.count:
            self.longest_gap_s = max(self.longest_gap_s, event.at_s - self.last_at_s)
        self.count += 1
        self.size += event.size
        self.last_at_s = event.at_s
        if event.sequence is not None:
            if self.sequence is not None:
                self.missing += max(0, event.sequence - self.sequence - 1)
            self.sequence = event.sequence


@dataclass(slots=True)
class Figures:
    """Everything that a watch shows. `kind` is the kind of beat that decides, once one was sent."""

    beats: dict[str, BeatFigures] = field(default_factory=lambda: {kind: BeatFigures() for kind in _KINDS})
    types: dict[str, TypeFigures] = field(default_factory=dict)
    closed: Counter[int] = field(default_factory=Counter)
    opened: int = 0
    refused: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    opened_at_s: float | None = None
    handshake_ms: float = 0.0
    ended: bool = False
    reopened: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW))

    @property
    def kind(self) -> str:
        """The application's own heartbeat, or the protocol's where there is none."""
        return APPLICATION if self.beats[APPLICATION].sent or not self.beats[PROTOCOL].sent else PROTOCOL

    @property
    def main(self) -> BeatFigures:
        """The beats that decide."""
        return self.beats[self.kind]

    @property
    def is_open(self) -> bool:
        """Whether a session is open, or was when the client was told to stop."""
        return self.opened_at_s is not None

    @property
    def reconnects(self) -> int:
        """Sessions after the first one."""
        return max(0, self.opened - 1)

    @property
    def messages(self) -> int:
        """Messages that answer no heartbeat."""
        return sum(seen.count for seen in self.types.values())

    def take(self, event: ClientEvent) -> None:
        """One event more."""
        match event.kind:
            case "opened":
                self.opened += 1
                self.opened_at_s, self.handshake_ms = event.at_s, event.value or 0.0
                if self.opened > 1:
                    self.reopened.append(self.main.decided)
            case "refused":
                self.refused += 1
            case "beat":
                self.beats[event.text].sent += 1
                self.bytes_out += event.size
            case "answered":
                self.beats[event.text].answer(event.value or 0.0)
                self.bytes_in += event.size
            case "missed":
                self.beats[event.text].miss()
            case "message":
                self._message(event)
            case "closed":
                self.closed[event.number or 0] += 1
                self.opened_at_s = None

    def _message(self, event: ClientEvent) -> None:
        self.bytes_in += event.size
        name = event.text if event.text in self.types or len(self.types) < TYPES_LIMIT else OTHER_TYPES
        self.types.setdefault(name, TypeFigures()).take(event)


def percentile(ordered: list[float], part: float) -> float:
    """The nearest rank of an ascending list that is not empty; `part` is 0 to 100."""
    return ordered[max(0, math.ceil(part / 100 * len(ordered)) - 1)]
