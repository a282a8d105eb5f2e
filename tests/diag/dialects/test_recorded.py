"""A recording keeps the dialect that was spoken, and none that does not exist."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from diag.model import Route, Target
from diag.observations import Beat, Session
from diag.recording import Recording, dump, load

ROUTE = Route("direct", "ws://127.0.0.1:3000/ws")
SESSION = Session("direct", "browser", 900.0, server_beats=(Beat("application", 0.0, 5.0),), dialect="socketio")
RECORDING = Recording(Target(ROUTE.origin, ROUTE.url, (ROUTE,)), "2027-01-15T10:12:03.418Z", 1.0, (SESSION,))


def test_it_is_read_back() -> None:
    recording = replace(RECORDING, observations=(replace(SESSION, dialect_why="the server greets in it"),))
    assert load(dump(recording, masked=False)) == recording


def test_a_dialect_of_nobodys_is_refused() -> None:
    document = json.loads(dump(RECORDING, masked=False))
    document["observations"][0]["dialect"] = "klingon"
    with pytest.raises(ValueError, match=r"observations\[0\].dialect 'klingon' is none of wsdiag's"):
        load(json.dumps(document))
