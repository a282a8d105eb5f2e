"""Beats and their answers in sessions that stay open."""

from __future__ import annotations

import pytest

from diag.observations import Beat, Closed, Received

ANSWERED, PONG = Beat("application", 100.0, 103.0), Beat("protocol", 120.0, 121.0)


def beats(*rows: Beat, interval_s: float = 45.0, timeout_s: float = 10.0):
    def tell(s):
        s.client(heartbeat_interval_s=interval_s, heartbeat_timeout_s=timeout_s)
        return s.switches("proxy").beats("proxy", *rows)

    return tell


def silent_tunnel(s):
    """Open, and nothing comes through the proxy; the direct route delivers."""
    s.opens("proxy").opens("direct")
    return s.beats("proxy", Beat("application", 100.0), Beat("protocol", 120.0), received_total=0, types=())


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("heartbeat-unanswered", beats(Beat("application", 100.0), PONG), id="pongs come, answers do not"),
        pytest.param(
            "heartbeat-unanswered",
            beats(*(Beat("application", at) for at in (100.0, 200.0, 300.0)), PONG),
            id="not one of three",
        ),
        pytest.param("heartbeat-late", beats(Beat("application", 100.0, 10_200.0)), id="beyond the client's time-out"),
        pytest.param(
            "heartbeat-late", beats(Beat("application", 100.0, 700.0), interval_s=1.0), id="beyond half the interval"
        ),
        pytest.param(
            "heartbeat-late",
            beats(Beat("application", 100.0, 110.0), Beat("application", 1100.0, 1900.0), interval_s=1.0),
            id="a later one",
        ),
        pytest.param(
            "heartbeat-correlation-mismatch",
            beats(Beat("application", 100.0, 103.0, matched=False)),
            id="somebody else's correlation id",
        ),
        pytest.param(
            "pong-missing", beats(ANSWERED, Beat("protocol", 120.0)), id="the application answers, pings are lost"
        ),
        pytest.param("pong-late", beats(ANSWERED, Beat("protocol", 100.0, 10_500.0)), id="a pong after the time-out"),
        pytest.param(
            "pong-wrong-payload", beats(ANSWERED, Beat("protocol", 100.0, 101.0, matched=False)), id="another payload"
        ),
        pytest.param("tunnel-stalled", silent_tunnel, id="not a single frame through the proxy"),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    report = must_name(tell, code)
    assert report.verdict.value == "degraded"


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param("heartbeat-unanswered", beats(ANSWERED, PONG), None, id="answered"),
        pytest.param(
            "heartbeat-unanswered", beats(ANSWERED, Beat("application", 200.0)), None, id="one of two is answered"
        ),
        pytest.param("heartbeat-unanswered", beats(Beat("application", 4900.0)), None, id="sent just before the end"),
        pytest.param("heartbeat-unanswered", beats(PONG), None, id="the application has no heartbeat"),
        pytest.param(
            "heartbeat-unanswered",
            beats(Beat("application", 100.0, 11_000.0)),
            "heartbeat-late",
            id="answered, and too late",
        ),
        pytest.param(
            "heartbeat-unanswered",
            lambda s: beats(Beat("application", 100.0))(s).session(
                "proxy", closed=Closed(1011, "", True, "close-frame", 900)
            ),
            "close-internal-1011",
            id="the session ended",
        ),
        pytest.param("heartbeat-unanswered", silent_tunnel, "tunnel-stalled", id="nothing at all comes through"),
        pytest.param("heartbeat-late", beats(Beat("application", 100.0, 9_000.0)), None, id="slow, and in time"),
        pytest.param(
            "heartbeat-late",
            beats(Beat("application", 100.0, 900.0), Beat("application", 1100.0, 1110.0), interval_s=1.0),
            None,
            id="the first only, while the server warms up",
        ),
        pytest.param(
            "heartbeat-late", beats(Beat("application", 100.0)), "heartbeat-unanswered", id="never, rather than late"
        ),
        pytest.param("heartbeat-correlation-mismatch", beats(ANSWERED), None, id="its own id"),
        pytest.param(
            "heartbeat-correlation-mismatch", beats(Beat("application", 100.0)), "heartbeat-unanswered", id="no answer"
        ),
        pytest.param("pong-missing", beats(ANSWERED, PONG), None, id="a pong"),
        pytest.param("pong-missing", beats(ANSWERED, Beat("protocol", 4990.0)), None, id="sent just before the end"),
        pytest.param("pong-missing", silent_tunnel, "tunnel-stalled", id="nothing at all comes through"),
        pytest.param(
            "pong-late", beats(ANSWERED, Beat("protocol", 120.0)), "pong-missing", id="never, rather than late"
        ),
        pytest.param("pong-late", beats(ANSWERED, Beat("protocol", 100.0, 4_000.0)), None, id="slow, and in time"),
        pytest.param("pong-wrong-payload", beats(ANSWERED, PONG), None, id="its own payload"),
        pytest.param(
            "tunnel-stalled",
            lambda s: silent_tunnel(s).beats("direct", Beat("application", 100.0), received_total=0, types=()),
            "heartbeat-unanswered",
            id="nothing comes on either route",
        ),
        pytest.param(
            "tunnel-stalled",
            lambda s: silent_tunnel(s).beats("proxy", Beat("application", 100.0), PONG, received_total=1),
            "heartbeat-unanswered",
            id="one pong came through",
        ),
        pytest.param(
            "tunnel-stalled",
            lambda s: silent_tunnel(s).beats("proxy", received_total=0, types=()),
            None,
            id="we said nothing either",
        ),
        pytest.param(
            "tunnel-stalled",
            lambda s: silent_tunnel(s).beats("proxy", Beat("protocol", 4990.0), received_total=0, types=()),
            None,
            id="we spoke just before the end",
        ),
        pytest.param(
            "heartbeat-late",
            beats(ANSWERED, Beat("application", 1100.0, 1900.0, held_ms=700.0), interval_s=1.0),
            None,
            id="read late by us",
        ),
        pytest.param(
            "pong-missing",
            beats(ANSWERED, Beat("protocol", 120.0, held_ms=4700.0)),
            None,
            id="we did not run while it could have come",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def quiet(dialect: str = "protocol", watched_ms: float = 90_000.0, *rows: Received, variant: str = "idle", **changes):
    """A session in which the server answers our one ping, and says nothing else but this."""
    received = (Received(121.0, "pong", 12), *rows)

    def tell(s):
        s.client(dialect=dialect).opens("proxy").switches("proxy", variant)
        session = {"watched_ms": watched_ms, "received": received, "received_total": len(received), **changes}
        return s.session("proxy", variant, dialect=dialect, types=(), beats=(PONG,), **session)

    return tell


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(quiet(), id="nothing in the silent session"),
        pytest.param(quiet(variant="browser"), id="nothing in a long watch"),
        pytest.param(quiet("protocol", 90_000.0, Received(5.0, "text", 40)), id="only a greeting"),
    ],
)
def test_a_dead_connection_that_nobody_would_notice_is_an_advice(must_mention, tell) -> None:
    report = must_mention(tell, "app-heartbeat-missing", None)
    assert report.verdict.value == "healthy"


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(quiet(watched_ms=30_000.0), id="a shorter look"),
        pytest.param(quiet("protocol", 90_000.0, Received(60_000.0, "ping", 4)), id="the server pings"),
        pytest.param(quiet("protocol", 90_000.0, Received(40_000.0, "text", 40)), id="the server pushes"),
        pytest.param(quiet("orchestration"), id="the client has a heartbeat"),
        pytest.param(quiet("socketio"), id="the server has one"),
        pytest.param(quiet("auto"), id="nobody knows what the client does"),
        pytest.param(quiet(received_total=900), id="more came than was kept"),
        pytest.param(
            quiet(closed=Closed(1006, "", False, "fin", 60_000.0), last_received_ms=121.0, last_sent_ms=100.0),
            id="the session is cut: an idle limit",
        ),
    ],
)
def test_a_quiet_session_alone_is_no_fault(scene, tell) -> None:
    assert "app-heartbeat-missing" not in {found.code for found in tell(scene).found()}
