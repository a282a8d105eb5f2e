"""The page's fallback under load: its REST requests at a fixed cadence."""

from __future__ import annotations

import random
import time
from functools import lru_cache
from typing import Any

from diag.config.errors import ConfigError
from diag.measures.marks import marks_of
from diag.model import ApiRequest, Target
from diag.urls import path_of
from scenarios.engine import Poller, PollResult, Timer, loop
from scenarios.engine.endpoint import Endpoint
from scenarios.load import Load
from scenarios.metrics import record
from scenarios.scene import left_at
from scenarios.user import PageUser

AFTER_FAILURE_S = 0.5
"""Between two polls without a pause, when the first one failed: a target that is down must not be asked in a loop."""


class PollingUser(PageUser):
    """One page that polls, over connections that it keeps.

    Each round sends the page's requests one after the other, the first round at once, the others on a grid of its own
    that a slow answer does not move; `--poll-every 0s` sends them as fast as answers come, `--wsdiag-conditional true`
    with If-None-Match and If-Modified-Since, as a page does whose browser may keep the answer.

    Reports each request by its method and path, timed from before the connection (where a new one is needed) to the
    end of the body. Failures: those of `PollResult`, `rest-auth-required`, else the status: `http-404`.
    Successes are folded, as those of `WebSocketUser` are.
    """

    _polls: Polls | None = None

    @classmethod
    def check(cls, load: Load) -> None:
        """There must be something to poll."""
        if not load.polls:
            raise ConfigError("wsdiag: nothing to poll: give --poll-url, or name api or client.fallback in wsdiag.yaml")

    def begin(self) -> None:
        """Starts to poll."""
        load = self.load
        self._polls = Polls(load.target, load.polls, load.poll_every_s, conditional=load.behaviour.conditional)

    def leave(self) -> None:
        """Hangs up."""
        if self._polls is not None:
            self._polls.close()


class Polls:
    """One page's polling, from now until `close`. Lives in the engine's callbacks."""

    __slots__ = ("_at", "_closed", "_every_s", "_feed", "_requests", "_seen", "_timer")

    def __init__(
        self, target: Target, requests: tuple[ApiRequest, ...], every_s: float, *, conditional: bool = False
    ) -> None:
        """`requests` in their order. OSError where a file of the target's TLS settings cannot be used."""
        pollers = [
            Poller.of(target, request, _endpoint(target, request.url), conditional=conditional) for request in requests
        ]
        self._requests = [
            (request, path_of(request.url), poller) for request, poller in zip(requests, pollers, strict=True)
        ]
        self._seen: list[_Seen] = [_Seen() for _ in requests]
        self._every_s = every_s
        self._feed: Any = record.feed("polling")
        self._at = -1
        self._closed = False
        self._timer: Timer | None = None
        if every_s:
            self._timer = loop().every(every_s, random.uniform(0, every_s), self._round)
        self._round()

    def close(self) -> None:
        """Hangs up; what is under way counts only if it hangs."""
        self._closed = True
        self._feed.close()
        if self._timer is not None:
            self._timer.cancel()
        for _, _, poller in self._requests:
            poller.close()

    def _round(self, _due: float = 0.0) -> None:
        """A round that is due while the last one is under way is left out, as a page leaves it out."""
        if self._at < 0 and not self._closed:
            self._at = 0
            self._requests[0][2].start(self._answered)

    def _answered(self, result: PollResult) -> None:
        request, path, _ = self._requests[self._at]
        if self._closed:
            waited_s = left_at() - result.started
            if record.hangs("poll_ms", waited_s):
                record.poll(request.method, path, waited_s, 0, code="rest-timeout")
            return
        code = _code(result)
        record.poll(request.method, path, result.took_s, len(result.body), code=code)
        if code is None:
            self._look(self._seen[self._at], result)
        self._at += 1
        if self._at < len(self._requests):
            self._requests[self._at][2].start(self._answered)
            return
        self._at = -1
        if not self._every_s:
            if code is None:
                self._round()
            else:
                self._timer = loop().at(time.monotonic() + AFTER_FAILURE_S, self._round)

    def _look(self, seen: _Seen, result: PollResult) -> None:
        """Whether the answer brought anything new, how old that is, and how many states were skipped since."""
        body = result.body
        if result.status == 304 or body == seen.body:
            return
        sequence, changed_s = marks_of(result.content())
        before, seen.body, missed = seen.sequence, body, 0
        if sequence is not None:
            seen.sequence = sequence
            if sequence == before:
                return
            missed = max(sequence - before - 1, 0) if before is not None else 0
        elif changed_s is not None:
            if changed_s == seen.changed_s:
                return
            seen.changed_s = changed_s
        at = result.started + result.took_s
        self._feed.update(None if changed_s is None else loop().wall(at) - changed_s, missed, at)


class _Seen:
    """The last answer to one request."""

    __slots__ = ("body", "changed_s", "sequence")

    def __init__(self) -> None:
        self.body = b""
        self.sequence: int | None = None
        self.changed_s: float | None = None


@lru_cache(maxsize=16)
def _endpoint(target: Target, url: str) -> Endpoint:
    """Its addresses are looked up once for all users."""
    return Endpoint(target, url)


def _code(result: PollResult) -> str | None:
    """None for a status that fetch calls ok (200 to 299), and for 304, which a cache would have hidden."""
    status = result.status
    if 200 <= status < 300 or status == 304:
        return None
    return result.problem or ("rest-auth-required" if status in (401, 403, 407) else f"http-{status}")
