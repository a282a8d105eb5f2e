from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diag.client.events import ClientEvent
from diag.commands._watch_lines import Telling
from diag.commands._watch_run import Subject, Watch
from diag.commands._watch_words import changed, round_trip, seconds, size, summary
from diag.masking import secrets_of
from diag.model import Client, Fallback, Route, Target

URL = "ws://localhost/ws?token=hunter2hunter2"
TARGET = Target("http://localhost", URL, (Route("proxy", URL),), client=Client(fallback=Fallback()))
SUBJECT = Subject(TARGET, secrets_of(TARGET))


def event(kind: str, **fields: Any) -> ClientEvent:
    return ClientEvent(1.0, kind, **fields)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        pytest.param(event("opened", number=0, value=5.0), "open, handshake 5.00 ms", id="opened"),
        pytest.param(event("opened", number=2, value=5.0), "open at attempt 2, handshake 5.00 ms", id="reopened"),
        pytest.param(
            event("refused", number=0, text="tcp-refused"),
            "connection failed: tcp-refused (Nothing listens on this port)",
            id="a-code-has-its-title",
        ),
        pytest.param(event("refused", number=2, text="403 \x07"), r"attempt 2 failed: 403 \x07", id="a-status"),
        pytest.param(event("missed", number=7, value=10_000.0), "beat 7   no answer within 10 s", id="missed"),
        pytest.param(event("missed", number=7, value=9_000.0), "beat 7   lost with the connection", id="swept-away"),
        pytest.param(event("closed", number=1005, clean=True), "closed 1005, no reason given", id="closed"),
        pytest.param(event("closed", number=4401, text="hunter2hunter2?"), "closed 4401: •••?", id="a-secret-reason"),
        pytest.param(event("waiting", number=1, value=10.0), "attempt 1 of 3 in 10 s", id="waiting"),
        pytest.param(event("waiting", number=4, value=30.0), "next attempt in 30 s", id="beyond-the-policy"),
        pytest.param(event("gave-up", number=3), "the page gives up here, after 3 attempts, and polls", id="gave-up"),
        pytest.param(event("recognised", text="plain: it greets"), "speaks plain: it greets", id="recognised"),
        pytest.param(event("message", text="update"), None, id="a-message"),
        pytest.param(event("beat", text="application"), None, id="a-beat"),
    ],
)
def test_what_happened_in_words(told: ClientEvent, words: str | None) -> None:
    assert changed(told, SUBJECT) == words


def test_a_page_that_does_not_poll_just_gives_up() -> None:
    subject = Subject(replace(TARGET, client=Client()))
    assert changed(event("gave-up", number=3), subject) == "the page gives up here, after 3 attempts"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0 ms"), (0.5, "500 ms"), (1.0, "1 s"), (12.34, "12.3 s"), (125.0, "2:05"), (3725.0, "1:02:05")],
)
def test_seconds(value: float, words: str) -> None:
    assert seconds(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "-"), (0.844, "0.84 ms"), (9.999, "10.0 ms"), (99.96, "100 ms"), (999.4, "999 ms"), (1234.0, "1.23 s")],
)
def test_round_trips(value: float | None, words: str) -> None:
    assert round_trip(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0 B"), (999, "999 B"), (1200, "1.2 kB"), (3_400_000, "3.4 MB"), (5 * 10**9, "5.0 GB")]
)
def test_sizes(value: int, words: str) -> None:
    assert size(value) == words


def told(*events: ClientEvent) -> list[str]:
    telling = Telling(SUBJECT)
    return [line for each in events for _, line in telling.take(each)]


BEAT = event("beat", number=1, text="application")
ANSWER = event("answered", number=1, text="application", value=1.5)
PONG = event("answered", number=1, text="protocol", value=0.5)


@pytest.mark.parametrize(
    ("events", "lines"),
    [
        pytest.param([BEAT, ANSWER], [], id="waits-for-its-pong"),
        pytest.param([BEAT, ANSWER, PONG], ["beat 1    1.50 ms   pong 0.50 ms"], id="with-its-pong"),
        pytest.param([BEAT, PONG, ANSWER], ["beat 1    1.50 ms   pong 0.50 ms"], id="the-pong-came-first"),
        pytest.param(
            [BEAT, ANSWER, event("missed", number=1, text="protocol")], ["beat 1    1.50 ms"], id="the-pong-is-lost"
        ),
        pytest.param(
            [BEAT, ANSWER, event("closed", number=1001)],
            ["beat 1    1.50 ms", "closed 1001, no reason given"],
            id="something-else-is-to-be-said",
        ),
        pytest.param(
            [event("beat", number=1, text="protocol"), PONG], ["beat 1    0.50 ms"], id="the-protocol-s-alone"
        ),
    ],
)
def test_a_beat_and_its_pong_share_a_line(events: list[ClientEvent], lines: list[str]) -> None:
    assert told(*events) == lines


def test_the_summary_is_masked_and_printable() -> None:
    watch = Watch(SUBJECT, keep_messages=False)
    for each in (event("opened", value=5.0), BEAT, ANSWER, event("message", text="a\x1b[31m", sequence=1, size=1500)):
        watch.figures.take(each)
    lines = summary(watch, color=False)
    assert lines[0].startswith("--- ws://localhost/ws?token=••• after ")
    assert r"a\x1b[31m: 1, 1.5 kB, newest " in "\n".join(lines)
    assert lines[-1] == "quality: excellent (1 of 1 answered, p95 1.5 ms)"
    assert summary(watch, color=True)[-1].startswith("quality: \x1b[")


def test_a_summary_does_not_list_types_for_ever() -> None:
    watch = Watch(SUBJECT, keep_messages=False)
    for number in range(40):
        watch.figures.take(event("message", text=f"type {number}"))
    assert "28 more types" in summary(watch, color=False)
