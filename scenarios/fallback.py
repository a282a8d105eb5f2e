"""The page as it really is under load: it tries its socket, gives up silently, and polls."""

from __future__ import annotations

import time
from typing import Any

from diag.config.errors import ConfigError
from diag.model import Fallback
from scenarios.load import Load
from scenarios.metrics import record
from scenarios.pacing import jittered
from scenarios.page import Page
from scenarios.polling import Polls
from scenarios.websocket import WebSocketUser


class FallbackUser(WebSocketUser):
    """A page that opens its socket, and polls after as many failed attempts as its policy says.

    It goes on trying while the policy has attempts left, and after that as often as `load: {reprobe: 30s}` says;
    without that never again, and polls until somebody reloads it. When an attempt opens after all, it stops polling.
    Reports what `WebSocketUser` and `PollingUser` report; the result's `counts` hold `fallbacks`, `fallback_recovered`,
    and `fallback_ms`, the time that all pages together have spent polling.
    """

    _polls: Polls | None = None
    _since = 0.0

    @classmethod
    def check(cls, load: Load) -> None:
        """There must be something to fall back to."""
        if not load.polls:
            raise ConfigError("wsdiag: nothing to fall back to: give --poll-url, or name api in wsdiag.yaml")

    def page_opened(self, page: Page) -> None:
        """The socket is back."""
        if self._polls is not None:
            record.count("fallback_recovered")
            self._stop_polling()
        super().page_opened(page)

    def come_back(self) -> None:
        """By the policy, and no more often than it says."""
        client = self.scene.client
        fallback = client.fallback or Fallback()
        used_up = self._attempt >= client.reconnect.attempts
        if self._polls is None and (used_up or self._attempt >= fallback.after_attempts):
            self._start_polling()
        if not used_up:
            super().come_back()
        elif self.scene.behaviour.reprobe is not None:
            self.later(jittered(self.scene.behaviour.reprobe, self.chance()), self._visit)

    def leave(self) -> None:
        """Ends both."""
        self._stop_polling()
        super().leave()

    def _start_polling(self) -> None:
        load = self.load
        self._close_feed()
        self._since = time.monotonic()
        self._polls = Polls(load.target, load.polls, load.poll_every_s, conditional=load.behaviour.conditional)
        record.count("fallbacks")

    def _stop_polling(self) -> None:
        polls: Any = self._polls
        if polls is not None:
            self._polls = None
            polls.close()
            record.count("fallback_ms", round((time.monotonic() - self._since) * 1000))
