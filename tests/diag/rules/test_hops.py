"""Which hop answered: the hand in the body first, then the signature."""

from __future__ import annotations

import pytest

from diag.observations import Answer
from diag.rules._hops import answered_by, written_by_proxy

NGINX = b"<html><hr><center>nginx/1.22.1</center></html>"
HAPROXY = b"<html><body>No server is available to handle this request.</body></html>"


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, "", "HTTP/1.1", tuple(headers.items()), body)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param(None, None, id="nobody"),
        pytest.param(answer(101), None, id="an unsigned 101"),
        pytest.param(answer(101, server="nginx/1.22.1"), "nginx", id="a 101 that nginx passed on"),
        pytest.param(answer(404, b"{}", server="uvicorn"), "uvicorn", id="the backend itself"),
        pytest.param(answer(502, NGINX), "nginx", id="nginx's page without a signature"),
        pytest.param(answer(503, HAPROXY), "HAProxy", id="HAProxy never signs"),
        pytest.param(answer(503, HAPROXY, server="nginx"), "HAProxy", id="HAProxy's page, passed on by nginx"),
        pytest.param(answer(200, NGINX), None, id="a page that only looks like an error page"),
        pytest.param(answer(200, b'<script src="/@vite/client">'), "Vite", id="Vite"),
        pytest.param(answer(403, server="x", **{"cf-ray": "8f"}), "Cloudflare", id="a CDN's own header"),
        pytest.param(answer(404, b"<pre>Cannot GET /ws</pre>"), "Express", id="Express"),
        pytest.param(answer(200, server="openresty"), "OpenResty", id="its own spelling"),
        pytest.param(answer(200, server="TornadoServer/6.6"), "TornadoServer", id="without the version"),
    ],
)
def test_answered_by(given: Answer | None, name: str | None) -> None:
    assert answered_by(given) == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param(answer(502, NGINX), "nginx", id="nginx's own page"),
        pytest.param(answer(502, server="Caddy"), "Caddy", id="Caddy's empty 502"),
        pytest.param(answer(404, b"404 page not found\n"), "Traefik", id="Traefik's 404"),
        pytest.param(answer(403, b"Request forbidden by administrative rules."), "HAProxy", id="HAProxy's 403"),
        pytest.param(answer(404, b"{}", server="nginx"), None, id="the backend's 404, signed by nginx"),
        pytest.param(answer(403, b"{}", server="Caddy"), None, id="the backend's 403, signed by Caddy"),
        pytest.param(answer(404, b"404 page not found\n", server="app"), None, id="a Go backend that signs"),
        pytest.param(answer(404, b"<pre>Cannot GET /ws</pre>"), None, id="Express is no proxy"),
        pytest.param(answer(200, NGINX), None, id="no error"),
        pytest.param(None, None, id="nobody"),
    ],
)
def test_written_by_proxy(given: Answer | None, name: str | None) -> None:
    assert written_by_proxy(given) == name
