"""How old the state is that a page shows: ages of updates on arrival, and of those that were due and did not come.

Counting arrivals only would praise a server that falls silent: the longer nothing comes, the fewer bad samples there
are. So every update that was due is one sample, whether it came or not:

* it came: its age on arrival, by the server's own timestamp;
* it did not, and nothing else came: once nothing has come for twice the usual gap, one sample for each usual gap
  since, each as old as the state was at that moment;
* it did not, and a later one came (a gap in the sequence numbers): as long as it was missed, from when it was due,
  evenly between its neighbours, to the arrival of the later one.

The usual gap is the longest of late, because updates come in bursts: it fades by a tenth with every update, a single
gap at most doubles it, and it is believed after `ENOUGH` updates over `LEARNING_S` seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

ENOUGH = 4
LEARNING_S = 2.0
SHORTEST_GAP_S = 0.1
"""A faster feed is looked at as if it had this gap: silence shorter than twice of it is a network's jitter."""
AT_ONCE = 100
"""Samples that one look, or one gap in the sequence, may add at most."""
DAY_S = 86_400.0
SKEW_S = 60.0
_FADE = 0.9


def plausible(age_s: float | None) -> float | None:
    """An age as far as it can be one: a little before its time is on time, by clocks that differ; None for what is
    more than a day old or comes from the future, because then the timestamp is no Unix time in the unit we took."""
    if age_s is None or not -SKEW_S <= age_s <= DAY_S:
        return None
    return max(age_s, 0.0)


@dataclass(slots=True, eq=False)
class Feed:
    """One page's updates, across all of its connections. Seconds on one clock; O(1) for each update.

    `gap_s` is the usual gap where it is known beforehand, as with polling; 0 has it learnt.
    """

    gap_s: float = 0.0
    _known: bool = False
    _first: float = 0.0
    _last: float = 0.0
    _age: float = 0.0
    _seen: int = 0
    _overdue: int = 0

    def __post_init__(self) -> None:
        """A gap that was given is not learnt."""
        self._known = self.gap_s > 0

    def arrived(self, at: float, age_s: float, missed: int = 0) -> list[float]:
        """An update came, that old, with so many missing before it. The samples in seconds: this one, and theirs."""
        since = at - self._last
        samples = [age_s]
        # What has been overdue so far has been counted as silence already.
        uncounted = min(missed, AT_ONCE) - self._overdue
        if self._seen and uncounted > 0:
            step = since / (missed + 1)
            samples += [age_s + step * (missed - number) for number in range(uncounted)]
        self.came(at, age_s)
        return samples

    def came(self, at: float, age_s: float) -> None:
        """`arrived` where nothing is missing: its one sample is the age. In one piece, for it is called for every
        message of a run."""
        seen = self._seen
        if not seen:
            self._first = at
        elif not self._known:
            since, gap_s = at - self._last, self.gap_s
            ready = seen > ENOUGH and self._last - self._first >= LEARNING_S
            if ready and since > 2 * gap_s:
                since = 2 * gap_s
            gap_s *= _FADE
            if since > gap_s:  # noqa: PLR1730 - a call takes longer
                gap_s = since
            self.gap_s = gap_s if gap_s > SHORTEST_GAP_S else SHORTEST_GAP_S  # noqa: FURB136 - a call takes longer
        self._seen = seen + 1
        self._last, self._age, self._overdue = at, age_s, 0

    def overdue(self, now: float) -> list[float]:
        """The samples in seconds for updates that were due since the last look; empty as long as they come."""
        # First the answer for nearly every page, for all of them are asked several times a second.
        if now - self._last < 2 * self.gap_s or not self._seen or not self._ready():
            return []
        silent = int((now - self._last) / self.gap_s) - 1
        new = range(self._overdue + 1, min(silent, self._overdue + AT_ONCE) + 1)
        self._overdue = max(silent, self._overdue)
        return [self._age + (number + 1) * self.gap_s for number in new]

    def _ready(self) -> bool:
        return self._known or (self._seen > ENOUGH and self._last - self._first >= LEARNING_S)
