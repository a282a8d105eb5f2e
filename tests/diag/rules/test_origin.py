"""The server decides by Origin; a 403 is not "origin" until proven."""

from __future__ import annotations

import pytest

from diag.observations import Closed

PAGE = "http://localhost:5173"
HOST = "host=localhost:5173"
REFUSED = Closed(1008, "", True, "close-frame", 20.0)


def refused(status: int = 403, body: str = ""):
    """Both routes refuse the page's handshake."""
    return lambda s: s.answers("proxy", status, body).answers("direct", status, body)


def closed(code: int, reason: str = "", after_ms: float = 20.0):
    return lambda s: s.switches("proxy").closes("proxy", code, reason, after_ms=after_ms)


def from_nowhere(s):
    """A sandboxed page: its origin is `null`."""
    return s.given(page="null")


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "origin-rejected", lambda s: refused()(s).opens("proxy", "no-origin"), id="without an Origin it opens"
        ),
        pytest.param(
            "origin-rejected",
            lambda s: refused(404, "Page not found")(s).opens("direct", "own-origin"),
            id="ActionCable's 404, and directly its own origin opens",
        ),
        pytest.param(
            "origin-rejected",
            lambda s: refused()(s).opens("proxy", "origin=http://localhost:3000"),
            id="another origin is on its list",
        ),
        pytest.param(
            "origin-rejected",
            refused(403, "Cross origin websockets not allowed"),
            id="Tornado says so itself",
        ),
        pytest.param(
            "origin-rejected",
            lambda s: closed(1008, "policy")(s).session("proxy", "no-origin"),
            id="accepted and closed; without an Origin it lives",
        ),
        pytest.param("origin-rejected", closed(4003, "Origin not allowed"), id="accepted and closed with the reason"),
        pytest.param(
            "origin-allowlist-typo",
            lambda s: refused()(s).opens("proxy", f"origin={PAGE}/"),
            id="a slash behind the listed origin",
        ),
        pytest.param(
            "origin-host-rewritten",
            lambda s: refused()(s).opens("direct", "own-origin", HOST),
            id="the backend wants Origin and Host to agree",
        ),
        pytest.param(
            "origin-null-rejected",
            lambda s: refused()(from_nowhere(s)).opens("proxy", "own-origin"),
            id="a sandboxed page",
        ),
        pytest.param("auth-forbidden", refused(), id="403 whatever the Origin"),
        pytest.param(
            "auth-forbidden",
            lambda s: refused()(s).answers("proxy", 403, variants=("no-origin", "own-origin", "sibling")),
            id="403 for any path as well",
        ),
        pytest.param(
            "ws-path-not-found",
            lambda s: (
                refused()(s)
                .answers("proxy", 403, variants=("no-origin", "own-origin", "sibling"))
                .opens("proxy", "path=/api/ws")
            ),
            id="an ASGI server's 403 for an unknown path",
        ),
        pytest.param("close-policy-or-app-auth", closed(1008), id="Close 1008 at once"),
        pytest.param("close-policy-or-app-auth", closed(4401, "token expired"), id="Close 4401 at once"),
        pytest.param("close-policy-or-app-auth", closed(3000, "Unauthorized"), id="Close 3000 at once"),
        pytest.param("close-policy-or-app-auth", closed(1008, "quota", 4000), id="a policy, but later"),
        pytest.param("close-policy-or-app-auth", closed(4003, "token expired", 4000), id="a token that ends"),
        pytest.param(
            "origin-rejected",
            lambda s: refused(401)(s).opens("proxy", "origin=http://localhost:3000"),
            id="Node's ws refuses an Origin with 401",
        ),
        pytest.param(
            "origin-rejected",
            lambda s: refused(403, "Access denied")(s).answers("proxy", 403, "Access denied", variants=("sibling",)),
            id="Channels refuses before it looks at the path",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param("origin-rejected", refused(), "auth-forbidden", id="no other Origin is taken"),
        pytest.param(
            "origin-rejected",
            lambda s: s.haproxy("proxy", 403).opens("direct").opens("direct", "no-origin"),
            "proxy-access-denied",
            id="the proxy refuses, and the backend takes any Origin",
        ),
        pytest.param("origin-rejected", refused(401), "auth-required", id="401: credentials"),
        pytest.param(
            "origin-rejected",
            lambda s: refused(403, "Access denied")(s).answers("proxy", 500, "oops", variants=("sibling",)),
            "auth-forbidden",
            id="Channels knows the path, and its consumer refuses",
        ),
        pytest.param("origin-rejected", closed(1008, "no token"), "close-policy-or-app-auth", id="another policy"),
        pytest.param(
            "origin-rejected",
            lambda s: closed(1008)(s).session("proxy", "no-origin", closed=REFUSED).session("proxy", "busy"),
            "close-policy-or-app-auth",
            id="another Origin is closed as well; what lives is another kind of session",
        ),
        pytest.param(
            "origin-allowlist-typo",
            lambda s: refused()(s).opens("proxy", "no-origin"),
            "origin-rejected",
            id="the slash does not help",
        ),
        pytest.param(
            "origin-host-rewritten",
            lambda s: refused()(s).opens("direct", "own-origin").answers("direct", 403, variants=(HOST,)),
            "origin-rejected",
            id="the page's Host does not help",
        ),
        pytest.param(
            "origin-null-rejected",
            lambda s: refused()(s).opens("proxy", "own-origin"),
            "origin-rejected",
            id="the page has an origin",
        ),
        pytest.param(
            "origin-null-rejected",
            lambda s: refused()(from_nowhere(s)),
            "auth-forbidden",
            id="no other Origin is taken",
        ),
        pytest.param(
            "auth-forbidden",
            lambda s: refused()(s).opens("proxy", "no-origin"),
            "origin-rejected",
            id="the Origin decides",
        ),
        pytest.param(
            "auth-forbidden",
            lambda s: s.nginx("proxy", 403).opens("direct"),
            "proxy-access-denied",
            id="the proxy's own",
        ),
        pytest.param(
            "ws-path-not-found",
            lambda s: refused()(s).answers("proxy", 403, variants=("sibling", "path=/api/ws")),
            "auth-forbidden",
            id="no other path opens",
        ),
        pytest.param("close-policy-or-app-auth", closed(1011), "close-internal-1011", id="an internal error"),
        pytest.param(
            "close-policy-or-app-auth", closed(4000, "idle timeout", 5000), "idle-timeout-backend", id="an idle limit"
        ),
        pytest.param("close-policy-or-app-auth", closed(4000, "bye", 4000), "closed-by-server", id="much later"),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)
