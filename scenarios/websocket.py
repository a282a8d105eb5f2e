"""The page's socket under load: opened as a browser opens it, kept alive by the heartbeat, opened again when lost."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import Any

import msgspec
from gevent.event import Event

from diag.observations import Closed, Exchange
from scenarios import causes
from scenarios.engine import loop, masked
from scenarios.metrics import record
from scenarios.metrics.recorder import PageFeed
from scenarios.pacing import reconnect_delay
from scenarios.page import TYPES_LIMIT, Page
from scenarios.scene import Scene, left_at, scene_of
from scenarios.user import PageUser

STABLE_S = 2.0
"""A session that lives this long starts the reconnect policy afresh; being accepted alone does not."""
GONE_S = 1.0
NAMED_S = causes.EXAMINE_S + 1.0
"""How long a page that is left waits for the name of its last failure, which would not be counted otherwise."""
_TEXT, _BINARY = 1, 2
_TYPE_LENGTH = 60

_types: set[str] = set()
_encoded = msgspec.json.Encoder().encode
_decoded = msgspec.json.Decoder().decode


class WebSocketUser(PageUser):
    """One page with one socket. `self.send(...)` sends; subclass it to do and hear more:

        class Trader(WebSocketUser):
            def on_open(self):                      # each time the socket has opened
                self.send({"type": "subscribe", "topic": "bots"})

            def on_message(self, message, at):      # every message but heartbeats: JSON as values, else str or bytes
                ...                                 # it came `at`, on time.monotonic(), up to 20 ms before this call

            def on_close(self, closed):             # None: we closed it; else a diag.observations.Closed
                ...

            @task                                   # runs beside, paced by `wait_time`, while there is a socket or not
            def order(self):
                self.send({"type": "order"})

    The three hooks run in the engine's greenlet: they must not wait for anything. What one raises ends the session,
    and stands among Locust's exceptions; the page comes back.

    Reports, as request type `WS`: `connect`, the handshake from name resolution to 101; `heartbeat`, from when it was
    due to the arrival of its answer; `session`, only when one is lost, without a response time; and with
    `--wsdiag-updates`, `update TYPE`, whose response time is the age of a pushed message. A failure's code is that of
    `wsdiag explain`. Successes are folded: they reach Locust's tables twice a second, without an event for each, unless
    `--wsdiag-events` is given. Pushed messages that are not reported are counted, and their ages are in the result.
    """

    scene: Scene
    listens = False
    """Whether `on_message` is overridden: decoding for nobody would cost more than the rest."""
    _page: Page | None = None
    _asked: float | None = None
    _attempt = 0
    feed: PageFeed | None = None
    """The updates of this page, over all of its connections."""
    _gone: Event | None = None
    _naming: Event | None = None
    sequences: dict[str | None, int]
    """The last number of each type of update."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Looks once at what a class overrides."""
        super().__init_subclass__(**keywords)
        cls.listens = cls.on_message is not WebSocketUser.on_message

    # For subclasses.

    def send(self, message: str | bytes | dict[str, Any]) -> bool:
        """Sends text, bytes or an object as JSON; False when there is no open socket, or it is full."""
        if self._page is None:
            return False
        if isinstance(message, bytes):
            return self._page.send(masked(_BINARY, message))
        return self._page.send(masked(_TEXT, message.encode() if isinstance(message, str) else _encoded(message)))

    def on_open(self) -> None:
        """The socket has opened."""

    def on_message(self, message: Any, at: float) -> None:
        """A message came, `at` on time.monotonic(): up to 20 ms ago, for reads wait for each other."""

    def on_close(self, closed: Closed | None) -> None:
        """The socket has closed."""

    # The page's life.

    def begin(self) -> None:
        """Opens the socket."""
        self.scene = scene_of(self.load, reports_updates=self.environment.parsed_options.wsdiag_updates)
        self.sequences = {}
        self._visit()

    def leave(self) -> None:
        """Closes the socket as a page does that is left (1001)."""
        self._close_feed()
        if self._page is not None:
            self._gone = Event()
            self._page.leave()
            self._gone.wait(GONE_S)
        elif self._asked is not None:
            waited_s = left_at() - self._asked
            if record.hangs("handshake_ms", waited_s):
                record.failed("handshake-unanswered", waited_s)
        elif self._naming is not None:
            self._naming.wait(NAMED_S)

    def come_back(self) -> None:
        """Plans the next attempt by the page's policy."""
        self._attempt += 1
        self.later(reconnect_delay(self.scene.client.reconnect, self._attempt, self.chance()), self._visit)

    def chance(self) -> float:
        """From 0 to 1, for `pacing`; 0 where all users are to act together."""
        return random.random() if self.scene.behaviour.jitter else 0.0

    def page_opened(self, page: Page) -> None:
        """The engine's: a handshake has opened."""
        if self._left:
            page.session.abort()
            return
        self._page = page
        self.on_open()

    def page_ended(self, page: Page, closed: Closed | None) -> None:
        """The engine's: the session is over."""
        self._page = None
        lived_s = time.monotonic() - page.session.opened_at
        by_us = closed is None or closed.how == "defect" or self._left
        if by_us:
            record.closed(lived_s)
        if self._gone is not None:
            self._gone.set()
        try:
            self.on_close(closed)
        except Exception as error:
            super().broken(error)
        if closed is None:
            self.soon(self.again)
        elif by_us:
            self.soon(self._defective, page)
        else:
            if lived_s >= STABLE_S:
                self._attempt = 0
            self._naming = Event()
            self.soon(self._name_loss, page, closed, self._naming)

    def again(self) -> None:
        """The page closed its socket by itself, and has not been left: it comes back at once."""
        self._visit()

    def page_pushed(self, type_: str | None, age_s: float | None, size: int) -> None:
        """The engine's: an update to report, because `--wsdiag-updates` wants it."""
        took_ms = None if age_s is None else max(age_s, 0) * 1000
        self.report("WS", f"update {_row_of(type_ or 'json')}", took_ms, size=size)

    def page_heard(self, data: bytes, at: float) -> None:
        """The engine's: a message for `on_message`."""
        try:
            message = _decoded(data)
        except (ValueError, RecursionError):
            try:
                message = data.decode()
            except UnicodeDecodeError:
                message = data
        self.on_message(message, at)

    def broken(self, error: Exception) -> None:
        """The page comes back whatever has happened to it."""
        super().broken(error)
        if self._page is None and hasattr(self, "scene") and not self._left:
            self.come_back()

    def _visit(self) -> None:
        """One attempt; and with a session time, the visit that follows it."""
        self._asked = time.monotonic()
        opened = self.scene.opener.open(Page(self))
        self._asked = None
        if self._left:
            return
        if isinstance(opened, Exchange):
            self._naming = named = Event()
            try:
                record.failed(causes.of_handshake(self.scene.target, opened), opened.took_ms / 1000)
            finally:
                self._naming = None
                named.set()
            self.come_back()
            return
        stays_s = self.scene.behaviour.session_time
        if stays_s == 0:
            opened.close(1001)
        elif stays_s is not None:
            loop().at(time.monotonic() + stays_s, lambda _due: opened.close(1001))

    def _name_loss(self, page: Page, closed: Closed, named: Event) -> None:
        """In a greenlet of its own: naming a cause can take a moment, which the engine does not have."""
        session = page.session
        seen = replace(session.observation(), dialect=page.talk.dialect.name)
        try:
            code = causes.of_session(self.scene.target, session.exchange, seen)
            record.dropped(code, closed.code, closed.after_ms / 1000)
        finally:
            self._naming = None
            named.set()
        self.come_back()

    def _defective(self, page: Page) -> None:
        raise page.session.defect or RuntimeError("the session ended by a defect")

    def _close_feed(self) -> None:
        if self.feed is not None:
            self.feed.close()
            self.feed = None
            self.sequences = {}


def _row_of(type_: str) -> str:
    """The type as a name in Locust's table. A server chooses it, so it is cut short, and there is an end to them."""
    shown = "".join(char if char.isprintable() else "?" for char in type_[:_TYPE_LENGTH])
    if shown not in _types and len(_types) >= TYPES_LIMIT:
        return "(other types)"
    _types.add(shown)
    return shown
