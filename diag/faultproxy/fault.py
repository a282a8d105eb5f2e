"""The faults, as values. Each changes the conditions under which connections live, strikes the open ones, or both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Way = Literal["to-server", "to-client"]
Direction = Literal["both", "to-server", "to-client"]

WAYS: tuple[Way, ...] = ("to-server", "to-client")
DIRECTIONS: tuple[Direction, ...] = ("both", *WAYS)


@dataclass(frozen=True, slots=True)
class Refuse:
    """The listener is closed: a new connection is refused, an open one lives on."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Every open connection ends with RST, on both sides. Strikes once."""


@dataclass(frozen=True, slots=True)
class CloseWith:
    """Every open WebSocket gets a Close frame of the proxy's own, and then the end. Strikes once."""

    code: int = 1011
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Restart:
    """A server that restarts: a Close frame to all, and nobody listens until it is over."""

    code: int = 1012
    reason: str = "Service Restart"


@dataclass(frozen=True, slots=True)
class BlackHole:
    """Nothing passes and nobody is told, as when a phone changes its network.

    What is on its way is held and delivered when it is over, as TCP would send it again. A new connection is accepted
    (the kernel does that) and never answered.
    """

    direction: Direction = "both"


@dataclass(frozen=True, slots=True)
class Latency:
    """Everything comes `delay_s` seconds later, give or take `jitter_s` (uniform); the order stays."""

    delay_s: float
    jitter_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """So many bytes a second, in each direction of each connection."""

    bytes_per_s: float


@dataclass(frozen=True, slots=True)
class DropPongs:
    """Pong frames vanish; everything else passes."""

    direction: Direction = "both"


@dataclass(frozen=True, slots=True)
class Cut:
    """A connection ends, without a Close frame, after so many bytes or messages from the server."""

    after_bytes: int | None = None
    after_messages: int | None = None


@dataclass(frozen=True, slots=True)
class Flap:
    """By turns: `down_s` seconds reset and refusing, `up_s` seconds as if nothing were."""

    up_s: float = 2.0
    down_s: float = 1.0


@dataclass(frozen=True, slots=True)
class AcceptThenDrop:
    """A handshake succeeds, and the connection ends right behind the 101; those that are open live on."""


Fault = (
    Refuse
    | Reset
    | CloseWith
    | Restart
    | BlackHole
    | Latency
    | Bandwidth
    | DropPongs
    | Cut
    | Flap
    | AcceptThenDrop
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conditions:
    """What holds for every connection; the defaults are a proxy that does no harm."""

    accepts: bool = True
    drops_opened: bool = False
    held: frozenset[Way] = frozenset()
    pongs_dropped: frozenset[Way] = frozenset()
    delay_s: float = 0.0
    jitter_s: float = 0.0
    bytes_per_s: float | None = None
    cut: Cut = Cut()
    flap: Flap | None = None


def lasts(fault: Fault) -> bool:
    """Whether it changes conditions; one that does not strikes once and is over."""
    return not isinstance(fault, Reset | CloseWith)


def conditions(faults: Iterable[Fault]) -> Conditions:
    """What holds while all of these do; of two that set the same thing, the later one counts."""
    now = Conditions()
    for fault in faults:
        match fault:
            case Refuse() | Restart():
                now = replace(now, accepts=False)
            case BlackHole(direction):
                now = replace(now, held=now.held | _ways(direction))
            case Latency(delay_s, jitter_s):
                now = replace(now, delay_s=delay_s, jitter_s=jitter_s)
            case Bandwidth(bytes_per_s):
                now = replace(now, bytes_per_s=bytes_per_s)
            case DropPongs(direction):
                now = replace(now, pongs_dropped=now.pongs_dropped | _ways(direction))
            case Cut():
                now = replace(now, cut=fault)
            case Flap():
                now = replace(now, flap=fault)
            case AcceptThenDrop():
                now = replace(now, drops_opened=True)
    return now


def described(fault: Fault) -> str:
    """What it does, as half a sentence."""
    match fault:
        case Refuse():
            return "new connections are refused"
        case Reset():
            return "every connection is reset"
        case CloseWith(code):
            return f"every socket gets Close {code}"
        case Restart(code):
            return f"every socket gets Close {code}, new ones are refused"
        case BlackHole(direction):
            return f"nothing passes{_toward(direction)}, and nobody is told"
        case Latency(delay_s, jitter_s):
            jitter = f" ± {jitter_s * 1000:g} ms" if jitter_s else ""
            return f"everything is {delay_s * 1000:g} ms{jitter} late, each way"
        case Bandwidth(bytes_per_s):
            return f"{bytes_per_s:g} bytes/s each way"
        case DropPongs(direction):
            return f"pongs{_toward(direction)} vanish"
        case Cut(after_bytes, after_messages):
            count = f"{after_bytes} bytes" if after_messages is None else f"{after_messages} messages"
            return f"every connection ends after {count}"
        case Flap(up_s, down_s):
            return f"{down_s:g} s down and {up_s:g} s up, by turns"
        case AcceptThenDrop():
            return "handshakes succeed and the connection ends at once"


def _ways(direction: Direction) -> frozenset[Way]:
    return frozenset(WAYS) if direction == "both" else frozenset({direction})


def _toward(direction: Direction) -> str:
    return {"both": "", "to-server": " to the server", "to-client": " to the client"}[direction]
