"""A real browser's verdict against ours: only a difference is a finding."""

from __future__ import annotations

import pytest

from diag.model import Route, Target
from diag.observations import BrowserTry, Exchange, NoAnswer
from diag.rules.witness import judge
from diag.seen import Seen

URL = "ws://localhost:5173/ws"
TARGET = Target(page="http://localhost:5173", url=URL, routes=(Route("proxy", URL),))
REFUSED = Exchange("proxy", "browser", URL, (), NoAnswer("tcp", "refused"), 1.0)
OPENED = BrowserTry("websocket", "proxy", URL, opened=True)
FAILED = BrowserTry("websocket", "proxy", URL, opened=False, close_code=1006)


@pytest.mark.parametrize(
    ("observations", "codes"),
    [
        pytest.param((REFUSED, OPENED), ["browser-disagrees"], id="it opens"),
        pytest.param((REFUSED, FAILED), [], id="it fails as well"),
        pytest.param((OPENED,), [], id="we did not get to it"),
        pytest.param((REFUSED,), [], id="no browser was asked"),
    ],
)
def test_disagreement(observations: tuple, codes: list[str]) -> None:
    found = list(judge(Seen(TARGET, observations)))
    assert [finding.code for finding in found] == codes
    assert all(finding.evidence for finding in found)
