from __future__ import annotations

import json
import re

import pytest

from diag.client.events import KINDS, ClientEvent
from diag.commands._watch_ndjson import FIELDS, Ndjson, event_line
from diag.commands._watch_run import Subject, Watch
from diag.model import Route, Target

URL = "ws://localhost/ws"
SUBJECT = Subject(Target("http://localhost", URL, (Route("proxy", URL),)))
NEVER_IN_A_WATCH = {"fallback", "polled"}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - NEVER_IN_A_WATCH))
def test_every_kind_of_event_is_documented_with_its_fields(kind: str) -> None:
    found = re.search(rf"^  {kind}\b(.*(?:\n   +.*)*)", FIELDS, re.MULTILINE)
    assert found, kind
    line = event_line(ClientEvent(1.5, kind, value=2.0, text="x"), str)
    assert (line.pop("event"), line.pop("at_ms")) == (kind, 1500.0)
    assert [name for name in line if name not in found[1]] == []


def test_messages_that_were_too_fast_are_counted_where_they_are_missing(capsys: pytest.CaptureFixture[str]) -> None:
    view, watch = Ndjson(SUBJECT), Watch(SUBJECT, keep_messages=True)
    for dropped in (0, 7, 7, 10):
        watch.dropped = dropped
        assert view.show([], watch)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["event"], line["messages"]) for line in lines] == [("dropped", 7), ("dropped", 3)]


def test_what_a_server_sends_stays_inside_its_line() -> None:
    line = json.dumps(event_line(ClientEvent(0.0, "message", text='a\n{"event":"closed"}\u2028\ud800'), str))
    assert line.isascii()
    assert "\n" not in line
