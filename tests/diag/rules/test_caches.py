"""Caches that answer a handshake with what they have stored."""

from __future__ import annotations

import pytest

STORED = {"Age": "31", "X-Cache": "HIT"}


def stored(headers: dict[str, str], status: int = 404):
    return lambda s: s.answers("proxy", status, "Not Found", headers=headers).opens("direct")


def switched(*accepts: str, **headers: str):
    """Two handshakes and their Sec-WebSocket-Accept."""

    def tell(s):
        for variant, accept in zip(("browser", "repeat"), accepts, strict=True):
            s.switches("proxy", variant, Sec_WebSocket_Accept=accept, **headers)

    return tell


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(stored(STORED), id="an age and a hit"),
        pytest.param(stored({"Age": "1"}, 200), id="an age"),
        pytest.param(stored({"X-Cache": "Hit from cloudfront"}, 403), id="CloudFront's words"),
        pytest.param(stored({"cf-cache-status": "HIT", "cf-ray": "8f1"}, 400), id="Cloudflare's words"),
        pytest.param(
            lambda s: stored(STORED)(s).answers("direct", 404, "Not Found", variants=("no-upgrade",)),
            id="what is stored is the answer to a request without Upgrade",
        ),
        pytest.param(switched("AAAA", "AAAA", Age="7"), id="one Accept for two keys, with an age"),
    ],
)
def test_fires(must_name, tell) -> None:
    must_name(tell, "cdn-cached-handshake")


@pytest.mark.parametrize(
    ("tell", "instead"),
    [
        pytest.param(
            lambda s: (
                stored({"Age": "0", "X-Cache": "MISS"})(s)
                .answers("direct", 404, "Not Found", variants=("no-upgrade",))
            ),
            "upgrade-headers-stripped",
            id="a cache that has just asked",
        ),
        pytest.param(
            stored({"cf-cache-status": "DYNAMIC", "cf-ray": "8f1"}, 403), "cdn-blocks-websocket",
            id="a CDN that blocks",
        ),
        pytest.param(
            lambda s: s.answers("proxy", 404, "Not Found", headers=STORED).answers("direct", 404, "Not Found"),
            "ws-path-not-found",
            id="the backend does not open either",
        ),
        pytest.param(switched("AAAA", "AAAA"), "accept-wrong", id="a server with a fixed answer"),
        pytest.param(switched("AAAA", "BBBB", Age="7"), "accept-wrong", id="an Accept for each key, all wrong"),
        pytest.param(lambda s: s.switches("proxy", Age="7").session("proxy"), None, id="it opens, whatever is signed"),
    ],
)  # fmt: skip
def test_keeps_quiet(must_not_name, tell, instead: str | None) -> None:
    must_not_name(tell, "cdn-cached-handshake", instead)
