"""REST requests of the page that get no good answer."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._consequences import READS_AS_CORS
from diag.catalogue._server_snippets import HEALTH_ROUTE
from diag.catalogue._snippets import LISTENERS, NGINX_API, VITE_API, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="rest-unreachable",
        severity=Severity.ERROR,
        layer="rest",
        title="A REST request gets no answer at all",
        explanation=(
            "The request fails below HTTP: refused, reset, an unknown name, or TLS. The page's fetch rejects with a "
            "TypeError that names no reason, and the fallback has nothing to fall back to."
        ),
        recognised=(
            "No status line for a REST request; the evidence names the layer. Told apart from rest-timeout (connected "
            "and silent) and rest-gateway-error (a proxy answered)."
        ),
        fix=Fix("Start what should answer there, or correct the request's URL.", (LISTENERS, VITE_API)),
        sources=("Fetch Standard, “Network error”",),
        browser="Console: net::ERR_CONNECTION_REFUSED or the like; fetch rejects with “TypeError: Failed to fetch”.",
    ),
    Entry(
        code="rest-timeout",
        severity=Severity.ERROR,
        layer="rest",
        title="A REST request is not answered in time",
        explanation=(
            "The connection stands and no answer comes within the time allowed. fetch has no timeout of its own, so "
            "the page waits, and a polling fallback piles up requests."
        ),
        recognised=(
            "Connected, request sent, no status line until the deadline. Told apart from rest-unreachable (no "
            "connection) and from backend-hang, where the upgrade hangs as well."
        ),
        fix=Fix(
            "Find what the handler waits for, and give the page's fetch a timeout.",
            (
                snippet(
                    "Browser code",
                    "const answer = await fetch('/api/health', { signal: AbortSignal.timeout(5_000) })",
                ),
                snippet("Python (where is it stuck; shell)", "py-spy dump --pid $(pgrep -of uvicorn)"),
            ),
        ),
        sources=("DOM Standard, “AbortSignal.timeout()”", "RFC 9110, section 15.5.9"),
        browser="The request stays pending in the network panel.",
        explains=READS_AS_CORS,
    ),
    Entry(
        code="rest-unhealthy",
        severity=Severity.ERROR,
        layer="rest",
        title="The health endpoint reports a problem",
        explanation=(
            "The application answers its health request with an error or a document that says it is not well: a "
            "database, a queue or another dependency is down. The socket may still open and carry stale data."
        ),
        recognised=(
            "503 or another 5xx with a health document of the application. Told apart from rest-gateway-error, which "
            "a proxy writes, by that document."
        ),
        fix=Fix(
            "Repair the dependency that the health document names.",
            (snippet("Shell", "curl -sS {page}/api/health"), HEALTH_ROUTE),
        ),
        sources=("RFC 9110, section 15.6.4",),
        browser="The network panel shows 503; fetch resolves with ok false.",
        explains=READS_AS_CORS,
    ),
    Entry(
        code="rest-gateway-error",
        severity=Severity.ERROR,
        layer="rest",
        title="A proxy answers REST requests with a gateway error",
        explanation=(
            "The proxy answers 502, 503 or 504 in the backend's place. The answer has no CORS headers, so a "
            "cross-origin page reports a CORS error instead."
        ),
        recognised=(
            "502, 503 or 504 written by a proxy. Told apart from rest-unhealthy by the absence of a health document; "
            "the socket's own gateway code, if there is one, is the cause."
        ),
        fix=Fix("Start the backend, or correct the proxy's target for REST.", (NGINX_API, VITE_API, LISTENERS)),
        sources=("RFC 9110, sections 15.6.3 to 15.6.5",),
        browser="The network panel shows 502, 503 or 504, or a CORS error in its place.",
        explains=READS_AS_CORS,
    ),
    Entry(
        code="rest-auth-required",
        severity=Severity.ERROR,
        layer="rest",
        title="REST requests need credentials",
        explanation=(
            "A REST request of the page gets 401 or 403: it carries no session, or one without the right. Cookies go "
            "along cross-origin only with credentials: 'include', and only if their SameSite attribute allows it."
        ),
        recognised=(
            "401 or 403 from the application to a health or fallback request. Told apart from vite-allowed-hosts and "
            "host-not-allowed, which change with Host, and from cors-origin-not-allowed by the status."
        ),
        fix=Fix(
            "Send the session with the request, or exempt the health endpoint from authentication.",
            (
                snippet("Browser code", "const answer = await fetch('/api/health', { credentials: 'include' })"),
                snippet(
                    "Set-Cookie (a session used across sites)", "session=VALUE; Path=/; Secure; HttpOnly; SameSite=None"
                ),
            ),
        ),
        sources=("RFC 9110, sections 15.5.2 and 15.5.4", "Fetch Standard, “credentials mode”"),
        browser="The network panel shows 401 or 403.",
        explains=("cors-missing-on-errors",),
    ),
)
