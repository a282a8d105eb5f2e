"""The HTTP cache between two fetches of one page (RFC 9111), for exchanges that follow each other at once.

No clock is needed: an answer that is fresh for any time is fresh; `Expires` counts beside a `Date`. The classic trap
this explains: a no-cors request (a style sheet, a script) fills the cache with an answer without CORS headers, which
then fails the fetch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from diag.browser.exchange import Pairs
from diag.browser.page_request import Outgoing
from diag.browser.response_headers import combined
from diag.browser.safelists import essence

_MAX_AGE = re.compile(r"max-age\s*=\s*\"?([0-9]+)")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")
_NOT_ZERO = re.compile(r"[1-9]")
_LASTING_STATUSES = frozenset({300, 301, 308, 410})
_HEURISTIC_STATUSES = frozenset({200, 203})
_OPAQUE_TYPES = frozenset(
    {
        "application/ecmascript",
        "application/javascript",
        "image/svg+xml",
        "text/css",
        "text/ecmascript",
        "text/javascript",
    }
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer in the cache, and what the request that fetched it sent in the headers named by `Vary`.

    `must_ask`: whatever the answer says of itself, the server is asked.
    """

    status: int
    headers: Pairs
    varied: Pairs
    must_ask: bool = False

    @property
    def is_fresh(self) -> bool:
        """Whether it is served without asking the server."""
        directives = _directives(self.headers)
        if self.must_ask or "no-cache" in directives or "no-cache" in (combined(self.headers, "pragma") or ""):
            return False
        if max_age := _MAX_AGE.search(directives):
            return _NOT_ZERO.search(max_age[1]) is not None
        if combined(self.headers, "expires") is not None:
            return _expires_later(self.headers)
        if self.status in _LASTING_STATUSES:
            return True
        return self.status in _HEURISTIC_STATUSES and _date(self.headers, "last-modified") is not None

    @property
    def can_be_revalidated(self) -> bool:
        """Whether a conditional request is possible: then a 304 confirms the stored answer."""
        return any(combined(self.headers, name) for name in ("etag", "last-modified"))

    def matches(self, request: Outgoing, origin: str | None) -> bool:
        """Whether `Vary` lets this answer stand for that request."""
        return "*" not in _vary(self.headers) and self.varied == _varied(self.headers, request, origin)

    def confirmed_by(self, headers: Pairs) -> Pairs:
        """The stored headers with those of a 304 put in (RFC 9111 §3.2)."""
        new = {name for name, _ in headers} - {"content-length"}
        kept = tuple((name, value) for name, value in self.headers if name not in new)
        return kept + tuple(header for header in headers if header[0] in new)


def stored(status: int, headers: Pairs, request: Outgoing, origin: str | None) -> Stored | None:
    """Return what a passed exchange leaves in the cache; None when it leaves nothing."""
    if request.method != "GET" or status in {206, 304} or request.cache == "no-store":
        return None
    if "no-store" in _directives(headers):
        return None
    return Stored(status, headers, _varied(headers, request, origin))


def is_hidden_type(headers: Pairs) -> bool:
    """Whether opaque response blocking withholds the body, so that nothing is cached.

    Style sheets, scripts and SVG pass. Chromium also lets images, audio and video pass after looking into their
    bytes; here they count as withheld.
    """
    return essence(combined(headers, "content-type") or "") not in _OPAQUE_TYPES


def _directives(headers: Pairs) -> str:
    return (combined(headers, "cache-control") or "").lower()


def _vary(headers: Pairs) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in (combined(headers, "vary") or "").split(",") if name.strip())


def _varied(headers: Pairs, request: Outgoing, origin: str | None) -> Pairs:
    sent = (*request.headers, *((("origin", origin),) if origin else ()))
    return tuple(sorted((name, value) for name, value in sent if name in _vary(headers)))


def _date(headers: Pairs, name: str) -> datetime | None:
    value = combined(headers, name) or ""
    try:
        return parsedate_to_datetime(value) if _HTTP_DATE.fullmatch(value) else None
    except ValueError:
        return None


def _expires_later(headers: Pairs) -> bool:
    date, expires = _date(headers, "date"), _date(headers, "expires")
    return date is not None and expires is not None and expires > date
