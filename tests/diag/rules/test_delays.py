"""Everything works, and slowly."""

from __future__ import annotations

import pytest

from diag.observations import Beat

HEALTH = "http://localhost:5173/api/health"


def trips(name: str, application_ms: float, protocol_ms: float = 1.0):
    rows = [Beat("application", at, at + application_ms) for at in (100.0, 600.0, 1100.0)]
    return lambda s: s.switches(name).beats(name, *rows, Beat("protocol", 120.0, 120.0 + protocol_ms))


def told(*tells):
    def tell(s):
        for one in tells:
            one(s)
        return s

    return tell


def rest(took_ms: float):
    return lambda s: s.rest(HEALTH, s.answer(200), took_ms=took_ms)


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "proxy-delays-frames", told(trips("proxy", 900), trips("direct", 5)), id="late through the proxy only"
        ),
        pytest.param(
            "proxy-delays-frames", told(trips("proxy", 900, 900), trips("direct", 5), rest(900)), id="and REST with it"
        ),
        pytest.param(
            "backend-event-loop-blocked",
            told(trips("proxy", 700, 690), trips("direct", 700, 690), rest(650)),
            id="beats, pongs and REST on both routes",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    report = must_name(tell, code)
    assert report.verdict.value == "degraded"


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param("proxy-delays-frames", told(trips("proxy", 250), trips("direct", 5)), None, id="no stall"),
        pytest.param("proxy-delays-frames", told(trips("proxy", 900), trips("direct", 850)), None, id="directly too"),
        pytest.param("proxy-delays-frames", told(trips("proxy", 900)), None, id="nothing to compare with"),
        pytest.param("backend-event-loop-blocked", told(trips("proxy", 700, 690), rest(4)), None, id="REST is prompt"),
        pytest.param(
            "backend-event-loop-blocked", told(trips("proxy", 700, 2), rest(700)), None, id="pongs are prompt"
        ),
        pytest.param(
            "backend-event-loop-blocked",
            told(trips("proxy", 700, 690), trips("direct", 5), rest(700)),
            "proxy-delays-frames",
            id="the direct route is prompt",
        ),
        pytest.param("handshake-slow", lambda s: s.opens("proxy", took_ms=999), None, id="just under"),
        pytest.param(
            "handshake-slow",
            lambda s: s.answers("proxy", 429, took_ms=5000),
            "handshake-rate-limited",
            id="no 101 at all",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_a_slow_101_is_an_advice(must_mention) -> None:
    report = must_mention(
        lambda s: s.opens("proxy").opens("direct").switches("proxy", took_ms=1500), "handshake-slow", primary=None
    )
    assert report.verdict.value == "healthy"
    assert [item.value for item in report.findings[0].evidence] == ["1500 ms", "2 ms"]


def many(name: str, *slow_ms: float, count: int = 30, usual_ms: float = 5.0, **changes):
    """So many heartbeats, of which these are slow, spread over the session."""
    took = [usual_ms] * count
    for number, ms in enumerate(slow_ms):
        took[number * count // len(slow_ms)] = ms
    rows = [Beat("application", 100.0 * n, 100.0 * n + ms) for n, ms in enumerate(took)]
    return lambda s: s.switches(name).beats(name, *rows, **changes)


SLOW = (400.0, 350.0, 420.0, 380.0)


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(told(many("proxy", *SLOW), many("direct")), id="the slowest twentieth is slow"),
        pytest.param(told(many("proxy", *[180.0] * 15), many("direct")), id="uneven, every other one"),
        pytest.param(told(many("proxy", *SLOW), many("direct", 900.0)), id="one slow packet on the other route"),
    ],
)
def test_round_trips_that_are_worse_on_one_route(must_name, tell) -> None:
    report = must_name(tell, "rtt-degraded")
    assert (report.verdict.value, report.primary.severity.value) == ("degraded", "warning")


@pytest.mark.parametrize(
    ("tell", "instead"),
    [
        pytest.param(told(many("proxy"), many("direct")), None, id="both are prompt"),
        pytest.param(told(many("proxy", 900.0), many("direct")), None, id="one slow packet"),
        pytest.param(told(many("proxy", *SLOW), many("direct", *SLOW)), None, id="both are as slow"),
        pytest.param(told(many("proxy", *SLOW), many("direct", 200.0, 190.0, 180.0)), None, id="not three times"),
        pytest.param(told(many("proxy", *SLOW)), None, id="nothing to compare with"),
        pytest.param(told(many("proxy", *SLOW, count=19), many("direct")), None, id="too few"),
        pytest.param(told(many("proxy", *SLOW), many("direct", count=19)), None, id="too few on the other route"),
        pytest.param(told(many("proxy", *[90.0] * 4), many("direct", usual_ms=0.3)), None, id="nobody notices that"),
        pytest.param(told(many("proxy", usual_ms=600.0), many("direct")), "proxy-delays-frames", id="all of them"),
    ],
)
def test_round_trips_that_are_well_or_have_another_cause(must_not_name, tell, instead: str | None) -> None:
    must_not_name(tell, "rtt-degraded", instead)
