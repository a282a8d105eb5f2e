"""The same host over ws and over wss."""

from __future__ import annotations

import pytest

from diag.model import Route

PLAIN, SECURE = Route("proxy", "ws://app.example/ws"), Route("secure", "wss://app.example/ws")
ELSEWHERE = Route("secure", "wss://other.example/ws")
STRIPPED = (404, '{"detail":"Not Found"}')


def twins(status: int, body: str, other: Route = SECURE):
    """The page's ws URL, and another route over wss."""
    return lambda s: (
        s.given(page="http://app.example", url=PLAIN.url, routes=(PLAIN, other))
        .answers("proxy", status, body)
        .opens("secure")
        .answers("secure", *STRIPPED, variants=("no-upgrade",))
    )


def alone(*opens: str):
    return lambda s: (
        s.only(PLAIN.url)
        .answers("proxy", *STRIPPED)
        .answers("proxy", *STRIPPED, variants=("wss", "wss-no-upgrade"))
        .opens("proxy", *opens)
    )


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(twins(*STRIPPED), id="both routes are given"),
        pytest.param(alone("wss"), id="wss was tried beside it"),
    ],
)
def test_fires(must_name, tell) -> None:
    must_name(tell, "middlebox-strips-upgrade")


@pytest.mark.parametrize(
    ("tell", "instead"),
    [
        pytest.param(twins(403, "blocked"), "proxy-access-denied", id="another answer than to a stripped request"),
        pytest.param(twins(*STRIPPED, ELSEWHERE), "upgrade-headers-stripped", id="another host"),
        pytest.param(alone("version-99"), "ws-path-not-found", id="wss fails as well"),
        pytest.param(
            lambda s: twins(*STRIPPED)(s).opens("proxy"), None, id="ws opens"
        ),
    ],
)  # fmt: skip
def test_keeps_quiet(must_not_name, tell, instead: str | None) -> None:
    must_not_name(tell, "middlebox-strips-upgrade", instead)
