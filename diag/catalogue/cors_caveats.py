"""CORS headers that are there most of the time."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import NGINX_CORS
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
)
