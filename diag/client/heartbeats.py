"""The heartbeats of one session: when each is due, which answer belongs to which, and which stay away. Pure.

Times are seconds on the clock of time.monotonic(), and the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

APPLICATION, PROTOCOL = "application", "protocol"
PING_AFTER_S = 0.02
"""A ping beside a beat comes so much later, or half an interval: sent together, one would wait for the other."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat: its number, its kind, and the time it is meant for, from which its round trip counts."""

    number: int
    kind: str
    due: float


@dataclass(slots=True)
class Heartbeats:
    """Beats on a fixed grid of `interval_s` from `first_at` on, numbered from `number`, up to the number `last`.

    `kind` decides about the connection, and may change before a beat is due. `pings` adds a ping of the protocol to
    every application beat; the page's script cannot see pongs, so an unanswered one is a loss and nothing more.
    """

    interval_s: float
    timeout_s: float
    first_at: float
    number: int = 1
    last: int | None = None
    pings: bool = False
    kind: str = APPLICATION
    _due: list[tuple[float, int, bool]] = field(default_factory=list)
    _waiting: dict[str, tuple[Beat, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The first beats stand on the grid from the start."""
        self._plan(self.number, self.first_at)

    @property
    def done(self) -> bool:
        """Whether every beat up to the last one is answered or missed."""
        return not self._due and not self._waiting

    def wake(self) -> float:
        """When the next beat is due, or the oldest waiting one's time is over; infinity when neither will be."""
        due = self._due[0][0] if self._due else float("inf")
        late = min((sent + self.timeout_s for _, sent in self._waiting.values()), default=float("inf"))
        return min(due, late)

    def due(self, now: float) -> Iterator[Beat]:
        """The beats to send now. Each one's successor is due on the grid, whenever this one is really sent.

        A process that was stopped for longer than an answer may take goes on where the grid stands.
        """
        while self._due and self._due[0][0] <= now:
            due, number, beside = self._due.pop(0)
            if not beside:
                skipped = int((now - due) / self.interval_s) if now - due > self.timeout_s else 0
                self._plan(number + 1, due + (skipped + 1) * self.interval_s)
                yield Beat(number, self.kind, due)
            elif self.kind == APPLICATION:
                yield Beat(number, PROTOCOL, due)

    def sent(self, beat: Beat, identifier: str, at: float) -> None:
        """A beat is out; its answer will repeat `identifier`, where the dialect has answers repeat anything."""
        self._waiting[identifier] = (beat, at)

    def answered(self, kind: str, identifier: str | None) -> list[Beat]:
        """The beats that an answer ends, none when it is nobody's; without an identifier the one that waits longest.

        A pong may stand for every ping before it (RFC 6455, section 5.5.3).
        """
        waiting = [key for key, (beat, _) in self._waiting.items() if beat.kind == kind]
        if identifier is None:
            ended = waiting[:1]
        elif identifier not in waiting:
            ended = []
        elif kind == PROTOCOL:
            ended = waiting[: waiting.index(identifier) + 1]
        else:
            ended = [identifier]
        return [self._waiting.pop(key)[0] for key in ended]

    def overdue(self, now: float) -> list[Beat]:
        """The beats whose time is over; it begins when a beat is really sent. They wait no longer."""
        late = [key for key, (_, sent) in self._waiting.items() if sent + self.timeout_s <= now]
        return [self._waiting.pop(key)[0] for key in late]

    def abandoned(self) -> list[Beat]:
        """The beats that nobody can answer any more, because the session is over."""
        left = [beat for beat, _ in self._waiting.values()]
        self._waiting.clear()
        self._due.clear()
        return left

    def _plan(self, number: int, due: float) -> None:
        self.number = number
        if self.last is not None and number > self.last:
            return
        self._due.append((due, number, False))
        if self.pings:
            self._due.append((due + min(PING_AFTER_S, self.interval_s / 2), number, True))
        self._due.sort()
