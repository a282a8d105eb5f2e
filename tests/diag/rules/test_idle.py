"""Cut for silence: whose limit is it, and what does the heartbeat make of it?"""

from __future__ import annotations

import pytest

from diag.observations import Closed


def cut(name: str = "proxy", after_ms: float = 5000.0, *, variant: str = "browser", code: int = 1006, reason: str = ""):
    """Nothing moved after the first second, and then the stream ends, with a Close frame if `code` says so."""
    how = "fin" if code == 1006 else "close-frame"

    def tell(s):
        ended = Closed(code, reason, how == "close-frame", how, after_ms)
        changes = {"closed": ended, "watched_ms": after_ms, "last_received_ms": 1000.0, "last_sent_ms": 1000.0}
        return s.switches(name).session(name, variant, close_answered=None, **changes)

    return tell


def beating_every(seconds: float, tell):
    return lambda s: tell(s.client(heartbeat_interval_s=seconds))


def outlived(name: str = "direct", watched_ms: float = 30_000.0, variant: str = "browser"):
    return lambda s: s.opens(name).session(name, variant, watched_ms=watched_ms)


def both(*tells):
    def tell(s):
        for one in tells:
            one(s)
        return s

    return tell


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("idle-timeout-proxy", both(cut(), outlived()), id="the direct route outlives it"),
        pytest.param(
            "idle-timeout-proxy",
            lambda s: cut()(s.only("ws://localhost:5173/ws")).switches("proxy", Server="nginx/1.22.1"),
            id="one route, behind nginx",
        ),
        pytest.param(
            "idle-timeout-proxy",
            both(
                lambda s: s.given(idle_limit_s=60.0).opens("proxy").opens("direct"),
                cut(variant="idle"),
                outlived(watched_ms=60_000.0, variant="idle"),
            ),
            id="found by the silent session",
        ),
        pytest.param("idle-timeout-backend", both(cut(), cut("direct")), id="the same on both routes"),
        pytest.param(
            "idle-timeout-backend",
            both(cut(code=1000, reason="idle timeout"), outlived("direct", 4000.0)),
            id="says so",
        ),
        pytest.param(
            "idle-timeout-backend",
            both(cut(code=4000, reason="Inactivity"), cut("direct")),
            id="says so with its own code",
        ),
        pytest.param(
            "heartbeat-margin-thin",
            beating_every(
                3.5, both(lambda s: s.given(idle_limit_s=60.0).opens("proxy").opens("direct"), cut(variant="idle"))
            ),
            id="a beat every 3.5 s below a silent session's limit of 4 s",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param("idle-timeout-proxy", both(cut(), cut("direct")), "idle-timeout-backend", id="on both routes"),
        pytest.param(
            "idle-timeout-proxy",
            both(cut(), outlived("direct", 4000.0)),
            "idle-timeout-backend",
            id="the direct session was not watched for long enough",
        ),
        pytest.param(
            "idle-timeout-proxy",
            lambda s: cut()(s.only("ws://localhost:5173/ws")),
            "idle-timeout-backend",
            id="one route, and nobody signs as a proxy",
        ),
        pytest.param(
            "idle-timeout-proxy",
            lambda s: s.switches("proxy").drops("proxy").opens("direct"),
            "close-abnormal-1006",
            id="messages flowed until the end",
        ),
        pytest.param("idle-timeout-backend", both(cut(), outlived()), "idle-timeout-proxy", id="not directly"),
        pytest.param(
            "idle-timeout-backend",
            both(cut(code=1011, reason="keepalive ping timeout")),
            "server-keepalive-timeout",
            id="the server's own pings",
        ),
        pytest.param("idle-timeout-backend", cut(code=1000, reason="bye"), "closed-by-server", id="no word of time"),
        pytest.param("idle-timeout-backend", cut(after_ms=1600), "close-abnormal-1006", id="half a second of silence"),
        pytest.param(
            "idle-timeout-backend",
            lambda s: s.switches("proxy").violates("proxy", "masked"),
            "frame-masked-by-server",
            id="the browser ended it",
        ),
        pytest.param(
            "heartbeat-margin-thin",
            beating_every(1.0, both(cut(), outlived())),
            "idle-timeout-proxy",
            id="far more often",
        ),
        pytest.param(
            "heartbeat-margin-thin",
            beating_every(1.0, both(lambda s: s.opens("proxy").opens("direct"), cut(variant="idle"))),
            None,
            id="a limit that this heartbeat never meets",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_a_heartbeat_that_comes_too_rarely_follows_from_the_limit(must_mention) -> None:
    report = must_mention(both(cut(), outlived()), "heartbeat-margin-thin", "idle-timeout-proxy")
    assert "heartbeat-margin-thin" in report.findings[0].explains


def test_the_search_for_a_limit_is_part_of_the_route(scene) -> None:
    cut(variant="idle")(scene.given(idle_limit_s=60.0).opens("proxy").opens("direct"))
    proxy, direct = scene.session("direct", "idle", watched_ms=60_000.0).report().routes
    assert proxy.idle is not None
    assert direct.idle is not None
    assert (proxy.idle.limit_ms, proxy.idle.closed_after_ms) == (60_000.0, 5000.0)
    assert direct.idle.closed_after_ms is None
