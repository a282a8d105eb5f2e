"""WebSockets over HTTP/2: invited, and then refused."""

from __future__ import annotations

import pytest

from diag.observations import ExtendedConnect, Http2Answer

SECURE = "wss://localhost:5173/ws"


def told(answer: Http2Answer | None, opens: bool = True):
    def tell(s):
        s.only(SECURE)
        s = s.opens("proxy") if opens else s.answers("proxy", 500, "oops").answers("proxy", 404, variants=("get",))
        s.observations.append(ExtendedConnect("proxy", "h2", answer))

    return tell


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Http2Answer(True, "answered", 400), id="400"),
        pytest.param(Http2Answer(True, "answered", 405), id="405"),
        pytest.param(Http2Answer(True, "reset", error=1), id="the stream is reset"),
        pytest.param(Http2Answer(True, "goaway", error=2), id="the connection is ended"),
        pytest.param(Http2Answer(True, "eof"), id="the stream ends"),
    ],
)
def test_fires(must_name, answer: Http2Answer) -> None:
    report = must_name(told(answer), "h2-connect-advertised-but-broken")
    assert report.verdict.value == "degraded"


@pytest.mark.parametrize(
    ("tell", "instead"),
    [
        pytest.param(told(Http2Answer(True, "answered", 200)), None, id="it opens"),
        pytest.param(told(Http2Answer(False, "not-asked")), None, id="not announced"),
        pytest.param(told(Http2Answer(True, "timeout")), None, id="no answer in our time"),
        pytest.param(told(Http2Answer(True, "answered")), None, id="an answer that we cannot read"),
        pytest.param(told(Http2Answer(True, "answered", 403)), None, id="a ticket that is good for once"),
        pytest.param(told(Http2Answer(True, "answered", 503)), None, id="no room for a second session"),
        pytest.param(told(None), None, id="the server chose HTTP/1.1"),
        pytest.param(
            told(Http2Answer(True, "answered", 500), opens=False), "server-error-in-handshake", id="HTTP/1.1 fails too"
        ),
    ],
)
def test_keeps_quiet(must_not_name, tell, instead: str | None) -> None:
    must_not_name(tell, "h2-connect-advertised-but-broken", instead)
