"""What real proxies answer when their upstream is gone, busy, silent or of another kind."""

from __future__ import annotations

import pytest

from diag.model import Route

HEALTH = "http://localhost:5173/api/health"
APACHE_503 = (
    "The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\nproblems."
)
APACHE_502 = "The proxy server could not handle the request<p>Reason: Error reading from remote server"
APACHE_TLS = "The proxy server could not handle the request<p>Reason: Error during SSL Handshake with remote server"
VARNISH = "<h1>Error 503 Backend fetch failed</h1><h3>Guru Meditation:</h3>"
LIGHTTPD = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"><h1>503 Service Unavailable</h1>'
REFUSED = "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure"
OVERFLOW = "upstream connect error or disconnect/reset before headers. reset reason: overflow"
HPM = "Error occurred while trying to proxy: localhost:5173/ws"
SHELL = '<!doctype html><div id="root"></div>'
NODE_ERROR = b"Error occurred while trying to proxy"


def encrypted_backend(s):
    return s.given(routes=(s.route("proxy"), Route("direct", "wss://localhost:3000/ws")))


def html(status: int, body: str, server: str, took_ms: float = 2.0):
    """An error page of that server; the backend opens directly."""
    return lambda s: s.answers("proxy", status, body, "text/html", headers={"Server": server}, took_ms=took_ms).opens(
        "direct"
    )


