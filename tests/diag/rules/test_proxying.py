"""The differential: which direct answer equals the proxied one?"""

from __future__ import annotations

import pytest

from diag.model import Route

HOST = "host=localhost:5173"
NOT_FOUND = "404 page not found\n"


def through(status: int, body: str = "", kind: str = "text/plain", **headers: str):
    """The proxied handshake gets this; directly the backend opens."""

    def tell(s):
        lines = {name.replace("_", "-"): value for name, value in headers.items()}
        return s.answers("proxy", status, body, kind, headers=lines).opens("direct")

    return tell


def same(status: int, body: str, *variants: str, unlike: tuple[str, ...] = ()):
    """The proxied answer equals those of these direct variants; the others in `unlike` get something else."""

    def tell(s):
        through(status, body)(s).answers("direct", status, body, variants=variants)
        return s.answers("direct", 418, "unlike", variants=unlike) if unlike else s

    return tell


def beside(s, url: str):
    """A stripping proxy, and a third route."""
    first, *rest = s.target.routes
    s.given(routes=(first, *rest, Route("chat", url)))
    return s.unknown_path("proxy").opens("direct").unknown_path("direct", "no-upgrade", "connection-close")


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "upgrade-headers-stripped",
            lambda s: s.unknown_path("proxy").opens("direct").unknown_path("direct", "no-upgrade", "connection-close"),
            id="FastAPI's 404 to a request without Upgrade",
        ),
        pytest.param(
            "upgrade-headers-stripped",
            same(400, 'Can "Upgrade" only to "WebSocket".', "no-upgrade", unlike=("connection-close", "sibling")),
            id="Tornado's 400",
        ),
        pytest.param(
            "location-shadowed",
            lambda s: beside(s, "ws://localhost:5173/chat").opens("chat"),
            id="the same proxy passes another path's upgrade on",
        ),
        pytest.param(
            "location-shadowed",
            lambda s: beside(
                s.given(routes=(s.route("proxy"), Route("live", "ws://localhost:5173/live"), s.route("direct"))),
                "ws://localhost:5173/chat",
            ).opens("live"),
            id="and is named before the backend itself",
        ),
        pytest.param(
            "upgrade-headers-stripped",
            lambda s: beside(s, "ws://localhost:5173/chat").answers("chat", 404),
            id="another path fails as well",
        ),
        pytest.param(
            "upgrade-headers-stripped",
            lambda s: beside(s, "ws://localhost:9000/chat").opens("chat"),
            id="another server's path opens",
        ),
        pytest.param("upgrade-headers-stripped", same(426, "Upgrade Required", "no-upgrade"), id="426"),
        pytest.param("upgrade-headers-stripped", same(200, "event: hi", "no-upgrade"), id="a 200 that is no page"),
        pytest.param(
            "upgrade-headers-stripped",
            same(505, "HTTP/1.0", "http-1.0-no-upgrade", unlike=("no-upgrade", "http-1.0")),
            id="stripped, and downgraded to HTTP/1.0 as well",
        ),
        pytest.param(
            "connection-header-not-upgrade",
            same(400, '"Connection" must be "Upgrade".', "connection-close", unlike=("no-upgrade",)),
            id="Connection: close",
        ),
        pytest.param(
            "upstream-http-1-0",
            same(505, "unsupported HTTP version", "http-1.0", unlike=("no-upgrade", "connection-close")),
            id="HTTP/1.0 to the upstream",
        ),
        pytest.param(
            "proxy-drops-handshake-headers",
            same(400, "missing Sec-WebSocket-Key", "no-key", unlike=("no-upgrade", "connection-close", "http-1.0")),
            id="the key is dropped",
        ),
        pytest.param(
            "host-not-allowed",
            same(400, "Invalid host header", HOST, "host=wsdiag-foreign.example"),
            id="the page's Host",
        ),
        pytest.param(
            "host-not-allowed",
            same(400, "Invalid host header", "host=wsdiag-foreign.example", unlike=(HOST,)),
            id="a Host that the proxy invents",
        ),
        pytest.param(
            "origin-rewritten-by-proxy",
            same(403, "", "own-origin", unlike=("no-upgrade", "sibling", HOST)),
            id="the upstream's own origin is refused",
        ),
        pytest.param(
            "proxy-path-mismatch",
            same(403, "", "path=/app/ws", "sibling", unlike=("no-upgrade", HOST)),
            id="a prefix that was not stripped",
        ),
        pytest.param("proxy-path-mismatch", same(404, "nothing here", "sibling"), id="some other unknown path"),
        pytest.param(
            "vite-rewrite-breaks-path",
            lambda s: same(400, "Bad Request", "path=/")(s).vite("proxy", "get-root"),
            id="Vite's rewrite leaves a path that the backend does not know",
        ),
        pytest.param(
            "proxy-route-missing",
            lambda s: s.nginx("proxy", 404).opens("direct").unknown_path("direct", "sibling"),
            id="nginx's own 404",
        ),
        pytest.param("proxy-route-missing", through(404, NOT_FOUND), id="Traefik's own 404"),
        pytest.param(
            "proxy-route-missing",
            lambda s: through(404, "no such thing")(s).answers(
                "proxy", 404, "no such thing", variants=("get-sibling",)
            ),
            id="a 404 that any path gets",
        ),
        pytest.param("proxy-access-denied", lambda s: s.haproxy("proxy", 403).opens("direct"), id="HAProxy's own 403"),
        pytest.param("proxy-access-denied", lambda s: s.nginx("proxy", 403).opens("direct"), id="nginx's own 403"),
        pytest.param(
            "proxy-protocol-unexpected",
            lambda s: through(400, "Invalid HTTP request received.")(s).answers(
                "proxy", 400, "Invalid HTTP request received.", variants=("get",)
            ),
            id="a garbled request, upgrade or not",
        ),
        pytest.param(
            "gateway-bad-upstream-answer",
            lambda s: s.nginx("proxy", 500).opens("direct"),
            id="the proxy's own 500, and the backend opens",
        ),
        pytest.param(
            "cdn-blocks-websocket", through(403, "<title>Just a moment...</title>", cf_ray="8f"), id="a CDN's challenge"
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "upgrade-headers-stripped",
            lambda s: s.unknown_path("proxy").unknown_path("direct").unknown_path("direct", "no-upgrade"),
            "ws-path-not-found",
            id="not stripped: the backend does not open either",
        ),
        pytest.param(
            "upgrade-headers-stripped",
            same(400, "x", "connection-close", unlike=("no-upgrade", "http-1.0-no-upgrade")),
            "connection-header-not-upgrade",
            id="not stripped: only Connection is lost",
        ),
        pytest.param(
            "upgrade-headers-stripped",
            lambda s: through(404, "gone")(s).answers("direct", 404, "another", variants=("no-upgrade",)),
            "unexplained",
            id="not stripped: another 404",
        ),
        pytest.param(
            "connection-header-not-upgrade",
            same(426, "x", "no-upgrade", "connection-close"),
            "upgrade-headers-stripped",
            id="not Connection alone: the same without Upgrade",
        ),
        pytest.param(
            "upstream-http-1-0",
            same(505, "x", "no-upgrade", "http-1.0"),
            "upgrade-headers-stripped",
            id="not the version: the same without Upgrade",
        ),
        pytest.param(
            "proxy-drops-handshake-headers",
            lambda s: through(400, "x")(s).answers("direct", 400, "missing key", variants=("no-key",)),
            "unexplained",
            id="not the key: the backend words that differently",
        ),
        pytest.param(
            "host-not-allowed",
            lambda s: s.answers("proxy", 403).opens("proxy", "no-origin"),
            "origin-rejected",
            id="not the Host: it changes with Origin",
        ),
        pytest.param(
            "host-not-allowed",
            lambda s: s.answers("proxy", 403, "Blocked request. This host is not allowed."),
            "vite-allowed-hosts",
            id="not the backend's Host: Vite's own sentence",
        ),
        pytest.param(
            "origin-rewritten-by-proxy",
            lambda s: same(403, "", "own-origin", "sibling")(s).opens("proxy", "path=/ws/ws"),
            "proxy-path-mismatch",
            id="not the origin: an unknown path gets the same, and a longer one opens through the proxy",
        ),
        pytest.param(
            "origin-rewritten-by-proxy",
            lambda s: s.haproxy("proxy", 403).opens("direct").opens("direct", "own-origin"),
            "proxy-access-denied",
            id="not the origin: the proxy's own 403",
        ),
        pytest.param(
            "proxy-path-mismatch",
            lambda s: same(400, "Bad Request", "path=/")(s).vite("proxy", "get-root"),
            "vite-rewrite-breaks-path",
            id="not any proxy: Vite",
        ),
        pytest.param(
            "vite-rewrite-breaks-path",
            same(400, "Bad Request", "path=/"),
            "proxy-path-mismatch",
            id="not Vite: another proxy",
        ),
        pytest.param(
            "proxy-route-missing",
            lambda s: s.nginx("proxy", 404).unknown_path("direct"),
            "ws-path-not-found",
            id="no missing route: the backend has no such path either",
        ),
        pytest.param(
            "proxy-route-missing",
            lambda s: s.answers("proxy", 200, '<div id="root"></div>', "text/html").opens("direct"),
            "spa-fallback-200",
            id="no 404: the application's shell",
        ),
        pytest.param(
            "proxy-access-denied",
            lambda s: s.answers("proxy", 403).answers("direct", 403),
            "auth-forbidden",
            id="not the proxy's: the backend refuses as well",
        ),
        pytest.param(
            "proxy-protocol-unexpected",
            lambda s: through(400, "garbled")(s).answers("proxy", 200, "{}", variants=("get",)),
            "unexplained",
            id="not garbled: plain requests pass",
        ),
        pytest.param(
            "gateway-bad-upstream-answer",
            lambda s: s.answers("proxy", 500, "Internal Server Error").answers("direct", 500, "Internal Server Error"),
            "server-error-in-handshake",
            id="not the proxy's 500: the backend's",
        ),
        pytest.param(
            "cdn-blocks-websocket",
            lambda s: s.nginx("proxy", 403).opens("direct"),
            "proxy-access-denied",
            id="no CDN: a proxy of one's own",
        ),
        pytest.param(
            "cdn-blocks-websocket",
            lambda s: s.answers("proxy", 403, headers={"cf-ray": "8f"}).answers("direct", 403),
            "auth-forbidden",
            id="not the CDN: the origin refuses as well",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_the_evidence_quotes_both_answers(scene) -> None:
    scene.unknown_path("proxy").opens("direct").unknown_path("direct", "no-upgrade")
    evidence = {item.label: item.value for item in scene.report().findings[0].evidence}
    assert evidence["proxy"] == evidence["direct, without Upgrade"]
    assert evidence["direct"] == "101 Switching Protocols"
