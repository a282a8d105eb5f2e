from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest

from diag.drill.report import details, report, schedule_details, schedule_report
from diag.drill.run import Drill
from diag.drill.schedule import herd, proposal, table
from diag.model import Client, Fallback, Route, Target, Verdict
from reports.json import document

URL = "ws://localhost:5173/ws"
INCIDENT = Client(fallback=Fallback())
TARGET = Target("http://localhost:5173", URL, (Route("proxy", URL),), client=INCIDENT)
SCHEMA = json.loads(resources.files("reports").joinpath("schema/report-v1.json").read_text("utf-8"))
POLLS = (
    "0 opened 4", "1 message a 1", "5 closed 1012 clean", "5 waiting 10.0", "15 attempt 1", "15 refused tcp-refused",
    "65 fallback 10.0", "65 polled 200", "75 polled",
)  # fmt: skip
BACK = ("0 opened 4", "5 closed 1006", "5 waiting 10.0", "15 attempt 1", "15 opened 3")


@pytest.fixture
def drill(events, timeline):
    """`drill(lines, steps, ended_s, **fields)`."""

    def make(lines, steps, ended_s: float, **fields) -> Drill:
        started = "2027-01-15T10:12:03.418Z"
        return Drill(TARGET, INCIDENT, timeline(*steps), events(*lines), ended_s, started, 1234.5, **fields)

    return make


@pytest.mark.parametrize(
    ("lines", "steps", "fields", "expected"),
    [
        pytest.param(BACK, ("reset,at=5s",), {}, (Verdict.HEALTHY, None), id="it came back"),
        pytest.param(
            POLLS, ("restart,at=5s,for=70s",), {}, (Verdict.BROKEN, "fallback-permanent"), id="no socket at the end"
        ),
        pytest.param(
            ("0 opened",),
            ("black-hole,at=5s,for=40s",),
            {},
            (Verdict.DEGRADED, "half-open-undetected"),
            id="a socket, and something is wrong",
        ),
        pytest.param(("0 opened",), ("reset,at=90s",), {"interrupted": True}, (Verdict.UNKNOWN, None), id="Ctrl-C"),
        pytest.param(("0 opened",), ("reset,at=90s",), {"cut_short": True}, (Verdict.UNKNOWN, None), id="the deadline"),
    ],
)
def test_the_verdict_is_about_the_page_at_the_end(drill, lines, steps, fields, expected) -> None:
    found = report(drill(lines, steps, 120.0, **fields))

    assert (found.command, found.verdict, found.primary_cause) == ("drill", *expected)


def test_the_notes_say_what_to_keep_in_mind(drill) -> None:
    better = proposal(INCIDENT)
    notes = report(drill(POLLS, ("restart,at=5s,for=70s",), 120.0, speed=10.0, forgotten=7)).notes

    assert notes[0].startswith("policy and timeline ran 10 times as fast, the server did not")
    assert notes[1] == "7 messages were counted and not looked at"
    assert "--proposed" in notes[2]
    assert report(drill(BACK, ("reset,at=5s",), 30.0, proposal=better)).notes == (
        "the client followed the proposed policy, not its own",
    )
    assert report(drill(BACK, ("reset,at=5s",), 30.0)).notes == ()


def test_a_loss_that_is_not_the_drills_is_pointed_out(drill) -> None:
    lines = ("0 opened", "3 closed 1011 clean", "4 opened", "5 closed 1006", "8 opened")
    notes = report(drill(lines, ("refuse,at=5s,for=2s",), 30.0)).notes

    assert notes == ("sessions lost while nothing was broken on purpose: 1; wsdiag probe tells why",)


def test_a_drill_for_programs(drill) -> None:
    done = drill(POLLS, ("restart,at=5s,for=70s",), 120.0)
    found = details(done)

    jsonschema.validate(json.loads(json.dumps({**document(report(done)), "drill": found})), SCHEMA)
    assert found["timeline"] == "test"
    assert found["losses"] == [
        {
            "at_ms": 5000.0,
            "noticed_after_ms": 0.0,
            "close": {"code": 1012, "reason": "", "clean": True},
            "attempts": [{"after_ms": 10_000.0, "waited_ms": 10_000.0, "failure": "tcp-refused"}],
            "fallback_after_ms": 60_000.0,
            "gave_up_after_ms": None,
            "back_after_ms": None,
        }
    ]
    assert (found["fallback_ms"], found["returned_from_fallback"]) == (55_000.0, False)
    assert found["polls"] == {"sent": 2, "failed": 1}
    assert found["messages"] == {"received": 1, "missed": 0, "duplicated": 0}
    assert found["story"][-1]["what"] == "the end of the drill: polling"
    assert found["policy"]["reconnect"]["attempts"] == 3


def test_what_cannot_be_counted_is_null(drill) -> None:
    found = details(drill(("0 opened", "1 message a"), ("reset,at=5s",), 30.0))

    assert found["messages"] == {"received": 1, "missed": None, "duplicated": None}
    assert found["returned_from_fallback"] is None


def test_a_schedule_for_programs() -> None:
    told = schedule_report(TARGET)
    found = schedule_details(INCIDENT, table(INCIDENT), herd(INCIDENT, 100))

    jsonschema.validate(json.loads(json.dumps({**document(told), "schedule": found})), SCHEMA)
    assert (told.verdict, told.primary_cause) == (Verdict.DEGRADED, "fallback-permanent")
    assert found["outages"][-1]["back_after_ms"] is None
    assert found["outages"][-1]["ends"] == "polling"
    assert found["outages"][0]["back_after_ms"] == 10_000.0
    assert (found["herd"]["peak"], found["herd"]["proposed_peak"] < 100) == (100, True)
    assert schedule_details(INCIDENT, table(INCIDENT), None)["herd"] is None
