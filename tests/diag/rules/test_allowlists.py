"""Origin checks that take look-alikes."""

from __future__ import annotations

import pytest

LIKE = "origin=http://localhost.wsdiag-foreign.example:5173"
BEFORE = "origin=http://wsdiag-foreign-localhost:5173"


def refusing(s):
    """A session in a cookie, and a foreign origin that is refused."""
    return s.given(cookies="session=abcdef").opens("proxy").answers("proxy", 403, variants=("foreign-origin", LIKE))


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda s: refusing(s).opens("proxy", LIKE), id="it begins like the page's"),
        pytest.param(lambda s: refusing(s).opens("proxy", BEFORE), id="it ends like the page's"),
        pytest.param(lambda s: refusing(s).opens("proxy", "origin=null"), id="null"),
    ],
)
def test_fires_without_being_what_the_page_suffers_from(must_mention, tell) -> None:
    report = must_mention(tell, "origin-allowlist-weak", None)
    assert report.findings[0].severity.value == "error"


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(refusing, id="look-alikes are refused"),
        pytest.param(lambda s: refusing(s).opens("proxy", "origin=http://localhost:5173"), id="the page's own origin"),
        pytest.param(lambda s: refusing(s).opens("proxy", "foreign-origin", LIKE), id="everybody is taken"),
        pytest.param(lambda s: s.opens("proxy", LIKE), id="nobody asked for a foreign one"),
    ],
)
def test_keeps_quiet(scene, tell) -> None:
    tell(scene)
    assert "origin-allowlist-weak" not in {finding.code for finding in scene.found()}
