"""What an update says of itself, in any JSON: its number, and the moment of the change that it tells of. Pure.

Read without parsing, by the names of fields wherever they stand, because nobody has told us the application's schema:

* `sequence` or `seq`, a whole number: the state's number. Of several the largest counts.
* `lastUpdate`, `lastChange`, `lastCheck` and the like (`lastUpdatedAt`), `updatedAt`, `changedAt`, `modifiedAt`,
  `sentAt`: when something changed. Of several the newest counts.
* `timestamp`: when the message was made. It counts where no field tells of a change: a polled answer is made when it is
  asked for, however old its state may be.

Camel case or snake case; Unix time as a number, in milliseconds or (below 10^11) in seconds. Names inside of strings
are not mistaken for fields, because JSON escapes the quotes around them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_SEQUENCE = re.compile(rb'"seq(?:uence)?"\s*:\s*(\d{1,15})(?![\d.eE])')
_MARK = re.compile(
    rb'"(?:(seq(?:uence)?)|(last_?(?:update|change|check|modif)\w*|(?:updated|changed|modified|sent)_?at)|timestamp)"'
    rb"\s*:\s*(\d{1,15})(\.\d{1,9})?(?![\deE])",
    re.IGNORECASE,
)
_LATEST_AS_SECONDS = 1e11


class Marks(NamedTuple):
    """The state's number, and the Unix time in seconds of its latest change; None where nothing tells."""

    sequence: int | None = None
    changed_s: float | None = None


def sequence_of(data: bytes) -> int | None:
    """The first number that a message carries; the quick way, for every push of a run."""
    found = _SEQUENCE.search(data)
    return int(found[1]) if found else None


def marks_of(data: bytes) -> Marks:
    """All that a body tells."""
    sequences: list[int] = []
    changes: list[float] = []
    made: list[float] = []
    for sequence, change, number, fraction in _MARK.findall(data):
        if sequence:
            sequences.append(int(number))
        else:
            (changes if change else made).append(float(number + fraction))
    times = changes or made
    newest = max(times, default=None)
    if newest is not None and newest >= _LATEST_AS_SECONDS:
        newest /= 1000
    return Marks(max(sequences, default=None), newest)
