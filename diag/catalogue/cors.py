"""CORS of the page's REST requests; never of the socket."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._server_snippets import DJANGO_CORS, EXPRESS_CORS, STARLETTE_CORS
from diag.catalogue._snippets import NGINX_CORS
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="cors-not-the-cause",
        severity=Severity.INFO,
        layer="cors",
        title="CORS is not why the WebSocket fails",
        explanation=(
            "CORS errors are on the console and the WebSocket fails, but the one does not cause the other: CORS never "
            "blocks a WebSocket. There is no preflight, Access-Control headers of a handshake are ignored, and only "
            "the server decides, by the Origin header."
        ),
        recognised=(
            "The socket fails for a reason that has nothing to do with the origin, and the REST requests have CORS "
            "findings. Told apart from origin-rejected, where the origin is what matters."
        ),
        fix=Fix("Fix the WebSocket's own cause; CORS middleware neither opens nor secures a socket."),
        sources=(
            "Fetch Standard, “CORS protocol”",
            "WebSockets Standard, “establish a WebSocket connection”",
            "RFC 6455, section 10.2",
            "measured: Socket.IO 4.8.4 and FastAPI CORSMiddleware answer 101 to a foreign Origin",
        ),
        browser="CORS messages on the console belong to fetch and XMLHttpRequest, not to the socket.",
        degrades=False,
    ),
    Entry(
        code="cors-origin-not-allowed",
        severity=Severity.ERROR,
        layer="cors",
        title="REST answers do not allow the page's origin",
        explanation=(
            "Access-Control-Allow-Origin is missing from the answer or names another origin, so the page may not read "
            "it. A simple request was sent and processed all the same. Same-origin requests through the proxy are not "
            "affected."
        ),
        recognised=(
            "A cross-origin answer without the header or with another value. Told apart from cors-duplicate-acao (two "
            "values), cors-preflight-rejected (the OPTIONS) and cors-missing-on-errors (errors only)."
        ),
        fix=Fix(
            "Allow {page} exactly, with scheme and port and without a slash, or request through the page's own origin.",
            (STARLETTE_CORS, EXPRESS_CORS, DJANGO_CORS, NGINX_CORS),
        ),
        sources=("Fetch Standard, “CORS check”", "Starlette documentation: Middleware, CORSMiddleware"),
        browser=browser.CORS_BLOCKED,
    ),
    Entry(
        code="cors-credentials-wildcard",
        severity=Severity.ERROR,
        layer="cors",
        title="The wildcard origin does not work with credentials",
        explanation=(
            "The page sends cookies or other credentials, and the answer allows “*”, or does not say "
            "Access-Control-Allow-Credentials: true. For such requests a browser demands the exact origin and that "
            "header."
        ),
        recognised=(
            "A request with credentials and an answer with “*” or without Allow-Credentials. Told apart from "
            "cors-origin-not-allowed: without credentials the same answer passes."
        ),
        fix=Fix("Name {page} instead of the wildcard and allow credentials.", (STARLETTE_CORS, EXPRESS_CORS)),
        sources=("Fetch Standard, “CORS protocol and credentials”", "measured: Starlette 1.10"),
        browser=browser.CORS_BLOCKED,
        explains=("cors-origin-not-allowed",),
    ),
    Entry(
        code="cors-duplicate-acao",
        severity=Severity.ERROR,
        layer="cors",
        title="Access-Control-Allow-Origin is sent twice",
        explanation=(
            "Both the application and the proxy add the header, or one sends a list. A browser joins the values with "
            "a comma and compares the whole with the origin, so even two right values fail."
        ),
        recognised=(
            "Two lines of the header or a comma in it, as a rule through the proxy only. Told apart from "
            "cors-origin-not-allowed by the number of values."
        ),
        fix=Fix("Set the header in one layer only.", (NGINX_CORS, STARLETTE_CORS)),
        sources=(
            "Fetch Standard, “CORS check”",
            "nginx: Module ngx_http_proxy_module, proxy_hide_header",
            "bluedotimpact/bluedot#1186",
            "cyu/rack-cors#162",
        ),
        browser=browser.CORS_BLOCKED,
        explains=("cors-origin-not-allowed",),
    ),
)
