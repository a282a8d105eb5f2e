"""Cut for silence: whose limit is it, and what does the heartbeat make of it?"""

from __future__ import annotations

import pytest

from diag.observations import Beat, Closed, Received
from diag.report import KeepsAlive

SEARCH_MS = 60_000.0
PINGS, DATA = (Beat("protocol", 500.0, 501.0),), (Beat("application", 500.0, 501.0),)
FIN, BYE = Closed(1006, "", False, "fin", 5000.0), Closed(1000, "", True, "close-frame", 5000.0)


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


# The search, in which sessions with and without traffic run side by side


def searched(closed: Closed | None = FIN, *, name: str = "proxy", pings: bool = True, data: bool = True, **changes):
    """A silent session that ended so; the sessions that ping or send data live on, or end with it."""

    def tell(s):
        s.given(idle_limit_s=SEARCH_MS / 1000).opens("proxy").opens("direct")
        quiet = {"beats": (), "sent_total": 0, "received_total": 1, "last_received_ms": 1.0, "last_sent_ms": 0.0}
        lasted = {"closed": closed, "watched_ms": closed.after_ms if closed else SEARCH_MS, "close_answered": None}
        s.session(name, "idle", **{**quiet, **lasted, **changes})
        for variant, beats, lives in (("idle-pings", PINGS, pings), ("idle-data", DATA, data)):
            s.session(name, variant, beats=beats, **({"watched_ms": SEARCH_MS} if lives else lasted))
        return s

    return tell


def direct_lives(s):
    return s.session("direct", "idle", watched_ms=SEARCH_MS)


def spoke(*at_s: float, kind: str = "text"):
    rows = tuple(Received(at * 1000, kind, 10) for at in at_s)
    return {"received": rows, "received_total": len(rows), "last_received_ms": at_s[-1] * 1000}


def mute(tell, *, pongs_help: bool = True):
    def told(s):
        tell(s.client(answers_pings=False))
        ended = {} if pongs_help else {"closed": FIN}
        return s.session("proxy", "idle-pongs", watched_ms=SEARCH_MS if pongs_help else 5000.0, **ended)

    return told


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("idle-timeout-proxy", both(searched(), direct_lives), id="the direct route lives on"),
        pytest.param(
            "idle-timeout-backend",
            both(searched(), searched(name="direct")),
            id="both routes are cut",
        ),
        pytest.param(
            "idle-timeout-backend",
            searched(Closed(4000, "nothing heard", True, "close-frame", 1500.0)),
            id="a code of its own, and data helps",
        ),
        pytest.param("max-lifetime", searched(pings=False, data=False), id="data does not help: cut"),
        pytest.param("max-lifetime", searched(BYE, pings=False, data=False), id="data does not help: closed"),
        pytest.param(
            "server-keepalive-timeout",
            searched(Closed(1011, "keepalive ping timeout", True, "close-frame", 5000.0), pings=False, data=False),
            id="it says that no pong came",
        ),
        pytest.param(
            "server-keepalive-timeout",
            mute(searched(pings=False, data=False, **spoke(2.5, kind="ping"))),
            id="it says nothing, and spares a session with pongs",
        ),
    ],
)
def test_the_search_names(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param("idle-timeout-proxy", searched(None), None, id="nothing ended"),
        pytest.param("max-lifetime", both(searched(), direct_lives), "idle-timeout-proxy", id="data helps"),
        pytest.param(
            "max-lifetime",
            both(searched(pings=False), searched(pings=False, name="direct")),
            "idle-timeout-backend",
            id="data helps, and pings do not",
        ),
        pytest.param(
            "max-lifetime",
            searched(Closed(1012, "", True, "close-frame", 5000.0), pings=False, data=False),
            None,
            id="a restart ends all sessions at once",
        ),
        pytest.param(
            "max-lifetime",
            searched(Closed(4401, "token expired", True, "close-frame", 5000.0), pings=False, data=False),
            None,
            id="credentials run out",
        ),
        pytest.param(
            "idle-timeout-backend",
            searched(Closed(1013, "too many", True, "close-frame", 20.0)),
            None,
            id="one session too many",
        ),
        pytest.param(
            "server-keepalive-timeout",
            mute(searched(pings=False, data=False, **spoke(2.5, kind="ping")), pongs_help=False),
            "max-lifetime",
            id="pongs do not help either",
        ),
        pytest.param(
            "control-frames-do-not-count", both(searched(), direct_lives), "idle-timeout-proxy", id="pings help"
        ),
        pytest.param(
            "control-frames-do-not-count",
            searched(pings=False, data=False),
            "max-lifetime",
            id="data does not help either",
        ),
        pytest.param(
            "idle-timeout-proxy", beating_every(1.0, both(searched(), direct_lives)), None, id="never met by this page"
        ),
    ],
)
def test_the_search_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_the_search_measures_better_than_the_page_s_own_session(must_name) -> None:
    """nginx cuts a session that was busy just before up to 300 ms too soon."""
    own = cut(after_ms=5700.0)
    exact = searched(Closed(1006, "", False, "fin", 5001.0))
    report = must_name(both(exact, direct_lives, own, outlived()), "idle-timeout-proxy")
    evidence = {item.label: item.value for item in report.findings[0].evidence}
    assert evidence["silent for"].startswith("5.0 s")
    assert evidence["client data"] == "kept alive"


