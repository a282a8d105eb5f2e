"""A locustfile of one's own: what the page does beyond opening its socket and beating."""

from __future__ import annotations

import time
from typing import Any

from locust import between, task

from diag.observations import Closed
from scenarios.metrics import record
from scenarios.websocket import WebSocketUser


class TraderUser(WebSocketUser):
    wait_time = between(0.2, 0.3)

    def on_open(self) -> None:
        record.count("hellos", self.send({"type": "trader:hello"}))

    def on_message(self, message: Any, at: float) -> None:
        assert at <= time.monotonic()
        record.count(f"heard {message['type']}")

    def on_close(self, closed: Closed | None) -> None:
        record.count("left" if closed is None else "lost")

    @task
    def order(self) -> None:
        record.count("orders", self.send("an order") + self.send(b"and its bytes"))


class ClumsyUser(WebSocketUser):
    """Its hook breaks on the first message of each session."""

    def on_message(self, message: Any, at: float) -> None:
        raise RuntimeError(f"clumsy at {message['type']}")
