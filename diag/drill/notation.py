"""Faults as people write them: `do: close` with `code: 1011` in a timeline, `close,code=1011` on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from diag.config.durations import duration, positive_duration
from diag.config.errors import quoted, suggestion
from diag.config.values import one_of
from diag.faultproxy.fault import (
    DIRECTIONS,
    AcceptThenDrop,
    Bandwidth,
    BlackHole,
    CloseWith,
    Cut,
    DropPongs,
    Fault,
    Flap,
    Latency,
    Refuse,
    Reset,
    Restart,
    lasts,
)

Parse = Callable[[str], Any]

_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([kM]?)B/s", re.ASCII)
_UNITS = {"": 1.0, "k": 1e3, "M": 1e6}
_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """A fault at a time of a timeline; `for_s` is None for one that strikes once, or that stays for good."""

    at_s: float
    fault: Fault
    for_s: float | None = None

    @property
    def ends_s(self) -> float:
        """When it is over; infinity for one that stays."""
        if self.for_s is None:
            return float("inf") if lasts(self.fault) else self.at_s
        return self.at_s + self.for_s


def rate(text: str) -> float:
    """Bytes per second: `500B/s`, `10kB/s`, `1.5MB/s`."""
    match = _RATE.fullmatch(text)
    if match is None or float(match[1]) <= 0:
        raise ValueError(f"{quoted(text)} is not a rate (like 500B/s, 10kB/s, 1MB/s)")
    return float(match[1]) * _UNITS[match[2]]


def close_code(text: str) -> int:
    """A code that a Close frame may carry (RFC 6455, section 7.4)."""
    if not text.isdecimal() or not (int(text[:5]) in _SENT or 3000 <= int(text[:5]) <= 4999):
        raise ValueError(f"{quoted(text)} is not a close code (1000 to 1003, 1007 to 1014, 3000 to 4999)")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:20]) <= _MOST:
        raise ValueError(f"{quoted(text)} is not a whole number from 1 to {_MOST}")
    return int(text)


def _reason(text: str) -> str:
    if len(text.encode("utf-8", "replace")) > 123 or not text.isprintable():
        raise ValueError("a close reason is printable and has at most 123 bytes")
    return text


def _direction(text: str) -> str:
    return one_of(text, DIRECTIONS)


_SENT = {1000, 1001, 1002, 1003, *range(1007, 1015)}
_CLOSE: dict[str, tuple[str, Parse]] = {"code": ("code", close_code), "reason": ("reason", _reason)}
_WAY: dict[str, tuple[str, Parse]] = {"direction": ("direction", _direction)}
_FAULTS: dict[str, tuple[Callable[..., Fault], Mapping[str, tuple[str, Parse]]]] = {
    "refuse": (Refuse, {}),
    "reset": (Reset, {}),
    "close": (CloseWith, _CLOSE),
    "restart": (Restart, _CLOSE),
    "black-hole": (BlackHole, _WAY),
    "latency": (Latency, {"delay": ("delay_s", duration), "jitter": ("jitter_s", duration)}),
    "bandwidth": (Bandwidth, {"rate": ("bytes_per_s", rate)}),
    "drop-pongs": (DropPongs, _WAY),
    "cut": (Cut, {"bytes": ("after_bytes", _count), "messages": ("after_messages", _count)}),
    "flap": (Flap, {"up": ("up_s", positive_duration), "down": ("down_s", positive_duration)}),
    "accept-then-drop": (AcceptThenDrop, {}),
}
_NEEDED = {"latency": ("delay",), "bandwidth": ("rate",)}
FAULTS = tuple(_FAULTS)
"""What `do:` takes."""


def keys(name: str) -> tuple[str, ...]:
    """What can be said about a fault of that name, which is one of FAULTS."""
    return tuple(_FAULTS[name][1])


def parsed(name: str, key: str, text: str) -> Any:
    """One value of a fault; ValueError says what is wrong with it."""
    return _FAULTS[name][1][key][1](text)


def fault(name: str, values: Mapping[str, Any]) -> Fault:
    """A fault of that name with these parsed values; ValueError when something is missing or too much."""
    missing = next((key for key in _NEEDED.get(name, ()) if key not in values), None)
    if missing:
        raise ValueError(f"{name} needs its {missing}")
    if name == "cut" and len(values) != 1:
        raise ValueError("cut needs either bytes or messages")
    make, fields = _FAULTS[name]
    return make(**{fields[key][0]: value for key, value in values.items()})


def step(name: str, values: Mapping[str, Any], at_s: float, for_s: float | None) -> Step:
    """A step of a timeline; ValueError for a duration where there can be none."""
    made = fault(name, values)
    if for_s is not None and not lasts(made):
        raise ValueError(f"{name} strikes once and takes no for")
    return Step(at_s, made, for_s)


def written_step(text: str) -> Step:
    """`NAME[,KEY=VALUE…]` with the keys of the fault and `at`, `for`; without `for` a lasting fault stays."""
    name, *pairs = text.split(",")
    if name not in FAULTS:
        raise ValueError(f"no fault is named {quoted(name)}{suggestion(name, FAULTS) or f'; there are {_listed()}'}")
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        known = (*keys(name), "at", "for")
        if not equals or key not in known:
            raise ValueError(f"{name} takes {', '.join(f'{each}=…' for each in known)}, not {quoted(pair)}")
        if key in values:
            raise ValueError(f"{key} is given twice")
        values[key] = duration(value) if key in ("at", "for") else parsed(name, key, value)
    return step(name, values, values.pop("at", 0.0), values.pop("for", None))


def _listed() -> str:
    return ", ".join(FAULTS)
