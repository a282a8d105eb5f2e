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
