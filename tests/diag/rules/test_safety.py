"""It works, and for everybody: an advice, never the cause."""

from __future__ import annotations

import pytest


def for_anybody(s):
    """Both routes open for a foreign page as well."""
    return s.opens("proxy").opens("direct").opens("proxy", "foreign-origin").opens("direct", "foreign-origin")


def with_cookies(s):
    return s.given(cookies="session=abcdef123456")


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("cswsh-open", lambda s: for_anybody(with_cookies(s)), id="the page's own cookies"),
        pytest.param(
            "cswsh-open",
            lambda s: for_anybody(s).switches("proxy", Set_Cookie="sid=1; HttpOnly"),
            id="the handshake sets a cookie",
        ),
        pytest.param(
            "dev-proxy-erases-origin",
            lambda s: for_anybody(with_cookies(s)).answers("direct", 403, variants=("foreign-origin",)),
            id="the backend refuses what the proxy lets in",
        ),
    ],
)
def test_fires_without_being_the_cause(must_mention, code: str, tell) -> None:
    report = must_mention(tell, code, primary=None)
    assert report.verdict.value == "healthy"


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param("cswsh-open", for_anybody, None, id="no cookie says who the user is"),
        pytest.param(
            "cswsh-open",
            lambda s: for_anybody(with_cookies(s)).answers("proxy", 403, variants=("foreign-origin",)),
            None,
            id="a foreign page is refused",
        ),
        pytest.param(
            "cswsh-open",
            lambda s: for_anybody(with_cookies(s)).answers("direct", 403, variants=("foreign-origin",)),
            None,
            id="only the development proxy lets it in",
        ),
        pytest.param("cswsh-open", lambda s: with_cookies(s).opens("proxy"), None, id="nobody asked"),
        pytest.param(
            "dev-proxy-erases-origin", lambda s: for_anybody(with_cookies(s)), None, id="the backend lets it in too"
        ),
        pytest.param(
            "dev-proxy-erases-origin",
            lambda s: for_anybody(with_cookies(s)).refused("direct", "foreign-origin").refused("direct"),
            None,
            id="the backend cannot be reached",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)
