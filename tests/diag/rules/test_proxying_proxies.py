"""The differential behind real proxies: each signs, refuses and rewrites in a hand of its own."""

from __future__ import annotations

import pytest

from diag.observations import Answer
from diag.rules._hops import written_by_proxy

HOST = "host=localhost:5173"
APACHE = '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<title>{0}</title><h1>{0}</h1>'
LIGHTTPD = '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n"…"><h1>{0}</h1>'
TARPIT = "<html><body><h1>500 Internal Server Error</h1>\nAn internal server error occurred.\n</body></html>\n"
EXPRESS = "<pre>Cannot GET {0}</pre>"
STRIPPED = 'Can "Upgrade" only to "WebSocket".'
CROSS = "Cross origin websockets not allowed"


def answer(status: int, body: str = "", **headers: str) -> Answer:
    given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, "", "HTTP/1.1", given, body.encode())


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param(
            answer(410, APACHE.format("Gone"), Server="Apache/2.4", Content_Type="text/html"), "Apache", id="Apache"
        ),
        pytest.param(
            answer(403, LIGHTTPD.format("403"), Server="lighttpd/1.4", Content_Type="text/html"),
            "lighttpd",
            id="lighttpd",
        ),
        pytest.param(answer(500, TARPIT, Content_Type="text/html"), "HAProxy", id="HAProxy's tarpit"),
        pytest.param(answer(503, "no available server\n", Content_Type="text/plain"), "Traefik", id="an empty pool"),
        pytest.param(answer(502, "Bad Gateway", Date="x", Content_Length="11"), "Traefik", id="the phrase alone"),
        pytest.param(answer(403, "", server="envoy"), "Envoy", id="Envoy, without an upstream's time"),
        pytest.param(answer(403, "", server="envoy", x_envoy_upstream_service_time="3"), None, id="an upstream's"),
        pytest.param(answer(403, "", Server="Caddy", Content_Type="text/plain"), None, id="uvicorn's 403 behind Caddy"),
        pytest.param(answer(403, "", Server="Caddy", Via="1.1 Caddy"), None, id="Caddy says that it passes on"),
        pytest.param(answer(403, "", Server="Caddy, Python/3.11"), None, id="the backend signs too"),
        pytest.param(answer(404, "Not Found", Date="x", Content_Type="text/plain"), None, id="the phrase, with a type"),
        pytest.param(
            answer(404, "<h1>no DTD</h1>", Server="Apache/2.4", Content_Type="text/html"),
            None,
            id="a page behind Apache",
        ),
        pytest.param(answer(599, "-"), None, id="a status without a phrase"),
    ],
)
def test_written_by_proxy(given: Answer, name: str | None) -> None:
    assert written_by_proxy(given) == name


def same_origin_check(s):
    """Tornado, reached directly: the page's Origin does not fit the backend's own Host."""
    return s.answers("direct", 403, CROSS).opens("direct", HOST, "own-origin")


