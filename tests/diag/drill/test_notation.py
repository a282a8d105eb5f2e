from __future__ import annotations

import math
import re

import pytest

from diag.drill import notation
from diag.drill.notation import Step, written_step
from diag.faultproxy.fault import Bandwidth, BlackHole, CloseWith, Cut, Flap, Latency, Refuse, Reset, Restart


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("refuse", Step(0.0, Refuse()), id="from the start, for good"),
        pytest.param("reset,at=5s", Step(5.0, Reset()), id="at a time"),
        pytest.param("restart,at=1s,for=15s", Step(1.0, Restart(), 15.0), id="for a while"),
        pytest.param("close,code=4401,reason=token expired", Step(0.0, CloseWith(4401, "token expired")), id="close"),
        pytest.param("black-hole,direction=to-client", Step(0.0, BlackHole("to-client")), id="one way"),
        pytest.param("latency,delay=200ms,jitter=50ms", Step(0.0, Latency(0.2, 0.05)), id="latency"),
        pytest.param("bandwidth,rate=1.5kB/s", Step(0.0, Bandwidth(1500.0)), id="bandwidth"),
        pytest.param("cut,messages=3", Step(0.0, Cut(after_messages=3)), id="messages"),
        pytest.param("cut,bytes=300", Step(0.0, Cut(after_bytes=300)), id="bytes"),
        pytest.param("flap,up=1s,down=500ms", Step(0.0, Flap(1.0, 0.5)), id="flap"),
    ],
)
def test_a_fault_as_it_is_written(text: str, expected: Step) -> None:
    assert written_step(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("blackhole", 'no fault is named "blackhole"; did you mean black-hole?', id="a slip"),
        pytest.param("explode", 'no fault is named "explode"; there are refuse, reset', id="none"),
        pytest.param("refuse,code=1011", 'refuse takes at=…, for=…, not "code=1011"', id="another fault's key"),
        pytest.param("refuse,for", 'refuse takes at=…, for=…, not "for"', id="no value"),
        pytest.param("refuse,at=1s,at=2s", "at is given twice", id="twice"),
        pytest.param("refuse,for=5", '"5" has no unit', id="no unit"),
        pytest.param("reset,for=5s", "reset strikes once and takes no for", id="a moment has no length"),
        pytest.param("latency", "latency needs its delay", id="nothing to delay"),
        pytest.param("cut", "cut needs either bytes or messages", id="nothing to count"),
        pytest.param("cut,bytes=1,messages=1", "cut needs either bytes or messages", id="two counts"),
        pytest.param("cut,bytes=0", '"0" is not a whole number', id="a count of nothing"),
        pytest.param("bandwidth,rate=0B/s", '"0B/s" is not a rate', id="no rate"),
        pytest.param("bandwidth,rate=10", '"10" is not a rate', id="no unit of rate"),
        pytest.param("close,code=1006", '"1006" is not a close code', id="never on the wire"),
        pytest.param("close,code=5000", '"5000" is not a close code', id="beyond the range"),
        pytest.param("close,reason=" + "x" * 124, "at most 123 bytes", id="too long a reason"),
        pytest.param("black-hole,direction=up", '"up" is not one of both', id="no direction"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as caught:
        written_step(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", notation.FAULTS)
def test_every_fault_can_be_written(name: str) -> None:
    needed = {"latency": ",delay=1s", "bandwidth": ",rate=1B/s", "cut": ",bytes=1"}

    assert written_step(name + needed.get(name, "")).at_s == 0


@pytest.mark.parametrize(
    ("text", "ends_s"), [("refuse,at=5s,for=2s", 7.0), ("refuse,at=5s", math.inf), ("reset,at=5s", 5.0)]
)
def test_when_a_step_is_over(text: str, ends_s: float) -> None:
    assert written_step(text).ends_s == ends_s
