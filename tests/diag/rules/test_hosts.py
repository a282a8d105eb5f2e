"""The server refuses the Host under which it is called."""

from __future__ import annotations

import pytest

SENTENCE = "Invalid host header"
DJANGO = "<!doctype html><title>Bad Request (400)</title><h1>Bad Request (400)</h1><p></p>"
API = "http://localhost:3000/api/health"


def refused(status: int, body: str, everywhere: bool = True):
    def tell(s):
        return s.answers("proxy", status, body, variants=("browser", *(("get-root",) if everywhere else ())))

    return tell


def rest(*bodies: tuple[int, str]):
    """The socket opens; these are the answers to the page's REST requests."""

    def tell(s):
        s.opens("proxy")
        for number, (status, body) in enumerate(bodies):
            allowed = s.target.page
            kind = "text/html" if body.startswith("<") else "application/json"
            answer = s.answer(status, body, kind, Access_Control_Allow_Origin=allowed)
            s.rest(f"{API}/{number}", answer)
        return s

    return tell


@pytest.mark.parametrize(
    ("tell", "route"),
    [
        pytest.param(
            lambda s: refused(400, "no")(s).opens("proxy", "host=127.0.0.1"), "proxy", id="another Host opens"
        ),
        pytest.param(refused(400, SENTENCE), "proxy", id="Starlette says so"),
        pytest.param(refused(421, "Misdirected"), "proxy", id="421 says so by itself"),
        pytest.param(rest((400, DJANGO), (400, DJANGO)), None, id="Django refuses REST; Channels hands the socket on"),
    ],
)
def test_fires(must_name, tell, route: str | None) -> None:
    must_name(tell, "host-not-allowed", route)


@pytest.mark.parametrize(
    ("tell", "instead"),
    [
        pytest.param(refused(400, "no"), "unexplained", id="any other 400"),
        pytest.param(refused(400, SENTENCE, everywhere=False), "unexplained", id="the root is served"),
        pytest.param(
            lambda s: s.answers("proxy", 403).answers("proxy", 403, variants=("host=127.0.0.1",)),
            "auth-forbidden",
            id="no other Host opens either",
        ),
        pytest.param(rest((400, DJANGO), (200, "{}")), "rest-bad-request", id="one REST request passes"),
        pytest.param(rest((400, '{"detail":"bad"}')), "rest-bad-request", id="a 400 of the application"),
    ],
)
def test_keeps_quiet(must_not_name, tell, instead: str | None) -> None:
    must_not_name(tell, "host-not-allowed", instead)
