"""The peer for polling: Locust's own FastHttpUser, asking as fast as answers come and not looking at them."""

from __future__ import annotations

import os

from locust import FastHttpUser, constant, task


class Poller(FastHttpUser):  # type: ignore[misc]  # Locust is not followed by mypy
    wait_time = constant(0)
    host = os.environ.get("BENCH_HTTP", "http://127.0.0.1")
    path = f"/api/bots?rate={os.environ.get('BENCH_RATE', '1')}"

    @task  # type: ignore[untyped-decorator]
    def poll(self) -> None:
        self.client.get(self.path, name="/api/bots")
