"""The CORS preflight: when it is sent, what it asks, and whether the answer permits the request.

Source: Fetch §4, "CORS-preflight fetch" and "CORS-preflight cache".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from diag.browser import safelists
from diag.browser.access_check import check_access, refused
from diag.browser.exchange import Pairs, RefusedError, Response
from diag.browser.page_request import Outgoing
from diag.browser.redirects import location
from diag.browser.response_headers import combined, kept_headers, token_list

_SECONDS = re.compile(r"([+-]?)0*([0-9]{0,19})")
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Grant:
    """What a preflight response permits; `lasts` is False when Access-Control-Max-Age forbids to remember it."""

    methods: frozenset[str]
    headers: frozenset[str]
    with_credentials: bool
    lasts: bool

    def check(self, request: Outgoing, *, wildcard_exempts: str = "") -> None:
        """Raise RefusedError unless the request is permitted.

        `*` permits nothing when credentials are included, and never a header named in `wildcard_exempts`. The method
        is compared byte by byte: `put` in the header does not permit PUT, nor PATCH in it a request for `patch`.
        The standard exempts Authorization from `*`; Chromium only warns.
        """
        any_method = "*" in self.methods and not self.with_credentials
        if not (any_method or request.method in self.methods or safelists.is_safelisted_method(request.method)):
            raise refused("MethodDisallowedByPreflightResponse", request.method)
        any_header = "*" in self.headers and not self.with_credentials
        for name in safelists.unsafe_names(request.headers):
            if name not in self.headers and (not any_header or name == wildcard_exempts):
                raise refused("HeaderDisallowedByPreflightResponse", name)

    def permits_again(self, request: Outgoing) -> bool:
        """Whether the remembered grant saves a preflight. Here Chromium does exempt Authorization from `*`."""
        if request.with_credentials and not self.with_credentials:
            return False
        try:
            self.check(request, wildcard_exempts="authorization")
        except RefusedError:
            return False
        return True


def is_due(request: Outgoing) -> bool:
    """Whether a cross-origin request of this form waits for a preflight."""
    if request.mode != "cors":
        return False
    is_simple = safelists.is_safelisted_method(request.method) and not safelists.unsafe_names(request.headers)
    return request.forces_preflight or not is_simple


def question(request: Outgoing) -> Pairs:
    """The headers that state the request: names in lower case, sorted, joined by commas without blanks."""
    names = ",".join(safelists.unsafe_names(request.headers))
    method = ("Access-Control-Request-Method", request.method)
    return (method, ("Access-Control-Request-Headers", names)) if names else (method,)


def grant(request: Outgoing, response: Response, origin: str) -> Grant:
    """Read a preflight response; raises RefusedError with Chromium's CORS error where it permits nothing at all.

    Chromium checks the origin before the status, so a 404 without CORS headers is a missing header to it; any status
    from 200 to 299 will do.
    """
    headers = kept_headers(response)
    if location(response.status, headers, request.url):
        raise refused("PreflightDisallowedRedirect")
    check_access(headers, origin=origin, with_credentials=request.with_credentials, prefix="Preflight")
    if not 200 <= response.status <= 299:
        raise refused("PreflightInvalidStatus")
    methods = token_list(combined(headers, "access-control-allow-methods"))
    if methods is None:
        raise refused("InvalidAllowMethodsPreflightResponse")
    names = token_list(combined(headers, "access-control-allow-headers"))
    if names is None:
        raise refused("InvalidAllowHeadersPreflightResponse")
    return Grant(
        methods=methods,
        headers=frozenset(name.lower() for name in names),
        with_credentials=request.with_credentials,
        lasts=_lasts(combined(headers, "access-control-max-age")),
    )


def _lasts(max_age: str | None) -> bool:
    """Chromium keeps a grant for 5 s when Access-Control-Max-Age is absent or no integer; 0 and less forbid it."""
    found = _SECONDS.fullmatch(max_age) if max_age and max_age[-1].isdigit() else None
    if found is None or int(found[2] or 0) >= _INT64:
        return True
    return found[1] != "-" and int(found[2] or 0) > 0
