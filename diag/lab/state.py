"""What the backend knows: bots and services that change by the clock, so that REST and pushes always agree."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

BOTS = ("bot-1", "bot-2", "bot-3")
STATUSES = ("running", "paused")
SERVICES = ("database", "websocket", "trading-engine")


class State:
    """A change happens every `interval_s` seconds; `sequence` numbers them from 0, so a missed one leaves a gap."""

    def __init__(self, interval_s: float) -> None:
        """The clock starts now."""
        if not interval_s > 0:
            raise ValueError(f"the push interval must be positive, not {interval_s}")
        self._interval_s = interval_s
        self._started_s = time.monotonic()
        self._started_ms = time.time() * 1000

    def sequence(self) -> int:
        """The number of the latest change."""
        return int((time.monotonic() - self._started_s) / self._interval_s)

    def due_in_s(self, sequence: int) -> float:
        """Seconds until that change; negative once it has happened."""
        return self._started_s + sequence * self._interval_s - time.monotonic()

    def bots(self) -> dict[str, Any]:
        """The body of `GET /api/bots`."""
        sequence = self.sequence()
        bots = [self._bot(index, sequence) for index in range(len(BOTS))]
        return {"bots": bots, "sequence": sequence, "timestamp": now_ms()}

    def health(self) -> dict[str, Any]:
        """The body of `GET /api/health`, and the data of a health update."""
        return self._health(self.sequence())

    def service(self, name: str) -> dict[str, Any] | None:
        """The body of `GET /api/health/{serviceName}`, or None for a service that does not exist."""
        return next((service for service in self.health()["services"] if service["serviceName"] == name), None)

    def pushed(self, sequence: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """The messages of one change: type and data."""
        bot = self._bot(sequence % len(BOTS), sequence)
        yield "bot:status_change", {**bot, "sequence": sequence}
        yield "system:health_update", self._health(sequence)

    def _bot(self, index: int, sequence: int) -> dict[str, Any]:
        """A bot as of a change. The bots take turns, so each one's latest change is at most two changes old."""
        latest = max(0, sequence - (sequence - index) % len(BOTS))
        status = STATUSES[latest // len(BOTS) % len(STATUSES)]
        return {"botId": BOTS[index], "status": status, "lastUpdate": self._at_ms(latest)}

    def _health(self, sequence: int) -> dict[str, Any]:
        checked = {"status": "healthy", "lastCheckAt": self._at_ms(sequence), "responseTimeMs": 2 + sequence % 5}
        services = [{"serviceName": name, **checked} for name in SERVICES]
        return {"status": "healthy", "services": services, "sequence": sequence, "timestamp": now_ms()}

    def _at_ms(self, sequence: int) -> int:
        return int(self._started_ms + sequence * self._interval_s * 1000)


def now_ms() -> int:
    """Unix time in milliseconds, as the messages carry it."""
    return int(time.time() * 1000)
