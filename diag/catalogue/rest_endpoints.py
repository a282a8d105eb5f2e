"""REST requests of the page that nobody serves."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._server_snippets import HEALTH_ROUTE
from diag.catalogue._snippets import NGINX_API, VITE_API, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="api-endpoint-missing",
        severity=Severity.ERROR,
        layer="rest",
        title="The page requests an API path that does not exist",
        explanation=(
            "A REST request of the page gets 404 or 410 from the application: the route is missing, has another name, "
            "or carries a prefix that the page does not know. Where the page falls back to it, the fallback fails "
            "silently."
        ),
        recognised=(
            "404 or 410 from the backend itself, on the direct address as well. Told apart from rest-spa-fallback "
            "(200 HTML), rest-gateway-error (the proxy answers) and proxy-path-mismatch (direct works)."
        ),
        fix=Fix("Add the route, or correct the base path that the page uses.", (HEALTH_ROUTE, VITE_API)),
        sources=("RFC 9110, sections 15.5.5 and 15.5.11",),
        browser="The network panel shows 404 or 410; fetch resolves with ok false.",
        explains=("cors-missing-on-errors",),
    ),
    Entry(
        code="rest-fallback-missing",
        severity=Severity.ERROR,
        layer="rest",
        title="There is no REST endpoint to fall back to",
        explanation=(
            "The page polls over REST when its socket fails, and none of its requests has an endpoint behind it. With "
            "the socket down the page has no data at all, while it goes on as if it had."
        ),
        recognised=(
            "No REST request of the page is served, on any route. Told apart from api-endpoint-missing, where others "
            "are, and from rest-unreachable, where nothing answers."
        ),
        fix=Fix(
            "Serve the fallback's request, or remove the fallback and show the page as disconnected.",
            (
                snippet(
                    "Starlette or FastAPI",
                    """
                    @app.get("/api/bots")
                    async def bots() -> list[dict[str, str]]:
                        return current_status()
                    """,
                ),
                VITE_API,
            ),
        ),
        sources=("dotnet/aspnetcore#36764", "mattermost-community/focalboard#569"),
        browser="The polling requests fail in the network panel; the page may show nothing.",
    ),
    Entry(
        code="rest-spa-fallback",
        severity=Severity.ERROR,
        layer="rest",
        title="REST requests get the page's HTML",
        explanation=(
            "The request gets 200 and the single-page application's index.html instead of JSON: no rule sends the "
            "path to the backend. fetch is content with it, and the failure shows only as a parse error at “<”."
        ),
        recognised=(
            "200 text/html with an application shell where JSON is due. Told apart from api-endpoint-missing (404) "
            "and from spa-fallback-200, which is the socket's path."
        ),
        fix=Fix("Add a route for the API in front of the fallback to index.html.", (VITE_API, NGINX_API)),
        sources=("nginx: Module ngx_http_core_module, try_files", "Vite documentation: Server Options, server.proxy"),
        browser="Console: “SyntaxError: Unexpected token '<'” from response.json().",
        explains=("api-endpoint-missing", "rest-fallback-missing"),
    ),
)
