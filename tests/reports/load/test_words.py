"""What the causes of a load run are called, in the catalogue and beyond it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.measures.building import Circumstances, result
from diag.measures.result import Cause
from diag.measures.tally import Tally
from reports.load._words import causes


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        pytest.param(
            Cause("tcp-refused", "handshake", 2000), "2,000 handshakes — Nothing listens on this port", id="catalogue"
        ),
        pytest.param(
            Cause("handshake-unanswered", "handshake", 3), "3 handshakes — no answer yet when the run ended", id="ours"
        ),
        pytest.param(Cause("http-500", "http", 1), "1 request — answered with status 500", id="a status"),
        pytest.param(Cause("close-4000", "session", 5), "5 sessions", id="nothing is known of it"),
    ],
)
def test_a_cause_is_counted_and_explained(cause: Cause, text: str) -> None:
    run = replace(result(Tally(), Circumstances("websocket", 1, 1.0)), causes=(cause,))
    assert causes(run) == [(cause.code, text)]
