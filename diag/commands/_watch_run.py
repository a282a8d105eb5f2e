"""The watch itself: the reference client in a thread of its own, its events added up and handed on in batches."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from diag.client.events import ClientEvent
from diag.client.figures import Figures
from diag.client.grade import Grade, grade
from diag.client.reference import ReferenceClient
from diag.masking import Secrets
from diag.model import Target

if TYPE_CHECKING:
    from diag.commands._watch_idle import IdleSearch

TICK_S = 0.05
"""Events are written in batches: a thread that woke up for each would be in the way of the next beat."""
QUEUE_LIMIT = 20_000
_SWITCH_S = 0.0005
_LATE_S = 0.4
_CLOSING_S = 1.2
"""A little longer than the client waits for the answer to its Close frame; together the two are below two seconds."""
_SEARCH_ENDING_S = 1.5
"""Silent sessions hear of the end within half a second, and then wait for the answer to their Close frames."""
_FOR_EVER_S = 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What is watched: the target with its heartbeat as it really beats, and what must not be shown of it."""

    target: Target
    secrets: Secrets | None = None

    def shown(self, text: str) -> str:
        """Foreign text with its secrets masked."""
        return self.secrets.mask(text) if self.secrets else text

    @property
    def url(self) -> str:
        """The watched URL, masked."""
        return self.shown(self.target.url)


class View(Protocol):
    """One way of showing a watch. `False` says that nobody reads it any more."""

    wants_messages: bool

    def begin(self) -> bool:
        """Before the first event."""

    def show(self, events: list[ClientEvent], watch: Watch) -> bool:
        """Some events, perhaps none, several times a second."""

    def finish(self, watch: Watch) -> None:
        """The summary."""


@dataclass(slots=True)
class Watch:
    """A running watch. `figures` may be read under `lock` at any time; they count every event, also those that a
    reader was too slow for (`dropped`)."""

    subject: Subject
    keep_messages: bool
    observe: Callable[[ClientEvent], None] = lambda _: None
    search: IdleSearch | None = None
    figures: Figures = field(default_factory=Figures)
    lock: threading.Lock = field(default_factory=threading.Lock)
    dropped: int = 0
    started: float = field(default_factory=time.monotonic)
    interrupted: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _queue: deque[ClientEvent] = field(default_factory=deque)
    _error: Exception | None = None

    def run(self, view: View) -> None:
        """Watches until the client ends, the deadline passes, nobody reads any more, or Ctrl-C."""
        thread = threading.Thread(target=self._live, name="watch", daemon=True)
        switch = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)  # what is drawn must not hold up what is measured
        try:
            if view.begin():
                thread.start()
                if self.search:
                    self.search.start()
                self._show(view, thread)
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            self._stop.set()
            if thread.ident is not None:
                thread.join(_CLOSING_S)
            if self.search:
                self.search.end(_SEARCH_ENDING_S)
            sys.setswitchinterval(switch)
        view.show(self._taken(), self)
        view.finish(self)
        error = self._error or (self.search.error if self.search else None)
        if error is not None:
            raise error

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start, on the events' clock."""
        return time.monotonic() - self.started

    def grade(self) -> Grade:
        """The connection's quality now."""
        return grade(self.figures, self.elapsed_s, self.subject.target.expect)

    def _show(self, view: View, thread: threading.Thread) -> None:
        deadline = self.started + (self.subject.target.deadline_s or _FOR_EVER_S) + _LATE_S
        while self._runs(thread) and time.monotonic() < deadline:
            if not view.show(self._taken(), self):
                return

    def _runs(self, thread: threading.Thread) -> bool:
        """Whether anything still goes on after a tick: the watch, or the search beside it."""
        thread.join(TICK_S)
        return thread.is_alive() or (self.search is not None and not self.search.done.wait(TICK_S))

    def _live(self) -> None:
        """The thread. Without a count, a watch goes on where the page gives up."""
        target = self.subject.target
        reconnect = target.client.reconnect
        client = ReferenceClient(
            target,
            target.page_route,
            self._take,
            started=self.started,
            reprobe_s=None if target.count else max(reconnect.interval_s, reconnect.max_interval_s),
            count=target.count,
            pings=True,
        )
        try:
            client.run(target.deadline_s or _FOR_EVER_S, self._stop)
        except Exception as error:  # a defect of ours, raised again where it is reported
            self._error = error

    def _take(self, event: ClientEvent) -> None:
        with self.lock:
            self.figures.take(event)
        self.observe(event)
        if event.kind == "refused" and event.number == 0 and self.subject.target.count:
            self._stop.set()  # nothing to count
        if event.kind != "message":
            self._queue.append(event)
        elif self.keep_messages:
            if len(self._queue) < QUEUE_LIMIT:
                self._queue.append(event)
            else:
                self.dropped += 1

    def _taken(self) -> list[ClientEvent]:
        return [self._queue.popleft() for _ in range(len(self._queue))]