def refuses_origins(s, *variants: str):
    """A backend with an allow list, and the empty 403 of an ASGI server for everything."""
    return s.answers("proxy", 403).opens("direct").answers("direct", 403, variants=(*variants, "sibling"))


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "upgrade-headers-stripped",
            lambda s: (
                same_origin_check(s)
                .answers("proxy", 400, STRIPPED)
                .answers("direct", 400, STRIPPED, variants=("no-upgrade",))
            ),
            id="stripped in front of a same-origin check",
        ),
        pytest.param(
            "proxy-path-mismatch",
            lambda s: (
                same_origin_check(s)
                .answers("proxy", 404, "no such thing")
                .answers("direct", 404, "no such thing", variants=("path=/",))
            ),
            id="another path in front of a same-origin check",
        ),
        pytest.param(
            "proxy-access-denied",
            lambda s: same_origin_check(s).nginx("proxy", 403),
            id="the proxy's own 403 in front of a same-origin check",
        ),
        pytest.param(
            "origin-host-rewritten",
            lambda s: same_origin_check(s).answers("proxy", 403, CROSS),
            id="the same-origin check's own 403: the Host is replaced",
        ),
        pytest.param(
            "origin-rewritten-by-proxy", lambda s: refuses_origins(s, "no-origin"), id="the Origin is removed"
        ),
        pytest.param(
            "origin-rewritten-by-proxy", lambda s: refuses_origins(s, "own-origin"), id="the upstream's own instead"
        ),
        pytest.param(
            "origin-rewritten-by-proxy", lambda s: refuses_origins(s, "foreign-origin"), id="any other one instead"
        ),
        pytest.param(
            "proxy-drops-handshake-headers",
            lambda s: (
                s.answers("proxy", 400, "missing version")
                .opens("direct")
                .answers("direct", 400, "missing version", variants=("no-version",))
            ),
            id="the version is dropped",
        ),
        pytest.param(
            "proxy-drops-handshake-headers",
            lambda s: s.answers("proxy", 426, headers={"Sec-WebSocket-Version": "13"}).opens("direct"),
            id="asks for version 13, which was sent",
        ),
        pytest.param(
            "proxy-drops-handshake-headers",
            lambda s: same_origin_check(s).answers("proxy", 400, "Missing/Invalid WebSocket headers"),
            id="Tornado misses the key",
        ),
        pytest.param(
            "proxy-route-missing",
            lambda s: s.answers("proxy", 410, APACHE.format("Gone"), "text/html", headers={"Server": "Apache"}).opens(
                "direct"
            ),
            id="Apache's 410",
        ),
        pytest.param(
            "proxy-route-missing",
            lambda s: (
                s.answers("proxy", 404, EXPRESS.format("/ws"), "text/html")
                .answers("proxy", 404, EXPRESS.format("/no-such-path-wsdiag"), "text/html", variants=("get-sibling",))
                .opens("direct")
            ),
            id="Express names the path in its 404",
        ),
        pytest.param(
            "proxy-route-missing",
            lambda s: s.answers("proxy", 200, "").answers("proxy", 200, "", variants=("get-sibling",)).opens("direct"),
            id="Caddy's empty 200 for whatever no route takes",
        ),
        pytest.param(
            "http-200-not-websocket",
            lambda s: s.answers("proxy", 200, "ok").answers("proxy", 200, "ok", variants=("get",)).opens("direct"),
            id="the proxy answers this path itself",
        ),
        pytest.param(
            "proxy-access-denied",
            lambda s: (
                s.answers("proxy", 403, "", "", headers={"Server": "Caddy"})
                .opens("direct")
                .answers("direct", 403, variants=("sibling",))
            ),
            id="Caddy's bare 403, which looks like an ASGI server's",
        ),
        pytest.param(
            "proxy-access-denied",
            lambda s: s.answers("proxy", 500, TARPIT, "text/html").opens("direct"),
            id="HAProxy's tarpit",
        ),
        pytest.param(
            "upgrade-headers-stripped",
            lambda s: (
                s.answers("proxy", 403, headers={"server": "envoy"})
                .unknown_path("proxy", "get")
                .answers("proxy", 404, "{}", variants=("get",), headers={"x-envoy-upstream-service-time": "2"})
                .opens("direct")
            ),
            id="Envoy without upgrade_configs passes plain requests only",
        ),
        pytest.param(
            "wrong-server-on-port",
            lambda s: s.answers("proxy", 404, "no page here", variants=("browser", "get")).opens("direct"),
            id="behind the proxy stands another application",
        ),
        pytest.param(
            "wrong-server-on-port",
            lambda s: (
                s.answers("proxy", 400, "Bad Request")
                .answers("proxy", 404, EXPRESS.format("/ws"), "text/html", variants=("get",))
                .opens("direct")
                .unknown_path("direct", "no-upgrade")
            ),
            id="another WebSocket server, which knows no such path",
        ),
        pytest.param(
            "proxy-ws-disabled",
            lambda s: s.answers("proxy", 403).opens("direct").opens("proxy", "repeat", "no-origin", "own-origin"),
            id="http-proxy-middleware listens for upgrades after its first request",
        ),
        pytest.param(
            "host-not-allowed",
            lambda s: (
                s.answers("proxy", 403).answers("proxy", 403, "Invalid Host header", variants=("get",)).opens("direct")
            ),
            id="webpack-dev-server's allowedHosts",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "origin-host-rewritten",
            lambda s: same_origin_check(s).answers("proxy", 400, STRIPPED),
            "unexplained",
            id="not the Host: the proxied answer is another one than the same-origin check's",
        ),
        pytest.param(
            "origin-rewritten-by-proxy",
            refuses_origins,
            "proxy-path-mismatch",
            id="not the origin: the backend takes any",
        ),
        pytest.param(
            "origin-rewritten-by-proxy",
            lambda s: s.nginx("proxy", 403).opens("direct").nginx("direct", 403, "no-origin"),
            "proxy-access-denied",
            id="not the origin: the proxy's own page",
        ),
        pytest.param(
            "proxy-path-mismatch",
            lambda s: (
                s.answers("proxy", 403, "", headers={"server": "envoy"})
                .opens("direct")
                .answers("direct", 403, variants=("sibling",))
            ),
            "proxy-access-denied",
            id="not the path: Envoy never asked its upstream",
        ),
        pytest.param(
            "proxy-drops-handshake-headers",
            lambda s: s.answers("proxy", 403, headers={"Sec-WebSocket-Version": "13"}).opens("direct"),
            "proxy-access-denied",
            id="not the version: some servers send it with every refusal",
        ),
        pytest.param(
            "proxy-drops-handshake-headers",
            lambda s: (
                s.answers("proxy", 426, "x", headers={"Sec-WebSocket-Version": "13"})
                .opens("direct")
                .answers("direct", 426, "x", variants=("no-upgrade",))
            ),
            "upgrade-headers-stripped",
            id="not the version alone: no upgrade was seen",
        ),
        pytest.param(
            "proxy-route-missing",
            lambda s: (
                s.answers("proxy", 404, EXPRESS.format("/ws"), "text/html")
                .answers("proxy", 404, "<pre>Something else</pre>", "text/html", variants=("get-sibling",))
                .opens("direct")
            ),
            "unexplained",
            id="no missing route: unknown paths get another 404",
        ),
        pytest.param(
            "wrong-server-on-port",
            lambda s: s.unknown_path("proxy", "browser", "get").opens("direct").unknown_path("direct", "no-upgrade"),
            "upgrade-headers-stripped",
            id="no other server: the backend answers so without Upgrade",
        ),
        pytest.param(
            "wrong-server-on-port",
            lambda s: (
                s.answers("proxy", 400, "garbled")
                .unknown_path("proxy", "get")
                .opens("direct")
                .unknown_path("direct", "no-upgrade")
            ),
            "unexplained",
            id="no other server: a plain GET reaches the backend",
        ),
        pytest.param(
            "proxy-ws-disabled",
            lambda s: s.nginx("proxy", 404).opens("direct").opens("proxy", "repeat"),
            "one-upstream-bad",
            id="not late: other upgrades fail after that one",
        ),
        pytest.param(
            "origin-rejected",
            lambda s: s.answers("proxy", 403).opens("direct").opens("proxy", "repeat", "no-origin", "own-origin"),
            "proxy-ws-disabled",
            id="not the origin: the very same request opens",
        ),
        pytest.param(
            "http-200-not-websocket",
            lambda s: (
                s.answers("proxy", 200, "event")
                .opens("direct")
                .answers("direct", 200, "event", variants=("no-upgrade",))
            ),
            "upgrade-headers-stripped",
            id="not the proxy's 200: the backend's, without Upgrade",
        ),
        pytest.param(
            "proxy-path-mismatch",
            lambda s: (
                s.answers("proxy", 404, "x")
                .opens("proxy", "repeat")
                .opens("direct")
                .answers("direct", 404, "x", variants=("sibling",))
            ),
            "one-upstream-bad",
            id="not the path: the next handshake opens",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)
