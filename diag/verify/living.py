"""A reference client in a thread of its own: its events are kept, bounded, and can be waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from diag.client.events import ClientEvent
from diag.client.reference import ReferenceClient
from diag.drill.losses import CONNECTED, state
from diag.model import Target
from diag.verify.observed import Life

_MESSAGES, _TYPES, _EVENTS = 20_000, 1000, 50_000
"""What follows is counted and forgotten: a server may send 10,000 messages a second, and drop us as often."""
_LEAVE_S = 1.3
"""A little longer than the client waits for the answer to its Close frame."""
_STEP_S = 0.1
_TURNS = ("opened", "closed", "fallback", "gave-up")


class Living:
    """A client that lives until `leave`. `halt` ends every wait early; `hear` gets each event, on the client's
    thread."""

    def __init__(
        self,
        target: Target,
        halt: threading.Event,
        hear: Callable[[ClientEvent], None] = lambda _: None,
        **options: Any,
    ) -> None:
        """Begins at once; the options are those of ReferenceClient."""
        self.started = time.monotonic()
        self._halt = halt
        self._hear = hear
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._events: list[ClientEvent] = []
        self._turn: tuple[ClientEvent, ...] = ()
        self._types: set[str] = set()
        self._forgotten = 0
        self._error: Exception | None = None
        client = ReferenceClient(target, target.page_route, self._take, started=self.started, **options)
        self._thread = threading.Thread(target=self._live, args=(client,), name="verify client", daemon=True)
        self._thread.start()

    @property
    def now_s(self) -> float:
        """Seconds on the events' clock."""
        return time.monotonic() - self.started

    @property
    def state(self) -> str:
        """As `diag.drill.losses` names it."""
        return state(self._turn)[0]

    @property
    def connected(self) -> bool:
        """Whether a session is open."""
        return self.state == CONNECTED

    @property
    def since_s(self) -> float:
        """Since when it is in this state, on the events' clock."""
        return self._turn[0].at_s if self._turn else 0.0

    @property
    def alive(self) -> bool:
        """Whether the client has not come to an end of its own."""
        return self._thread.is_alive()

    def types(self) -> frozenset[str]:
        """The message types since the last `forget_types`."""
        with self._changed:
            return frozenset(self._types)

    def forget_types(self) -> None:
        """What comes from now on counts."""
        with self._changed:
            self._types.clear()

    def wait(self, done: Callable[[], bool], until_s: float) -> bool:
        """Until a condition on this client, until `until_s` on its clock, until its own end, or until the halt."""
        while not done():
            left = until_s - self.now_s
            if left <= 0 or self._halt.is_set() or not self.alive:
                return done()
            with self._changed:
                self._changed.wait(min(left, _STEP_S))
        return True

    def leave(self) -> Life:
        """Ends the client, and says what it lived through. A defect of ours is raised here."""
        ended_s = self.now_s
        self._stop.set()
        self._thread.join(_LEAVE_S)
        if self._error:
            raise self._error
        with self._changed:
            kept = tuple(event for event in self._events if event.at_s <= ended_s or event.kind == "ended")
            return Life(kept, ended_s, self._forgotten)

    def _live(self, client: ReferenceClient) -> None:
        try:
            client.run(stop=self._stop)
        except Exception as error:  # a defect of ours; `leave` raises it where it is reported
            self._error = error

    def _take(self, event: ClientEvent) -> None:
        with self._changed:
            if event.kind == "message" and len(self._types) < _TYPES:
                self._types.add(event.text)
            if len(self._events) < (_MESSAGES if event.kind == "message" else _EVENTS):
                self._events.append(event)
            else:
                self._forgotten += 1
            if event.kind in _TURNS and not (event.kind == "fallback" and self.connected):
                self._turn = (event,)
                self._changed.notify_all()
        self._hear(event)
