"""Timelines: what breaks when. A few are shipped in `timelines/`; anybody can write one in YAML.

    summary: the server restarts and is away for 15 s
    steps:
      - {at: 5s, do: restart, for: 15s}

The times count from the moment at which the client's socket is open. A bare list of steps will do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from diag.config import yamlfile
from diag.config.durations import duration, positive_duration
from diag.config.errors import ConfigError, quoted, suggestion
from diag.config.yamlfile import Entry
from diag.drill import notation
from diag.drill.notation import FAULTS, Step
from diag.faultproxy.fault import Bandwidth, Fault, Flap, Latency, lasts

_SHIPPED = Path(__file__).parent / "timelines"
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Timeline:
    """Steps in the order of their times."""

    name: str
    steps: tuple[Step, ...]
    summary: str = ""

    @property
    def ends_s(self) -> float:
        """When the last fault is over."""
        return max(step.ends_s for step in self.steps)

    def moments(self) -> tuple[float, ...]:
        """The times at which something begins or ends, in order, each once."""
        times = {step.at_s for step in self.steps} | {step.ends_s for step in self.steps}
        return tuple(sorted(time for time in times if time < float("inf")))

    def faults_at(self, time_s: float) -> tuple[Fault, ...]:
        """What is in force from this moment on, and what strikes at it."""
        return tuple(
            step.fault
            for step in self.steps
            if step.at_s <= time_s < step.ends_s or (step.at_s == time_s and not lasts(step.fault))
        )


def names() -> tuple[str, ...]:
    """The shipped timelines, sorted."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml")))


def load(choice: str) -> Timeline:
    """A shipped timeline by its name, or one from a file; ConfigError says in one line what is wrong, and where."""
    if choice in names():
        return read(_SHIPPED / f"{choice}.yaml", choice)
    if choice.endswith(_SUFFIXES) or "/" in choice or Path(choice).is_file():
        return read(Path(choice), choice)
    hint = suggestion(choice, names()) or f"; there are {', '.join(names())}, or give a FILE.yaml"
    raise ConfigError(f"wsdiag: --timeline: no timeline is named {quoted(choice)}{hint}")


def read(path: Path, name: str) -> Timeline:
    """The timeline of a file; `name` is how messages call it."""
    root = yamlfile.read(path, name)
    if root is None:
        raise ConfigError(f"{name}: has no steps (- {{at: 5s, do: black-hole, for: 20s}})")
    summary, listed = "", replace(root, path="steps")
    if isinstance(root.node, yaml.MappingNode):
        fields = root.section("summary", "steps")
        if "steps" not in fields:
            raise root.error("has no steps")
        summary = fields["summary"].text() if "summary" in fields else ""
        listed = fields["steps"]
    steps = [_step(entry) for entry in listed.items()]
    if not steps:
        raise listed.error("has no steps")
    return Timeline(name, tuple(sorted(steps, key=lambda step: step.at_s)), summary)


def shifted(timeline: Timeline, by_s: float) -> Timeline:
    """The same, so much later."""
    return replace(timeline, steps=tuple(replace(step, at_s=step.at_s + by_s) for step in timeline.steps))


def _step(entry: Entry) -> Step:
    fields = entry.mapping()
    if "do" not in fields:
        raise entry.error(f"has no do (one of {', '.join(FAULTS)})")
    name = fields["do"].text()
    if name not in FAULTS:
        hint = suggestion(name, FAULTS) or f"; there are {', '.join(FAULTS)}"
        raise fields["do"].error(f"no fault is named {quoted(name)}{hint}")
    fields = entry.section("at", "do", "for", *notation.keys(name))
    at_s = fields["at"].parsed(duration) if "at" in fields else 0.0
    for_s = fields["for"].parsed(positive_duration) if "for" in fields else None
    values = {key: _value(name, key, fields[key]) for key in notation.keys(name) if key in fields}
    try:
        made = notation.step(name, values, at_s, for_s)
    except ValueError as error:
        raise entry.error(str(error)) from None
    if made.ends_s == float("inf"):
        raise entry.error(f"{name} lasts: say for how long (for: 20s)")
    return made


def _value(name: str, key: str, entry: Entry) -> Any:
    return entry.parsed(lambda text: notation.parsed(name, key, text))


def faster(fault: Fault, speed: float) -> Fault:
    """The same fault in a world that is so many times as fast."""
    match fault:
        case Latency(delay_s, jitter_s):
            return Latency(delay_s / speed, jitter_s / speed)
        case Bandwidth(bytes_per_s):
            return Bandwidth(bytes_per_s * speed)
        case Flap(up_s, down_s):
            return Flap(up_s / speed, down_s / speed)
    return fault
