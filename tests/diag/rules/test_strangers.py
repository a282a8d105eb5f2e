"""Something answers, and it is not the service."""

from __future__ import annotations

import pytest

from diag.observations import TypeSeen

LISTING = "<title>Directory listing for /</title>"
WELCOME = "<h1>Welcome to nginx!</h1>"


def pushed(*types: str, **changes: str):
    rows = tuple(TypeSeen(type_, 1, 5.0, f'{{"type":"{type_}"}}') for type_ in types)
    return lambda s: s.opens("proxy").session("proxy", types=rows, **changes)


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("dev-server-hmr-collision", pushed("connected"), id="Vite's hot reload"),
        pytest.param("dev-server-hmr-collision", pushed("connected", "update", "full-reload"), id="and its updates"),
        pytest.param("dev-server-hmr-collision", pushed("hot", "liveReload", "overlay", "hash", "ok"), id="webpack's"),
        pytest.param(
            "dev-server-hmr-collision",
            lambda s: pushed("connected")(s.given(expect=("bot:status_change",))),
            id="while something else was expected",
        ),
        pytest.param(
            "wrong-server-on-port",
            lambda s: s.answers("proxy", 404, "File not found", headers={"Server": "SimpleHTTP/0.6 Python/3.11"}),
            id="python -m http.server",
        ),
        pytest.param(
            "wrong-server-on-port",
            lambda s: s.nginx("proxy", 404).answers("proxy", 200, LISTING, "text/html", variants=("get-root",)),
            id="a directory listing at the root",
        ),
        pytest.param(
            "wrong-vhost",
            lambda s: s.nginx("proxy", 404).answers("proxy", 200, WELCOME, "text/html", variants=("get-root",)),
            id="nginx's welcome at the root",
        ),
        pytest.param(
            "wrong-vhost",
            lambda s: s.answers("proxy", 200, "<h1>It works!</h1>", "text/html"),
            id="Apache's, for any path",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "dev-server-hmr-collision", pushed("connected", "bot:status_change"), None, id="the service's own too"
        ),
        pytest.param("dev-server-hmr-collision", pushed("ok"), None, id="no greeting of a dev server"),
        pytest.param("dev-server-hmr-collision", pushed(), None, id="nothing was pushed"),
        pytest.param(
            "dev-server-hmr-collision",
            lambda s: pushed("connected", subprotocol="bots.v1")(s.client(subprotocols=("bots.v1",))),
            None,
            id="a subprotocol was agreed upon: it is the service",
        ),
        pytest.param(
            "dev-server-hmr-collision",
            lambda s: pushed("connection:established")(s.given(expect=("bot:status_change",))),
            "ws-connected-but-no-updates",
            id="the service's own socket, and nothing is pushed",
        ),
        pytest.param(
            "wrong-server-on-port",
            lambda s: s.unknown_path("proxy").unknown_path("direct"),
            "ws-path-not-found",
            id="the right server, another path",
        ),
        pytest.param(
            "wrong-server-on-port",
            lambda s: s.answers("proxy", 200, WELCOME, "text/html"),
            "wrong-vhost",
            id="the right machine, another site",
        ),
        pytest.param(
            "wrong-vhost",
            lambda s: s.answers("proxy", 400, "Bad Request: Invalid host").answers("direct", 400),
            "unexplained",
            id="a host that is refused",
        ),
        pytest.param(
            "wrong-vhost",
            lambda s: s.answers("proxy", 200, LISTING, "text/html"),
            "wrong-server-on-port",
            id="a file server",
        ),
        pytest.param(
            "wrong-vhost",
            lambda s: s.opens("proxy").answers("proxy", 200, WELCOME, "text/html", variants=("get-root",)),
            None,
            id="the socket opens, whatever the root shows",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)
