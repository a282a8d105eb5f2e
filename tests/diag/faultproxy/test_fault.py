from __future__ import annotations

import pytest

from diag.faultproxy.fault import (
    AcceptThenDrop,
    Bandwidth,
    BlackHole,
    CloseWith,
    Conditions,
    Cut,
    DropPongs,
    Fault,
    Flap,
    Latency,
    Refuse,
    Reset,
    Restart,
    conditions,
    described,
    lasts,
)

BOTH = frozenset({"to-server", "to-client"})
EVERY = (
    (Refuse(), Conditions(accepts=False), "new connections are refused"),
    (Reset(), Conditions(), "every connection is reset"),
    (CloseWith(1011), Conditions(), "every socket gets Close 1011"),
    (Restart(), Conditions(accepts=False), "every socket gets Close 1012, new ones are refused"),
    (BlackHole(), Conditions(held=BOTH), "nothing passes, and nobody is told"),
    (
        BlackHole("to-client"),
        Conditions(held=frozenset({"to-client"})),
        "nothing passes to the client, and nobody is told",
    ),
    (Latency(0.2, 0.05), Conditions(delay_s=0.2, jitter_s=0.05), "everything is 200 ms ± 50 ms late, each way"),
    (Latency(0.2), Conditions(delay_s=0.2), "everything is 200 ms late, each way"),
    (Bandwidth(1000.0), Conditions(bytes_per_s=1000.0), "1000 bytes/s each way"),
    (DropPongs("to-server"), Conditions(pongs_dropped=frozenset({"to-server"})), "pongs to the server vanish"),
    (Cut(after_bytes=10), Conditions(cut=Cut(10)), "every connection ends after 10 bytes"),
    (Cut(after_messages=3), Conditions(cut=Cut(None, 3)), "every connection ends after 3 messages"),
    (Flap(2.0, 1.0), Conditions(flap=Flap(2.0, 1.0)), "1 s down and 2 s up, by turns"),
    (AcceptThenDrop(), Conditions(drops_opened=True), "handshakes succeed and the connection ends at once"),
)


@pytest.mark.parametrize(("fault", "expected", "words"), [pytest.param(*row, id=repr(row[0])) for row in EVERY])
def test_what_a_fault_changes_and_how_it_is_called(fault: Fault, expected: Conditions, words: str) -> None:
    assert conditions([fault]) == expected
    assert described(fault) == words


def test_faults_add_up() -> None:
    found = conditions([BlackHole("to-server"), Latency(1.0), BlackHole("to-client"), Refuse()])

    assert found == Conditions(accepts=False, held=BOTH, delay_s=1.0)


@pytest.mark.parametrize(("fault", "expected"), [(Reset(), False), (CloseWith(), False), (Restart(), True)])
def test_what_strikes_once_does_not_last(fault: Fault, expected: bool) -> None:
    assert lasts(fault) is expected
