from __future__ import annotations

from dataclasses import replace

import pytest

from diag.model import Client
from diag.report import IdleReport
from diag.verify.checks import heartbeat
from diag.verify.checks.ruling import own


def with_idle(seen, idle: IdleReport, idle_limit_s: float = 60.0):
    route = replace(seen.page, idle=idle)
    others = tuple(other for other in seen.report.routes if other.name != route.name)
    target = replace(seen.target, idle_limit_s=idle_limit_s)
    return replace(seen, target=target, report=replace(seen.report, routes=(route, *others)))


def test_every_beat_answered_passes_and_says_what_was_not_looked_for(made) -> None:
    ruling = heartbeat.check(made())

    assert (ruling.outcome, ruling.did) == ("pass", "a beat every 1 s, as the page does")
    assert ruling.saw == (
        "3 of 3 answered, 1.0 ms in the median, 1.2 ms at most; no idle limit was looked for (--idle-limit D)"
    )


def test_a_quickened_beat_is_said(made, scene) -> None:
    scene.given(client=Client(heartbeat_interval_s=45.0)).opens("proxy").opens("direct")
    assert heartbeat.check(made()).did == "a beat every 1 s for this check, instead of 45 s"


def test_a_beat_without_an_answer_fails(made, life) -> None:
    beats = life("0.1 opened", "1 answered 2.0", "3 missed 2001", "3 closed 1006")
    ruling = heartbeat.check(made(beats=beats))

    assert (ruling.outcome, ruling.cause, ruling.because) == ("fail", "heartbeat-unanswered", "no answer within 2 s")
    assert ruling.saw.startswith("1 of 2 answered")


def test_a_beat_that_was_under_way_at_the_end_of_a_session_says_nothing(made, life) -> None:
    beats = life("0.1 opened", "1 answered 2", "1.2 missed 40", "2 answered 2", "3 answered 2")
    assert heartbeat.check(made(beats=beats)).outcome == "pass"


@pytest.mark.parametrize(
    ("lines", "outcome", "cause"),
    [
        pytest.param(("1 answered 2", "1.5 closed 1000 bye"), "fail", "closed-by-server", id="closed"),
        pytest.param(("1 answered 2", "2 refused 1 503 Busy"), "fail", "connection-limit", id="refused"),
        pytest.param(("1 answered 2", "2 answered 2"), "broken", None, id="our own fault"),
    ],
)
def test_too_few_beats_are_no_pass(made, life, lines, outcome: str, cause: str | None) -> None:
    ruling = heartbeat.check(made(beats=life("0.1 opened", *lines)))
    assert (ruling.outcome, ruling.cause) == (outcome, cause)


def test_an_idle_limit_below_the_pages_interval_fails_even_when_every_beat_is_answered(made) -> None:
    seen = made()
    found = own(seen, "idle-timeout-proxy", "The proxy ends a session after 1.0 s of silence.")
    ruling = heartbeat.check(replace(seen, report=replace(seen.report, findings=(found,))))

    assert (ruling.outcome, ruling.cause) == ("fail", "idle-timeout-proxy")


@pytest.mark.parametrize(
    ("idle", "words"),
    [
        pytest.param(IdleReport(60_000.0, None), "no idle limit up to 60 s", id="none"),
        pytest.param(
            IdleReport(60_000.0, None, longest_silence_ms=4000.0), "no idle limit up to 4 s", id="a talking server"
        ),
        pytest.param(IdleReport(60_000.0, 30_000.0, "idle-limit", silence_ms=30_000.0), "limit of 30 s is", id="far"),
    ],
)
def test_an_idle_limit_that_was_looked_for_is_told(made, idle: IdleReport, words: str) -> None:
    ruling = heartbeat.check(with_idle(made(), idle))
    assert (ruling.outcome, words in ruling.saw) == ("pass", True)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        pytest.param("pong-missing", "fail", id="an error"),
        pytest.param("heartbeat-late", "pass", id="a warning"),
        pytest.param("cswsh-open", "pass", id="about something else"),
    ],
)
def test_an_error_of_the_probe_about_beats_fails_too(made, code: str, outcome: str) -> None:
    seen = made()
    found = own(seen, code, "What the probe found.")
    ruling = heartbeat.check(replace(seen, report=replace(seen.report, findings=(found,))))

    assert (ruling.outcome, ruling.cause) == (outcome, code if outcome == "fail" else None)
