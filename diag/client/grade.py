"""The connection's quality in one word; the only place where its rule is written down.

Quality, by the last 60 heartbeats and the sessions among them:
  excellent  no beat lost, no reconnect, p95 up to 100 ms, jitter up to 30 ms
  good       up to 2% lost, 1 reconnect, p95 up to 300 ms, jitter up to 100 ms
  poor       anything worse, or an expected update overdue
  lost       no session is open, or none of these beats was answered
An update that must come (--expect) is overdue when none came for 5 s and for
three times its longest pause so far. Round trips count from the time that a
beat was meant for.

100 ms feel instant (Nielsen, Usability Engineering, 1993); 300 ms there and back are twice the 150 ms one way that
ITU-T G.114 asks of a conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from diag.client.figures import WINDOW, Figures, percentile

RULE = (__doc__ or "").partition("\n\n")[2].partition("\n\n")[0]
"""The rule for `--help`."""
OVERDUE_S, PAUSES = 5.0, 3


@dataclass(frozen=True, slots=True)
class Grade:
    """`name` is excellent, good, poor or lost; `because` says what decided."""

    name: str
    because: str


@dataclass(frozen=True, slots=True)
class _Limits:
    loss: float
    reconnects: int
    p95_ms: float
    jitter_ms: float


_EXCELLENT = _Limits(0.0, 0, 100.0, 30.0)
_GOOD = _Limits(0.02, 1, 300.0, 100.0)


def grade(figures: Figures, now_s: float, expect: Sequence[str] = ()) -> Grade:
    """The grade at `now_s` seconds on the events' clock."""
    window = list(islice(reversed(figures.main.outcomes), WINDOW))
    answered = [rtt for rtt in window if rtt is not None]
    if not figures.is_open:
        return Grade("lost", "no session is open")
    if not answered:
        return Grade("lost", "no beat was answered")
    overdue = next((name for name in expect if _overdue(figures, name, now_s)), None)
    if overdue is not None:
        return Grade("poor", f"no {overdue} for {now_s - _newest_s(figures, overdue):.0f} s")
    if excess := _excess(figures, window, answered, _GOOD):
        return Grade("poor", excess)
    if excess := _excess(figures, window, answered, _EXCELLENT):
        return Grade("good", excess)
    p95 = percentile(sorted(answered), 95)
    return Grade("excellent", f"{len(answered)} of {len(window)} answered, p95 {p95:.1f} ms")


def _excess(figures: Figures, window: list[float | None], answered: list[float], limits: _Limits) -> str | None:
    """What goes beyond the limits first, with its figure; None when nothing does."""
    lost = len(window) - len(answered)
    reconnects = sum(at > figures.main.decided - WINDOW for at in figures.reopened)
    p95 = percentile(sorted(answered), 95)
    jitter = sum(abs(one - other) for one, other in pairwise(answered)) / max(1, len(answered) - 1)
    of = f"of the last {len(window)} beats"
    if lost / len(window) > limits.loss:
        return f"{lost} {of} lost"
    if reconnects > limits.reconnects:
        return f"{reconnects} reconnect{'s' if reconnects > 1 else ''} among the last {len(window)} beats"
    if p95 > limits.p95_ms:
        return f"p95 {p95:.0f} ms"
    return f"jitter {jitter:.0f} ms" if jitter > limits.jitter_ms else None


def _overdue(figures: Figures, name: str, now_s: float) -> bool:
    seen = figures.types.get(name)
    patience = max(OVERDUE_S, PAUSES * seen.longest_gap_s) if seen else OVERDUE_S
    return now_s - _newest_s(figures, name) > patience


def _newest_s(figures: Figures, name: str) -> float:
    """When the newest one came; before the first, when the session opened."""
    seen = figures.types.get(name)
    return max(seen.last_at_s if seen else 0.0, figures.opened_at_s or 0.0)
