"""A status other than 101 that says what is wrong, alone or with the plain requests beside it."""

from __future__ import annotations

import pytest

SHELL = '<!doctype html><div id="root"></div><script type="module" src="/assets/index.js"></script>'
EXPRESS = "<pre>Cannot GET /ws</pre>"


def redirect(status: int, location: str | None, url: str = "ws://app.example.test/ws"):
    headers = {} if location is None else {"Location": location}
    return lambda s: s.only(url).answers("proxy", status, headers=headers)


def page(body: str, kind: str = "text/html"):
    """200 for the upgrade; `direct` opens."""
    return lambda s: s.answers("proxy", 200, body, kind).opens("direct")


def refusal(status: int, body: str = "", **headers: str):
    """The same refusal on both routes, so that no differential speaks."""
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda s: s.answers("proxy", status, body, headers=lines).answers("direct", status, body, headers=lines)


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("redirect-to-https", redirect(301, "https://app.example.test/ws"), id="the same URL over https"),
        pytest.param("redirect-to-https", redirect(308, "https://app.example.test/login"), id="https comes first"),
        pytest.param("ws-path-trailing-slash", redirect(307, "/ws/"), id="a slash is added"),
        pytest.param(
            "ws-path-trailing-slash",
            redirect(301, "http://app.example.test/ws", "ws://app.example.test/ws/"),
            id="a slash is taken away",
        ),
        pytest.param("redirect-to-login", redirect(302, "/login?next=/ws"), id="a login page"),
        pytest.param("redirect-to-login", redirect(303, "http://sso.example.test/start"), id="single sign-on"),
        pytest.param("handshake-redirected", redirect(302, "/new/socket"), id="another path"),
        pytest.param("handshake-redirected", redirect(302, None), id="a redirect to nowhere"),
        pytest.param("auth-required", refusal(401, WWW_Authenticate="Basic"), id="401 with a challenge"),
        pytest.param("auth-required", refusal(401), id="401 without one"),
        pytest.param("auth-required", refusal(407, Proxy_Authenticate="Basic"), id="a proxy wants credentials"),
        pytest.param("request-headers-too-large", refusal(431), id="431"),
        pytest.param(
            "request-headers-too-large", refusal(400, "<h1>Request Header Or Cookie Too Large</h1>"), id="nginx's 400"
        ),
        pytest.param(
            "request-headers-too-large",
            refusal(400, "Got more than 8190 bytes when reading: b'Cookie'"),
            id="aiohttp's 400",
        ),
        pytest.param("http-200-not-websocket", lambda s: s.answers("proxy", 204).refused("direct"), id="204"),
        pytest.param("ws-path-not-found", refusal(410), id="410: gone"),
        pytest.param(
            "server-lacks-ws-support", lambda s: s.answers("proxy", 405, variants=("browser", "get")), id="405"
        ),
        pytest.param(
            "subprotocol-mismatch",
            refusal(400, "Failed to open a WebSocket connection: missing subprotocol."),
            id="a subprotocol is demanded",
        ),
        pytest.param(
            "server-error-in-handshake",
            lambda s: (
                refusal(500, "boom")(s)
                .answers("proxy", 500, "boom", variants=("get",))
                .answers("proxy", 404, "no", variants=("get-root",))
            ),
            id="500 for this path, upgrade or not, and 404 for another",
        ),
        pytest.param("spa-fallback-200", page(SHELL), id="the application's shell"),
        pytest.param(
            "spa-fallback-200",
            lambda s: page("<h1>Bots</h1>")(s).answers(
                "proxy", 200, "<h1>Bots</h1>", "text/html", variants=("get-sibling",)
            ),
            id="a page that any path gets",
        ),
        pytest.param(
            "http-200-not-websocket",
            lambda s: s.answers("proxy", 200, '{"ok":true}', "application/json").refused("direct"),
            id="a REST route owns the path",
        ),
        pytest.param("ws-path-not-found", refusal(404, "nothing here"), id="404 on both routes"),
        pytest.param(
            "ws-path-not-found",
            lambda s: s.unknown_path("proxy").opens("proxy", "path=/api/ws"),
            id="another path of the same server opens",
        ),
        pytest.param(
            "server-lacks-ws-support",
            lambda s: s.unknown_path("proxy").unknown_path("proxy", "get").unknown_path("direct"),
            id="uvicorn without a WebSocket library",
        ),
        pytest.param(
            "server-lacks-ws-support",
            lambda s: s.answers("proxy", 404, EXPRESS, "text/html", variants=("browser", "get")),
            id="Express alone",
        ),
        pytest.param("upgrade-required-426", refusal(426, "Upgrade Required"), id="426 to an upgrade, on both routes"),
        pytest.param(
            "ws-version-unsupported", refusal(426, Sec_WebSocket_Version="8, 7"), id="426 that asks for an old version"
        ),
        pytest.param("ws-version-unsupported", refusal(400, Sec_WebSocket_Version="8"), id="400 that asks for one"),
        pytest.param(
            "server-error-in-handshake",
            lambda s: refusal(500, "Internal server error")(s).answers("proxy", 200, "{}", variants=("get",)),
            id="500, and a GET passes",
        ),
        pytest.param(
            "vite-allowed-hosts",
            refusal(403, 'Blocked request. This host ("app.test") is not allowed.'),
            id="the development server's own sentence",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "redirect-to-https",
            redirect(301, "https://other.example.test/ws"),
            "handshake-redirected",
            id="not to https: to another host",
        ),
        pytest.param(
            "redirect-to-https",
            redirect(301, "https://app.example.test/ws/", "wss://app.example.test/ws"),
            "ws-path-trailing-slash",
            id="not to https: it was https already",
        ),
        pytest.param(
            "ws-path-trailing-slash", redirect(302, "/ws/v2/"), "handshake-redirected", id="more than a slash differs"
        ),
        pytest.param(
            "ws-path-trailing-slash", redirect(302, "/ws?x=1"), "handshake-redirected", id="only the query differs"
        ),
        pytest.param("redirect-to-login", redirect(302, "/home"), "handshake-redirected", id="no login in it"),
        pytest.param("redirect-to-login", refusal(401), "auth-required", id="a refusal, no redirect"),
        pytest.param("handshake-redirected", redirect(302, "/signin"), "redirect-to-login", id="to a login page"),
        pytest.param("auth-required", refusal(403), "auth-forbidden", id="403: credentials would not help"),
        pytest.param(
            "auth-required",
            lambda s: s.closes("proxy", 1008, "no token", after_ms=20).switches("proxy"),
            "close-policy-or-app-auth",
            id="refused after the opening",
        ),
        pytest.param("request-headers-too-large", refusal(400, "Bad Request"), "unexplained", id="any other 400"),
        pytest.param(
            "spa-fallback-200",
            lambda s: s.answers("proxy", 200, "<h1>API docs</h1>", "text/html").refused("direct"),
            "http-200-not-websocket",
            id="a page, and not the shell",
        ),
        pytest.param(
            "spa-fallback-200",
            lambda s: s.hangs("proxy").answers("proxy", 200, '"/@vite/client"', "text/html", variants=("get",)),
            "vite-proxy-rule-missing",
            id="Vite: it hangs, and only a GET gets the shell",
        ),
        pytest.param("http-200-not-websocket", page(SHELL), "spa-fallback-200", id="the shell"),
        pytest.param(
            "http-200-not-websocket",
            lambda s: page("{}", "application/json")(s).answers("direct", 200, "{}", variants=("no-upgrade",)),
            "upgrade-headers-stripped",
            id="the backend's own 200 without Upgrade",
        ),
        pytest.param(
            "ws-path-not-found",
            lambda s: s.unknown_path("proxy").opens("direct").unknown_path("direct", "no-upgrade"),
            "upgrade-headers-stripped",
            id="404 through the proxy only",
        ),
        pytest.param(
            "ws-path-not-found",
            lambda s: s.nginx("proxy", 404).opens("direct"),
            "proxy-route-missing",
            id="the proxy's own 404",
        ),
        pytest.param(
            "server-lacks-ws-support",
            lambda s: s.unknown_path("proxy").answers("proxy", 426, "Upgrade Required", variants=("get",)),
            "ws-path-not-found",
            id="a GET gets another answer",
        ),
        pytest.param(
            "server-lacks-ws-support",
            lambda s: s.answers("proxy", 404, "no such thing", variants=("browser", "get")),
            "ws-path-not-found",
            id="neither uvicorn nor Express",
        ),
        pytest.param(
            "upgrade-required-426",
            lambda s: refusal(426, "x")(s).opens("direct").answers("direct", 426, "x", variants=("no-upgrade",)),
            "upgrade-headers-stripped",
            id="the direct route opens",
        ),
        pytest.param(
            "upgrade-required-426",
            refusal(426, Sec_WebSocket_Version="8"),
            "ws-version-unsupported",
            id="it names a version",
        ),
        pytest.param(
            "upgrade-required-426",
            lambda s: s.opens("proxy").answers("proxy", 426, variants=("get",)),
            None,
            id="426 to a GET is health",
        ),
        pytest.param(
            "ws-version-unsupported",
            refusal(426, Sec_WebSocket_Version="13"),
            "upgrade-required-426",
            id="it asks for 13",
        ),
        pytest.param(
            "ws-version-unsupported",
            lambda s: s.opens("proxy").answers(
                "proxy", 426, variants=("version-99",), headers={"Sec-WebSocket-Version": "13"}
            ),
            None,
            id="it refuses version 99",
        ),
        pytest.param(
            "server-error-in-handshake",
            lambda s: refusal(500, "boom")(s).answers("proxy", 500, "boom", variants=("get",)),
            "unexplained",
            id="every request fails",
        ),
        pytest.param(
            "server-error-in-handshake", lambda s: s.nginx("proxy", 502), "gateway-upstream-refused", id="a proxy's 502"
        ),
        pytest.param("vite-allowed-hosts", refusal(403, "Forbidden"), "auth-forbidden", id="any other 403"),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_a_location_that_is_no_url_is_a_redirect_all_the_same(must_name) -> None:
    must_name(redirect(302, "http://[::1/ws"), "handshake-redirected")


@pytest.mark.parametrize(
    ("allow", "mentioned"),
    [
        pytest.param("POST, OPTIONS", True, id="a REST route for POST"),
        pytest.param("post", True, id="in small letters"),
        pytest.param("GET, HEAD", False, id="GET is allowed"),
        pytest.param(None, False, id="it does not say"),
    ],
)
def test_a_path_of_other_methods_is_mentioned_beside_the_cause(scene, allow: str | None, mentioned: bool) -> None:
    headers = {"Allow": allow} if allow else {}
    scene.answers("proxy", 405, "Method Not Allowed", variants=("browser", "get"), headers=headers)
    report = scene.report()
    assert ("method-not-get" in {finding.code for finding in report.findings}) is mentioned
    assert report.primary_cause == "server-lacks-ws-support"
