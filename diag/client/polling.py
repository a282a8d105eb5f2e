"""The page's way out when there is no socket: one REST request again and again."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from diag.client.session import Emit
from diag.model import ApiRequest, Fallback, Target
from diag.observations import Answer
from diag.probes.rest import call
from diag.wire.dial import Dialer


@dataclass(slots=True)
class Polling:
    """Polls on a fixed grid, the first one at `due` (time.monotonic()). Points that a slow answer took are left out."""

    target: Target
    fallback: Fallback
    emit: Emit
    due: float

    def __post_init__(self) -> None:
        """A target whose REST requests nobody named is never asked."""
        if self.request is None:
            self.due = math.inf

    @property
    def request(self) -> ApiRequest | None:
        """The fallback's own request, else the page's first one."""
        return self.fallback.request or next(iter(self.target.api), None)

    @property
    def url(self) -> str:
        """What is polled; empty when nobody named anything."""
        return self.request.url if self.request else ""

    def once(self, end: float) -> None:
        """One poll, now; it takes at most as long as a connection may, and no longer than `end`."""
        request = self.request
        if request is None:
            return
        deadline = min(end, time.monotonic() + self.target.client.connect_timeout_s)
        done = call(self.target, 0, request, Dialer.of(self.target), deadline=deadline)
        answer = done.final if isinstance(done.final, Answer) else None
        now = time.monotonic()
        self.emit(
            now,
            "polled",
            number=answer.status if answer else None,
            value=done.took_ms,
            size=len(answer.body) if answer else 0,
        )
        self.due += self.fallback.every_s * max(1, math.ceil((now - self.due) / self.fallback.every_s))