def bare(status: int, body: str):
    """Plain text, as the proxies write that are themselves written in Go or C++."""
    return lambda s: s.answers("proxy", status, body).opens("direct")


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("gateway-upstream-refused", html(503, APACHE_503, "Apache/2.4"), id="Apache's 503"),
        pytest.param("gateway-upstream-refused", html(503, LIGHTTPD, "lighttpd/1.4"), id="lighttpd's 503"),
        pytest.param(
            "gateway-upstream-refused",
            lambda s: s.answers("proxy", 503, VARNISH, "text/html", headers={"Retry-After": "5"}).refused("direct"),
            id="Varnish's 503 asks to come back, whatever the reason",
        ),
        pytest.param("gateway-upstream-refused", bare(503, REFUSED), id="Envoy's 503"),
        pytest.param(
            "gateway-upstream-refused",
            lambda s: s.silent("proxy", "http", "eof").answers("proxy", 503, VARNISH, "text/html", variants=("get",)),
            id="a pipe of Varnish that leads nowhere",
        ),
        pytest.param(
            "gateway-upstream-refused",
            lambda s: s.silent("proxy", "http", "not-http", received=NODE_ERROR).answers(
                "proxy", 504, HPM, variants=("get",)
            ),
            id="http-proxy-middleware writes its error without a head",
        ),
        pytest.param("gateway-no-backend", bare(503, "no available server\n"), id="Traefik's empty pool"),
        pytest.param("gateway-no-backend", bare(503, "no healthy upstream"), id="Envoy's empty pool"),
        pytest.param("connection-limit", bare(503, OVERFLOW), id="Envoy's circuit breaker"),
        pytest.param(
            "gateway-upstream-timeout",
            lambda s: s.answers("proxy", 502, APACHE_502, "text/html", took_ms=2000).hangs("direct"),
            id="Apache waits, and answers 502",
        ),
        pytest.param(
            "gateway-upstream-timeout",
            lambda s: s.answers("proxy", 503, VARNISH, "text/html", took_ms=2000).hangs("direct"),
            id="Varnish waits, and answers 503",
        ),
        pytest.param(
            "gateway-bad-upstream-answer", html(502, APACHE_502, "Apache/2.4"), id="Apache reads nonsense at once"
        ),
        pytest.param(
            "gateway-bad-upstream-answer",
            lambda s: (
                s.silent("proxy", "http", "not-http", received=b"SSH-2.0")
                .answers("proxy", 404, variants=("get-root",))
                .opens("direct")
            ),
            id="nginx passes on what is no HTTP",
        ),
        pytest.param(
            "gateway-upstream-scheme-mismatch", html(500, APACHE_TLS, "Apache/2.4"), id="Apache speaks TLS to no TLS"
        ),
        pytest.param(
            "gateway-upstream-tls",
            lambda s: html(500, APACHE_TLS, "Apache/2.4")(encrypted_backend(s)),
            id="Apache does not take the certificate",
        ),
        pytest.param(
            "gateway-upstream-tls",
            lambda s: (
                encrypted_backend(s)
                .silent("proxy", "http", "eof")
                .answers("proxy", 500, HPM, variants=("get",))
                .opens("direct")
            ),
            id="http-proxy-middleware does not take the certificate",
        ),
        pytest.param(
            "one-upstream-bad", lambda s: s.opens("proxy").nginx("proxy", 502, "repeat"), id="opens, and then does not"
        ),
        pytest.param(
            "one-upstream-bad",
            lambda s: (
                s.opens("proxy").opens("proxy", "repeat").answers("proxy", 400, "Bad Request", variants=("repeat=2",))
            ),
            id="opens twice, and then another server answers",
        ),
        pytest.param(
            "one-upstream-bad",
            lambda s: s.opens("proxy").answers(
                "proxy", 503, APACHE_503, "text/html", variants=("repeat",), headers={"Server": "Apache"}
            ),
            id="opens, and then Apache finds nobody",
        ),
        pytest.param(
            "proxy-route-missing",
            lambda s: s.hangs("proxy").answers("proxy", 200, SHELL, "text/html", variants=("get",)).opens("direct"),
            id="webpack-dev-server without a rule",
        ),
        pytest.param(
            "proxy-route-missing",
            lambda s: (
                s.hangs("proxy")
                .answers("proxy", 404, "Cannot GET /ws", variants=("get",))
                .answers("proxy", 404, "Cannot GET /no-such-path-wsdiag", variants=("get-sibling",))
                .opens("direct")
            ),
            id="a Node proxy whose rules leave the path out",
        ),
        pytest.param(
            "proxy-ws-disabled",
            lambda s: s.silent("proxy", "http", "eof").unknown_path("proxy", "get").opens("direct"),
            id="the upgrade is ended, and a GET reaches the backend",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "gateway-upstream-refused",
            html(503, "<h1>Busy</h1>", "Apache/2.4"),
            "connection-limit",
            id="not Apache's own page",
        ),
        pytest.param(
            "gateway-upstream-timeout",
            lambda s: s.haproxy("proxy", 503, took_ms=3003).refused("direct"),
            "gateway-upstream-refused",
            id="no time-out: HAProxy tried three times",
        ),
        pytest.param(
            "gateway-bad-upstream-answer",
            lambda s: html(502, APACHE_502, "Apache/2.4")(encrypted_backend(s)),
            "gateway-upstream-scheme-mismatch",
            id="no nonsense: the backend speaks TLS",
        ),
        pytest.param(
            "gateway-upstream-scheme-mismatch",
            lambda s: s.answers("proxy", 500, "Internal Server Error", headers={"Server": "app"}).opens("direct"),
            "unexplained",
            id="not TLS: anybody's 500",
        ),
        pytest.param(
            "one-upstream-bad",
            lambda s: s.opens("proxy").opens("proxy", "repeat", "repeat=2"),
            None,
            id="it opens every time",
        ),
        pytest.param(
            "one-upstream-bad",
            lambda s: s.opens("proxy").answers("proxy", 429, variants=("repeat",)).nginx("proxy", 503, "repeat=2"),
            None,
            id="a limit that the page itself does not meet",
        ),
        pytest.param(
            "one-upstream-bad",
            lambda s: s.opens("proxy").answers("proxy", 403, variants=("repeat",)),
            None,
            id="a ticket that is good for once",
        ),
        pytest.param(
            "one-upstream-bad",
            lambda s: s.opens("proxy").silent("proxy", "http", "reset", "repeat"),
            None,
            id="a limit on connections",
        ),
        pytest.param(
            "proxy-ws-disabled",
            lambda s: s.silent("proxy", "http", "eof").unknown_path("proxy", "get").refused("direct"),
            "tcp-reset-in-handshake",
            id="no backend opens to compare with",
        ),
        pytest.param(
            "proxy-route-missing",
            lambda s: (
                s.hangs("proxy")
                .unknown_path("proxy", "get", "get-sibling")
                .opens("direct")
                .unknown_path("direct", "no-upgrade")
            ),
            "proxy-ws-disabled",
            id="every path reaches the backend, which knows none of them",
        ),
        pytest.param(
            "plain-on-tls-port",
            lambda s: (
                s.hangs("proxy")
                .answers("proxy", 404, variants=("get-root",))
                .silent("proxy", "http", "timeout", "other-scheme", certificate=True)
            ),
            "unexplained",
            id="Traefik takes TLS and plain HTTP on one port",
        ),
        pytest.param(
            "csp-connect-src-blocked",
            lambda s: s.opens("proxy").answers(
                "proxy", 404, variants=("page",), headers={"Content-Security-Policy": "default-src 'none'"}
            ),
            None,
            id="the policy of an error page, which is not the page",
        ),
        pytest.param(
            "wrong-vhost",
            lambda s: (
                s.nginx("proxy", 404)
                .answers("proxy", 200, "<h1>Welcome to nginx!</h1>", "text/html", variants=("get-root",))
                .rest(HEALTH, s.answer(200))
                .opens("direct")
            ),
            "proxy-route-missing",
            id="a welcome at the root, and the right REST answers beside it",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)
