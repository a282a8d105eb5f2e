"""The heartbeats that a server sends by itself: which came, and which stayed away. Pure; times are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from diag.dialects.dialect import Dialect, Heard

_SHORTEST_MS = 100
_LIMIT = 1000


@dataclass(slots=True)
class Cadence:
    """Beats as (due, arrived): the greeting first, due when the session began, then what the greeting promises.

    Every message counts as a sign of life; a beat is missing when another whole interval passes without one. Clients
    are as patient (Socket.IO adds pingTimeout, Action Cable and SignalR wait for two intervals), and servers that
    have something else to say may leave a beat out (STOMP 1.2, Heart-beating).
    """

    beats: list[tuple[float, float | None]] = field(default_factory=list)
    _greeted: bool = False
    _interval: int | None = None
    _heard_at: float = 0.0

    def heard(self, dialect: Dialect, message: Heard, at: float) -> None:
        """Any message of the server's, with the dialect that it was understood in."""
        self._expire(at)
        self._heard_at = at
        if message.role == "greeting" and not self._greeted:
            self._greeted = True
            every = dialect.server_interval_ms(message.content.data)
            self._interval = every and max(every, _SHORTEST_MS)
            self._keep(0.0, at)
        elif message.role == "beat":
            self._keep(at, at)

    def until(self, dialect: Dialect, now: float) -> tuple[tuple[float, float | None], ...]:
        """All beats up to now; nothing for a dialect whose server does not beat by itself."""
        if dialect.server_beat is None:
            return ()
        self._expire(now)
        return tuple(self.beats) if self._greeted else ((0.0, None), *self.beats)

    def _expire(self, now: float) -> None:
        while self._interval and now - self._heard_at >= 2 * self._interval and len(self.beats) < _LIMIT:
            self._heard_at += self._interval
            self._keep(self._heard_at, None)

    def _keep(self, due: float, arrived: float | None) -> None:
        if len(self.beats) < _LIMIT:
            self.beats.append((due, arrived))
