"""What a verification saw, as immutable values: the lives of clients, the visits of a page, a connection that was cut.

Times in `…_s` are seconds on the clock of the client that they belong to; `…_ms` count from a visit's opening.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diag.client.events import ClientEvent
from diag.drill.losses import CONNECTED, state
from diag.model import Target
from diag.report import Report, RouteReport
from diag.verify.plan import Plan

PROBE, WATCH, LISTEN, BEATS, CUT, RELOADS = "probe", "watch", "updates", "heartbeat", "reconnect", "refresh"
"""What is done, by name."""


@dataclass(frozen=True, slots=True)
class Life:
    """What one client lived through. `forgotten` counts the messages of a flood that were not kept."""

    events: tuple[ClientEvent, ...] = ()
    ended_s: float = 0.0
    forgotten: int = 0

    def of(self, *kinds: str) -> tuple[ClientEvent, ...]:
        """The events of these kinds."""
        return tuple(event for event in self.events if event.kind in kinds)

    @property
    def connected(self) -> bool:
        """Whether a session was open at the end."""
        return state(self.events)[0] == CONNECTED


@dataclass(frozen=True, slots=True)
class Push:
    """All messages of one type in one visit: how many, when, and the first and the last of what tells their age."""

    count: int
    first_ms: float
    last_ms: float
    sequences: tuple[int, int] | None = None
    stamps: tuple[float, float] | None = None
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Visit:
    """One opening of the page's socket. `refused` says why it did not open, `closed` how the server ended it.

    `shapeless` counts messages without a type; `counts` are the numbers of sessions that the server told, by the
    place where it told them.
    """

    refused: str = ""
    pushes: Mapping[str, Push] = field(default_factory=dict)
    shapeless: int = 0
    closed: str = ""
    lasted_ms: float = 0.0
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def opened(self) -> bool:
        """Whether the socket was open at all."""
        return not self.refused


@dataclass(frozen=True, slots=True)
class Cut:
    """A client whose connection was cut at `cut_s` and let through again at `clear_s`; None where it did not come to
    that."""

    life: Life
    cut_s: float | None = None
    clear_s: float | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that the checks look at. `report` is what the probe concluded; None stands for what was not done.

    `broken` says for each thing that could not be done to its end why that is; `took_ms` how long each took.
    """

    target: Target
    plan: Plan
    report: Report
    watch: Life | None = None
    beats: Life | None = None
    cut: Cut | None = None
    listened: Visit | None = None
    reloads: tuple[Visit, ...] | None = None
    broken: Mapping[str, str] = field(default_factory=dict)
    took_ms: Mapping[str, float] = field(default_factory=dict)
    duration_ms: float = 0.0
    interrupted: bool = False

    @property
    def page(self) -> RouteReport:
        """The route that the page uses."""
        name = self.target.page_route.name
        return next(route for route in self.report.routes if route.name == name)
