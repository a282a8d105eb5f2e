"""CORS headers that are there most of the time."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._server_snippets import EXPRESS_CORS, STARLETTE_CORS
from diag.catalogue._snippets import NGINX_CORS, VITE_API
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="cors-missing-on-errors",
        severity=Severity.WARNING,
        layer="cors",
        title="Error answers lack the CORS headers",
        explanation=(
            "Successful answers carry Access-Control-Allow-Origin and errors do not, so the page's developer sees a "
            "CORS error where the truth is a 500 or 502. nginx's add_header skips errors without “always”, and "
            "Starlette's answer to an unhandled exception carries no CORS headers."
        ),
        recognised=(
            "The header on 2xx answers and its absence on 5xx. Told apart from cors-origin-not-allowed, which "
            "concerns every answer."
        ),
        fix=Fix("Fix the error itself, and add the header to error answers too.", (NGINX_CORS,)),
        sources=("nginx: Module ngx_http_headers_module, add_header", "measured: Starlette 1.10, nginx 1.22.1"),
        browser=browser.CORS_BLOCKED,
    ),
    Entry(
        code="cors-vary-missing",
        severity=Severity.WARNING,
        layer="cors",
        title="Vary: Origin is missing",
        explanation=(
            "The server puts the requesting origin into Access-Control-Allow-Origin and does not say that the answer "
            "varies by it. A cache may hand one origin's answer to another, which is then refused."
        ),
        recognised=(
            "The header changes with Origin, the answer may be cached, and Vary does not name Origin. Told apart from "
            "cors-origin-not-allowed: it works until a cache is involved."
        ),
        fix=Fix("Send Vary: Origin with every answer that depends on it.", (NGINX_CORS,)),
        sources=("Fetch Standard, “CORS protocol and HTTP caches”", "RFC 9110, section 12.5.5"),
        browser="Nothing, until a cached answer for another origin comes back.",
        degrades=False,
    ),
    Entry(
        code="cors-reflects-any-origin",
        severity=Severity.WARNING,
        layer="cors",
        title="Any website may read REST answers with the user's cookies",
        explanation=(
            "The server copies whatever Origin it gets into Access-Control-Allow-Origin and allows credentials. A "
            "browser refuses the wildcard with credentials, and this is the wildcard by another way: a hostile page "
            "that the user visits reads the answers as the user. Starlette does so for allow_origins=['*'] with "
            "allow_credentials=True."
        ),
        recognised=(
            "A credentialed request with an Origin that nobody can have listed gets that very Origin back, with "
            "Allow-Credentials: true. Told apart from cors-credentials-wildcard, where the header says “*” and the "
            "browser refuses."
        ),
        fix=Fix("List the origins that may read, {page} among them.", (STARLETTE_CORS, EXPRESS_CORS)),
        sources=(
            "Fetch Standard, “CORS protocol and credentials”",
            "OWASP: Testing Cross Origin Resource Sharing",
            "measured: Starlette 1.10",
        ),
        browser="Nothing: everything works, for every website.",
        degrades=False,
    ),
    Entry(
        code="cors-dev-only-pass",
        severity=Severity.WARNING,
        layer="cors",
        title="A REST request passes through the proxy only",
        explanation=(
            "Through the development server the request has the page's own origin, and CORS does not apply. The same "
            "request to the backend itself is cross-origin, and the backend does not allow it. What works in "
            "development fails as soon as the page is served from elsewhere. Vite also answers preflights itself, so "
            "that the backend's own answer is never seen."
        ),
        recognised=(
            "The same method and path, once through the page's origin and once directly: the first passes, the second "
            "is refused by CORS. Told apart from cors-origin-not-allowed, which says what the direct answer lacks."
        ),
        fix=Fix(
            "Serve page and API from one origin in production too, or allow {page} in the backend.",
            (VITE_API, STARLETTE_CORS, EXPRESS_CORS),
        ),
        sources=("Fetch Standard, “CORS check”", "measured: Vite 8.3.8 answers preflights with 204"),
        browser="Nothing through the proxy; directly a CORS message on the console.",
        degrades=False,
    ),
)