def test_pings_that_do_not_count_are_advice(must_mention) -> None:
    """The page's own heartbeat is data, and comes often enough."""
    report = must_mention(beating_every(1.0, searched(pings=False)), "control-frames-do-not-count", None)
    assert report.verdict.value == "healthy"


def test_a_page_that_beats_with_pings_alone_is_cut_all_the_same(must_name) -> None:
    def pinging(s):
        return searched(pings=False)(s.client(dialect="protocol", heartbeat_interval_s=1.0)).session(
            "proxy", "idle-data", beats=()
        )

    must_name(pinging, "idle-timeout-backend")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, ("idle-limit", 4999.0, KeepsAlive(True, True)), id="a greeting and silence"),
        pytest.param(spoke(0.1, 1.5, 3.0), ("idle-limit", 2000.0, KeepsAlive(True, True, True)), id="its words count"),
        pytest.param(
            spoke(1.0, 2.0, 3.0, 4.0, 4.9), ("idle-limit", 5000.0, KeepsAlive(True, True, False)), id="they do not"
        ),
        pytest.param(
            {**spoke(2.0, 4.0, kind="ping")},
            ("idle-limit", 5000.0, KeepsAlive(True, True, False)),
            id="it pings in vain",
        ),
    ],
)
def test_what_the_server_says_by_itself(scene, changes: dict, expected: tuple) -> None:
    idle = searched(**changes)(scene).report().routes[0].idle
    assert (idle.found, idle.silence_ms, idle.keeps_alive) == expected


def test_a_session_that_is_never_silent_says_nothing_about_limits(scene) -> None:
    talkative = spoke(*(float(second) for second in range(60)))
    idle = searched(None, **talkative)(scene).report().routes[0].idle
    assert (idle.closed_after_ms, idle.found, idle.longest_silence_ms) == (None, None, 1000.0)
    assert idle.keeps_alive == KeepsAlive(server_data=True)


def test_traffic_that_was_not_tried_is_not_judged(scene) -> None:
    """The dialect has no data of its own, and the session with pings ended too soon to tell."""
    searched()(scene).session("proxy", "idle-data", beats=())
    scene.session("proxy", "idle-pings", beats=PINGS, closed=FIN, watched_ms=900.0)
    assert scene.report().routes[0].idle.keeps_alive == KeepsAlive()


@pytest.mark.parametrize(
    ("tell", "by"),
    [
        pytest.param(both(searched(), direct_lives), "proxy", id="the other route lives on"),
        pytest.param(both(searched(), searched(name="direct")), "backend", id="the other route is cut as well"),
        pytest.param(searched(BYE), "backend", id="a Close frame: no proxy writes one"),
        pytest.param(
            both(searched(), lambda s: s.session("direct", "idle", watched_ms=5100.0)),
            "unknown",
            id="the other one was not watched for longer",
        ),
    ],
)
def test_by_whom(scene, tell, by: str) -> None:
    proxy, direct = tell(scene).report().routes
    assert proxy.idle.by == by
    assert direct.idle is None or direct.idle.by in ("backend", None)


def ends(variant: str, after_ms: float, **changes):
    beats = PINGS if variant == "idle-pings" else DATA
    closed = Closed(1006, "", False, "fin", after_ms)
    spoke = {"last_sent_ms": after_ms - 300.0, **changes}
    return lambda s: s.session("proxy", variant, beats=beats, closed=closed, watched_ms=after_ms, **spoke)


@pytest.mark.parametrize(
    ("tell", "age_ms"),
    [
        pytest.param(both(ends("idle-pings", 20_000.0), ends("idle-data", 20_100.0)), 20_100.0, id="both at once"),
        pytest.param(both(ends("idle-data", 20_000.0)), None, id="one of them lives on"),
        pytest.param(both(ends("idle-pings", 9000.0), ends("idle-data", 20_000.0)), None, id="at different times"),
        pytest.param(
            both(
                ends("idle-pings", 20_000.0, last_sent_ms=15_100.0), ends("idle-data", 20_000.0, last_sent_ms=15_100.0)
            ),
            None,
            id="for their own silence: the pauses of a long search outgrow a short limit",
        ),
    ],
)
def test_behind_an_idle_limit_there_may_be_a_lifetime(scene, tell, age_ms: float | None) -> None:
    report = both(searched(), direct_lives, tell)(scene).report()
    assert report.routes[0].idle.max_lifetime_ms == age_ms
    assert ("max-lifetime" in {finding.code for finding in scene.found()}) == (age_ms is not None)
    assert report.primary_cause == "idle-timeout-proxy"


def test_a_search_that_was_cut_short_does_not_boast(scene) -> None:
    idle = searched(None, watched_ms=1500.0)(scene).report().routes[0].idle
    assert (idle.limit_ms, idle.closed_after_ms) == (1500.0, None)
