"""The page's fallback under load: its REST requests at a fixed cadence."""

from __future__ import annotations

import time
from http.client import HTTPException
from typing import Any

from locust import task

from diag.config.errors import ConfigError
from diag.model import ApiRequest, Target
from diag.urls import path_of
from scenarios.failure import RestFailure
from scenarios.load import Load
from scenarios.pacing import next_due
from scenarios.rest import RestClient
from scenarios.user import PageUser


class PollingUser(PageUser):
    """One page that polls.

    Reports each request by its method and path, timed from before the connection (where a new one is needed) to the
    end of the body. Failures: `rest-timeout`, `rest-unreachable`, `rest-auth-required`, else the status: `http-404`.
    """

    def __init__(self, environment: Any) -> None:
        """A user without a connection."""
        super().__init__(environment)
        self._client = RestClient()
        self._due = 0.0

    @classmethod
    def check(cls, load: Load) -> None:
        """There must be something to poll."""
        if not load.polls:
            raise ConfigError("wsdiag: nothing to poll: give --poll-url, or name api or client.fallback in wsdiag.yaml")

    @task  # type: ignore[untyped-decorator]
    def poll(self) -> None:
        """One round of the page's requests. A slow answer does not move the rounds that follow."""
        load = self.load
        self._due = self._due or time.monotonic()
        for request in load.polls:
            self._fetch(load.target, request)
        now = time.monotonic()
        self._due = next_due(self._due, load.poll_every_s, now)
        self.pause_s = self._due - now

    def on_stop(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _fetch(self, target: Target, request: ApiRequest) -> None:
        started = time.monotonic()
        size = 0
        try:
            status, size = self._client.fetch(target, request)
            code = _code(status)
        except TimeoutError:
            code = "rest-timeout"
        except (OSError, HTTPException):
            code = "rest-unreachable"
        took_ms = (time.monotonic() - started) * 1000
        failure = RestFailure(code) if code else None
        self.report(request.method, path_of(request.url), took_ms, size=size, failure=failure)


def _code(status: int) -> str | None:
    """None for a status that fetch calls ok (200 to 299), and for 304, which a cache would have hidden."""
    if 200 <= status < 300 or status == 304:
        return None
    return "rest-auth-required" if status in (401, 403, 407) else f"http-{status}"
