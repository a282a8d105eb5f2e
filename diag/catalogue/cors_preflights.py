"""The CORS preflight."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._server_snippets import DJANGO_CORS, EXPRESS_CORS, STARLETTE_CORS
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="cors-preflight-rejected",
        severity=Severity.ERROR,
        layer="cors",
        title="The CORS preflight is rejected",
        explanation=(
            "The browser asks with OPTIONS before the real request and gets an error, or an answer that does not list "
            "the method or a header. A frequent cause is authentication that runs before CORS and answers 401 to a "
            "request that never carries credentials. Vite's development server answers preflights itself, so this "
            "shows first in production."
        ),
        recognised=(
            "OPTIONS without a 2xx status, or without the method or header that the request needs; a simple GET "
            "passes. Told apart from cors-origin-not-allowed by that GET, and from cors-preflight-redirected by the "
            "status."
        ),
        fix=Fix(
            "Answer OPTIONS before authentication, with the methods and headers that the page uses.",
            (STARLETTE_CORS, EXPRESS_CORS, DJANGO_CORS),
        ),
        sources=("Fetch Standard, “CORS-preflight fetch”", "measured: Starlette 1.10, Vite 8.3.8"),
        browser=browser.CORS_BLOCKED,
    ),
    Entry(
        code="cors-preflight-redirected",
        severity=Severity.ERROR,
        layer="cors",
        title="The CORS preflight is redirected",
        explanation=(
            "OPTIONS gets a redirect, for a slash, for https or for a login, and a browser does not follow it on a "
            "preflight. The same request without a preflight would follow the redirect and work."
        ),
        recognised="OPTIONS with a 3xx. Told apart from cors-preflight-rejected by the status and Location.",
        fix=Fix(
            "Request the final URL, with its exact slash and scheme.",
            (
                snippet("FastAPI (do not redirect for a slash)", "app = FastAPI(redirect_slashes=False)"),
                snippet("Browser code", "const answer = await fetch('{page}/api/health')"),
            ),
        ),
        sources=("Fetch Standard, “CORS-preflight fetch”",),
        browser=browser.CORS_BLOCKED,
        explains=("cors-preflight-rejected", "cors-origin-not-allowed"),
    ),
)
