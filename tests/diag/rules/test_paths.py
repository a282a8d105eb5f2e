"""The path is wrong: by another path that opens, or by the answer that any unknown path gets."""

from __future__ import annotations

import pytest

ENGINE = "path=/socket.io/?EIO=4&transport=websocket"


def unknown(status: int, body: str = "", *paths: str):
    """The page's path gets what an unknown one gets; these paths open."""

    def tell(s):
        s.answers("proxy", status, body, variants=("browser", "no-origin", "own-origin", "sibling"))
        return s.opens("proxy", *paths) if paths else s

    return tell


def ws_library(s, get: str = "Cannot GET /ws"):
    """Node's ws outside its path: 400 for any upgrade, while the application answers plain requests."""
    return unknown(400, "Bad Request")(s).answers("proxy", 404, get, variants=("get",))


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("ws-path-not-found", unknown(403, "", "path=/live"), id="an ASGI server's empty 403"),
        pytest.param("ws-path-not-found", unknown(404, "not found", "path=/live"), id="404"),
        pytest.param("ws-path-not-found", unknown(500, "Internal server error", "path=/live"), id="daphne's 500"),
        pytest.param("ws-path-not-found", unknown(400, "Bad Request", "path=/live"), id="Node's ws, and one opens"),
        pytest.param("ws-path-not-found", ws_library, id="Node's ws, and none was found"),
        pytest.param(
            "ws-path-not-found",
            lambda s: (
                s.silent("proxy", "http", "eof").silent("proxy", "http", "eof", "sibling").opens("proxy", "path=/live")
            ),
            id="a server that destroys unknown upgrades",
        ),
        pytest.param("ws-path-trailing-slash", unknown(403, "", "path=/ws/"), id="a slash is missing"),
        pytest.param("socketio-wrong-path", unknown(403, "", ENGINE), id="Engine.IO beside another application"),
        pytest.param(
            "socketio-wrong-path",
            lambda s: s.silent("proxy", "http", "eof", took_ms=1002).opens("proxy", ENGINE),
            id="Engine.IO alone",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "ws-path-not-found", unknown(403, "", "path=/ws/"), "ws-path-trailing-slash", id="only a slash differs"
        ),
        pytest.param(
            "ws-path-trailing-slash", unknown(403, "", "path=/ws/v2"), "ws-path-not-found", id="more than a slash"
        ),
        pytest.param("ws-path-not-found", unknown(403), "auth-forbidden", id="no other path opens"),
        pytest.param(
            "ws-path-not-found",
            lambda s: s.answers("proxy", 400, "Bad Request").answers("proxy", 404, "no", variants=("sibling", "get")),
            "unexplained",
            id="400, and an unknown path gets another answer",
        ),
        pytest.param(
            "ws-path-not-found",
            lambda s: unknown(400, "Bad Request")(s).answers("proxy", 400, "Bad Request", variants=("get",)),
            "unexplained",
            id="400 to everything",
        ),
        pytest.param(
            "ws-path-not-found",
            lambda s: (
                unknown(404, "x", "path=/live")(s).opens("direct").answers("direct", 404, "x", variants=("sibling",))
            ),
            "proxy-path-mismatch",
            id="the backend opens directly: the differential decides",
        ),
        pytest.param("ws-path-not-found", lambda s: s.opens("proxy"), None, id="it opens"),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def refused_like_unknown(path: str, **given):
    """A FastAPI application without a route for this path, and none of the usual paths opens."""

    def tell(s):
        s.only(f"ws://localhost:5173{path}").given(**given)
        return unknown(403)(s)

    return tell


def test_an_empty_403_for_every_path_is_one_that_nobody_serves(must_name) -> None:
    must_name(refused_like_unknown("/api/bots/updates"), "ws-path-not-found")


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(refused_like_unknown("/ws"), id="a usual name"),
        pytest.param(refused_like_unknown("/api/v1/ws"), id="a usual name below others"),
        pytest.param(refused_like_unknown("/api/bots/updates", cookies="session=1234"), id="with a session"),
        pytest.param(refused_like_unknown("/api/bots/updates?token=1234"), id="with a ticket in the URL"),
        pytest.param(
            refused_like_unknown("/api/bots/updates", headers=(("Authorization", "Bearer x"),)), id="with a token"
        ),
        pytest.param(
            lambda s: refused_like_unknown("/updates")(s).answers("proxy", 403, "no", variants=("sibling",)),
            id="unknown paths get another answer",
        ),
        pytest.param(
            lambda s: refused_like_unknown("/updates")(s).answers("proxy", 404, variants=("no-origin",)),
            id="the Origin changes it",
        ),
    ],
)
def test_an_empty_403_may_be_a_refusal(must_not_name, tell) -> None:
    must_not_name(tell, "ws-path-not-found", "auth-forbidden")
