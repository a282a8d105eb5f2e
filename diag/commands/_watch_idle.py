"""The search for idle limits beside a watch: on sessions of its own, since the watched one is never silent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from diag.commands._watch_words import whole_seconds
from diag.model import Finding, Target
from diag.report import IdleReport
from diag.rules import idle
from diag.rules import judge as judged
from diag.runner import search_idle_limits
from diag.seen import Seen
from reports._stages import idle_lines


@dataclass(slots=True)
class IdleSearch:
    """A search on every route of a target. `found` and `findings` are there when `done` is set; `error` is a defect
    of ours that ended it."""

    target: Target
    progress: Callable[[str], None] = lambda _: None
    found: dict[str, IdleReport | None] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _started: float | None = None

    def start(self) -> None:
        """Begins, in a thread of its own."""
        self._started = time.monotonic()
        threading.Thread(target=self._run, name="idle limits", daemon=True).start()

    def end(self, patience_s: float) -> None:
        """Ends the search, if it is not over; what was seen until then counts."""
        self._stop.set()
        if self._started is not None:
            self.done.wait(patience_s)
        self.progress("")

    @property
    def state(self) -> str:
        """`silent for idle limits, 12 s left`; empty when it is over."""
        if self._started is None or self.done.is_set():
            return ""
        left_s = max(0.0, self._started + self.target.idle_limit_s - time.monotonic())
        return f"silent for idle limits, {whole_seconds(left_s)} left"

    def _run(self) -> None:
        try:
            recording = search_idle_limits(self.target, self._stop, self.progress)
            self.found = {route.name: route.idle for route in judged(recording, "watch").routes}
            self.findings = tuple(idle.judge(Seen(recording.target, recording.observations)))
        except Exception as error:  # a defect of ours, raised again where it is reported
            self.error = error
        finally:
            self.done.set()


def idle_words(search: IdleSearch) -> Iterator[str]:
    """A line for each route, and one for each finding."""
    for name, found in search.found.items():
        words = "; ".join(line.text for line in idle_lines(found)) if found else "not looked for, it did not open"
        yield f"idle limit of {name}: {words}"
    for finding in search.findings:
        yield f"{finding.code}: {finding.detail}"


def idle_fields(search: IdleSearch) -> dict[str, Any]:
    """The same for programs: what was found on each route, and the findings' codes."""
    return {
        "routes": {name: asdict(found) if found else None for name, found in search.found.items()},
        "findings": [finding.code for finding in search.findings],
    }
