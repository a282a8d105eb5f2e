"""What a session tells, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diag.observations import Closed

if TYPE_CHECKING:
    from scenarios.engine.session import Session


class Handler:
    """Base of all handlers: hears everything and does nothing. One may serve any number of sessions.

    Called in the loop's greenlet: see `scenarios.engine`. `at` is the arrival on time.monotonic().
    """

    __slots__ = ()

    def on_open(self, session: Session) -> None:
        """The handshake is over; comes before every other call, and before `Opener.open` returns."""

    def on_text(self, session: Session, data: bytes, at: float) -> None:
        """A whole text message, valid UTF-8."""

    def on_binary(self, session: Session, data: bytes, at: float) -> None:
        """A whole binary message."""

    def on_ping(self, session: Session, payload: bytes, at: float) -> None:
        """A ping, answered already if the target's client answers pings."""

    def on_pong(self, session: Session, payload: bytes, at: float) -> None:
        """A pong, asked for or not."""

    def on_closed(self, session: Session, closed: Closed | None) -> None:
        """The end, once: how it came, or None when we closed it ourselves."""
