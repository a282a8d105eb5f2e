from __future__ import annotations

from dataclasses import replace

import pytest

from diag.drill.report import schedule_report
from diag.drill.run import Drill
from diag.drill.schedule import herd, table
from diag.drill.text import drill_text, schedule_text, seconds
from diag.model import Client, Fallback, Route, Target

URL = "ws://localhost:5173/ws"
INCIDENT = Client(fallback=Fallback())
TARGET = Target("http://localhost:5173", URL, (Route("proxy", URL),), client=INCIDENT)
POLLS = (
    "0 opened 4", "1 message a 1", "5 closed 1012 clean", "5 waiting 10.0", "15 attempt 1", "15 refused tcp-refused",
    "65 fallback 10.0", "65 polled 200", "75 polled 200",
)  # fmt: skip


@pytest.fixture
def shown(events, timeline):
    """`shown(lines, steps, width, color)`: the text of a drill."""

    def show(lines, steps=("restart,at=5s,for=70s",), width: int = 80, color: bool = False) -> str:
        done = Drill(TARGET, INCIDENT, timeline(*steps), events(*lines), 120.0, "", 0.0)
        return drill_text(done, width, color=color)

    return show


def schedule(width: int = 80, clients: int | None = 1000, client: Client = INCIDENT, color: bool = False) -> str:
    told = schedule_report(replace(TARGET, client=client))
    return schedule_text(client, table(client), herd(client, clients) if clients else None, told, width, color=color)


def test_a_drill_is_a_story_and_its_numbers(shown) -> None:
    text = shown(POLLS)

    assert "Policy: 3 attempts, after 10 s, doubling to 30 s, then polling every 10 s" in text
    assert "   5.0 s  ✗  closed by the server: 1012" in text
    assert "back from polling  no" in text
    assert "noticed at once; 1 attempt at 10 s; fell back after 1 min; never back" in " ".join(text.split())
    assert "1 received, 0 missed, 0 twice" in text


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(shown, width: int) -> None:
    lines = [*shown(POLLS, width=width).splitlines(), *schedule(width).splitlines()]

    assert max(map(len, lines)) <= width
    assert not [line for line in lines if line.endswith(" ")]


def test_colour_only_where_it_is_asked_for(shown) -> None:
    assert "\x1b[" in shown(POLLS, color=True)
    assert "\x1b" not in shown(POLLS) + schedule()


def test_what_a_server_says_does_not_act_on_the_terminal(shown) -> None:
    text = shown(("0 opened", "5 closed 4000 \x1b[2Jgone\u202e clean"))

    assert "\x1b" not in text
    assert "\\x1b[2Jgone\\u202e" in text


def test_many_lines_that_are_alike_are_folded(shown) -> None:
    rounds = [line for n in range(20) for line in (f"{6 + n} opened 1", f"{6 + n}.1 closed 1006")]
    text = shown(("0 opened", "5 closed 1006", *rounds), ("accept-then-drop,at=5s,for=60s",))

    assert text.count("dropped at once") <= 4
    assert "16 more (all of them: --format json)" in text
    assert "20 more losses" in text


def test_a_long_story_keeps_its_beginning_and_its_end(shown) -> None:
    rounds = [
        line
        for n in range(10, 110, 4)
        for line in (f"{n} opened 1", f"{n + 1} closed 1006", f"{n + 2} refused tcp-refused", f"{n + 3} refused eof")
    ]
    text = shown(("0 opened", *rounds), ("flap,at=5s,for=70s",))

    assert text.count("\n") < 60
    assert "more (all of them" in text
    assert "connected in 0 ms" in text
    assert "the end of the drill" in text


def test_a_drill_without_a_loss_says_so(shown) -> None:
    assert "none: the client noticed nothing" in shown(("0 opened", "1 message a"), ("latency,delay=1s,for=2s",))
    assert "1 received, not numbered" in shown(("0 opened", "1 message a"), ("latency,delay=1s,for=2s",))


def test_the_schedule_says_where_the_policy_ends() -> None:
    text = " ".join(schedule().split())

    assert "✗ polls from 1 min on, for ever" in text
    assert "An outage longer than 1 min ends in polling for ever" in text
    assert "dies silently after 55 s at worst (proposal: 20 s)" in text
    assert "1,000 clients lose the server for 5 s" in text
    assert "policy, no jitter: peak 1,000" in text
    assert "More: wsdiag explain fallback-permanent" in text


def test_the_schedule_without_a_herd_has_no_histogram() -> None:
    assert "peak" not in schedule(clients=None)


def test_a_policy_without_fallback_ends_in_silence() -> None:
    assert "ends in silence for ever" in " ".join(schedule(client=Client()).split())


def test_a_patient_policy_is_told_so() -> None:
    patient = Client(reconnect=replace(INCIDENT.reconnect, attempts=100))

    assert "The policy outlasts every outage up to 10 min." in " ".join(schedule(client=patient).split())


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "0 s"), (0.25, "0.2 s"), (9.96, "10 s"), (15.0, "15 s"), (60.0, "1 min"), (130.4, "2 min 10 s")],
)
def test_durations_for_people(value: float, expected: str) -> None:
    assert seconds(value) == expected
