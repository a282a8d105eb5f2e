"""One fetch on its way through preflights, caches and redirects to an answer that the page may see, or may not.

The order of the checks is Chromium's, and with it the error that is named when several things are wrong. Source: Fetch
§4 ("main fetch", "HTTP fetch", "HTTP-redirect fetch", "HTTP-network-or-cache fetch").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from diag.browser import http_cache, preflight
from diag.browser.access_check import check_access, check_resource_policy, refused
from diag.browser.context import BAD_PORTS
from diag.browser.exchange import Answer, Dropped, FetchRequest, FetchVerdict, Pairs, RefusedError, Response
from diag.browser.hosts import is_loopback
from diag.browser.page_request import Outgoing, outgoing
from diag.browser.redirects import (
    REDIRECT_LIMIT,
    REDIRECT_STATUSES,
    check_target,
    location,
    redirected_headers,
    redirected_method,
)
from diag.browser.response_headers import kept_headers, readable_headers
from diag.browser.urls import Url

Server = Callable[[Url], tuple[Answer, Answer]]
"""What is said at a URL: to a preflight, and to anything else."""

_LOCAL_SCHEMES = frozenset(
    {"blob", "chrome", "chrome-extension", "chrome-untrusted", "devtools", "file", "filesystem", "ftp", "view-source"}
)
"""Refused to a page before CORS is asked."""


@dataclass(slots=True)
class Browser:
    """One page, and what the browser remembers between its fetches."""

    origin: str
    page: Url | None
    grants: dict[str, preflight.Grant] = field(default_factory=dict)
    cache: dict[str, http_cache.Stored] = field(default_factory=dict)

    def fetch(self, request: FetchRequest, server: Server) -> FetchVerdict:
        """Run one fetch to its end; what it leaves in the caches counts for the next."""
        try:
            out = outgoing(request, self.page)
        except RefusedError as refusal:
            return FetchVerdict(allowed=False, error=None, message=refusal.message, preflight_sent=False)
        journey = _Journey(self, out, server)
        try:
            return journey.run()
        except RefusedError as refusal:
            return journey.refusal(refusal)


def key_of(url: Url) -> str:
    """The URL as caches know it: without fragment, and without user and password."""
    return str(replace(url, fragment=None, userinfo=""))


class _Journey:
    def __init__(self, browser: Browser, request: Outgoing, server: Server) -> None:
        self._browser = browser
        self._request = request
        self._server = server
        self._preflight_sent = False
        self._request_sent = False
        self._has_cors_flag = False
        self._is_tainted = False
        self._is_redirected = False

    def run(self) -> FetchVerdict:
        if self._request.url.scheme == "data":
            return self._data_url()
        for _ in range(REDIRECT_LIMIT + 1):
            self._check_url()
            if self._has_cors_flag and preflight.is_due(self._request):
                self._ask_permission()
            status, headers = self._answer()
            target = location(status, headers, self._request.url)
            if target is None:
                return self._accept(status, headers)
            self._check_access(headers)
            if self._request.redirect == "manual":
                return self._verdict("opaqueredirect")
            self._turn_to(target, status, headers)
        raise RefusedError("The fetch was redirected more than 20 times.", net_error="net::ERR_TOO_MANY_REDIRECTS")

    def refusal(self, refusal: RefusedError) -> FetchVerdict:
        message = refusal.message
        if refusal.error:
            api = "fetch" if self._request.api == "fetch" else "XMLHttpRequest"
            place = f"at '{self._request.url}' from origin '{self._browser.origin}'"
            message = f"Access to {api} {place} has been blocked by CORS policy: {message}"
        return FetchVerdict(
            allowed=False,
            error=refusal.error,
            message=message,
            preflight_sent=self._preflight_sent,
            net_error=refusal.net_error,
            request_sent=self._request_sent,
            final_url=str(self._request.url),
        )

    @property
    def _origin(self) -> str:
        """What the Origin header says: `null` once a redirect led from one foreign origin to another."""
        return "null" if self._is_tainted else self._browser.origin

    @property
    def _sent_origin(self) -> str | None:
        return self._origin if self._has_cors_flag or self._request.method not in {"GET", "HEAD"} else None

    @property
    def _is_same_origin(self) -> bool:
        return self._request.url.origin == self._browser.origin != "null"

    def _data_url(self) -> FetchVerdict:
        if "," not in str(self._request.url):
            raise RefusedError("The data: URL has no comma.", net_error="net::ERR_INVALID_URL")
        return self._verdict("basic", 200, ("content-type",))

    def _check_url(self) -> None:
        """What is decided before anything is sent to this URL."""
        url, page = self._request.url, self._browser.page
        if page and page.scheme == "https" and url.scheme == "http" and not is_loopback(url.host):
            text = f"The page at '{page}' was loaded over HTTPS, but requested an insecure resource '{url}'."
            net_error = "net::ERR_ABORTED" if self._is_redirected else None
            raise RefusedError(f"Mixed Content: {text} This request has been blocked.", net_error=net_error)
        if not self._is_same_origin:
            self._leave_origin()
        if url.scheme not in {"http", "https"}:
            from_xhr = self._request.api == "xhr" and url.scheme not in _LOCAL_SCHEMES
            if self._has_cors_flag and (self._is_redirected or from_xhr):
                raise refused("CorsDisabledScheme")
            raise RefusedError(f'Fetch API cannot load {url}. URL scheme "{url.scheme}" is not supported.')
        if url.effective_port in BAD_PORTS:
            raise RefusedError(f"Port {url.effective_port} is blocked.", net_error="net::ERR_UNSAFE_PORT")

    def _leave_origin(self) -> None:
        request = self._request
        match request.mode:
            case "same-origin":
                reason = 'Request mode is "same-origin" but the URL\'s origin is not same as the request origin'
                raise RefusedError(f"Fetch API cannot load {request.url}. {reason} {self._origin}.")
            case "no-cors" if request.redirect != "follow":
                reason = 'Request mode is "no-cors" but the redirect mode is not "follow".'
                raise RefusedError(f"Fetch API cannot load {request.url}. {reason}")
            case "cors":
                self._has_cors_flag = True

    def _ask_permission(self) -> None:
        """Use a remembered grant or send the preflight. A grant that does not suffice is forgotten."""
        request, grants, key = self._request, self._browser.grants, key_of(self._request.url)
        known = grants.pop(key, None) if request.cache in {"default", "force-cache"} else None
        if known and known.permits_again(request):
            grants[key] = known
            return
        answer = self._server(request.url)[0]
        self._preflight_sent |= not isinstance(answer, Dropped) or answer.reached
        granted = preflight.grant(request, _arrived(answer), self._origin)
        granted.check(request)
        if request.cache != "no-store":
            grants.pop(key, None)
            grants.update({key: granted} if granted.lasts else {})

    def _answer(self) -> tuple[int, Pairs]:
        """The answer's status and headers, from the cache or from the server."""
        request, stored = self._request, self._stored()
        if stored and (request.cache == "force-cache" or stored.is_fresh or request.cache == "only-if-cached"):
            return stored.status, stored.headers
        if request.cache == "only-if-cached":
            raise RefusedError("The answer is not in the cache.", net_error="net::ERR_CACHE_MISS")
        if request.is_stream:
            raise RefusedError("A stream is sent over HTTP/2 only.", net_error="net::ERR_ALPN_NEGOTIATION_FAILED")
        answer = self._server(request.url)[1]
        self._request_sent |= not isinstance(answer, Dropped) or answer.reached
        response = _arrived(answer)
        headers = kept_headers(response)
        if stored and stored.can_be_revalidated and response.status == 304:
            return stored.status, stored.confirmed_by(headers)
        return response.status, headers

    def _stored(self) -> http_cache.Stored | None:
        """The cached answer that may be used for this request, if only after asking the server."""
        request = self._request
        stored = self._browser.cache.get(key_of(request.url))
        if stored is None or request.method not in {"GET", "HEAD"} or request.cache in {"no-store", "reload"}:
            return None
        if not stored.matches(request, self._sent_origin):
            return None
        return replace(stored, must_ask=request.cache == "no-cache")

    def _check_access(self, headers: Pairs) -> None:
        if self._has_cors_flag:
            check_access(headers, origin=self._origin, with_credentials=self._request.with_credentials)

    def _turn_to(self, target: Url, status: int, headers: Pairs) -> None:
        """Follow a redirect."""
        request = self._request
        check_target(
            target,
            request,
            has_cors_flag=self._has_cors_flag,
            is_home=not self._is_tainted and target.origin == self._browser.origin != "null",
        )
        self._store(status, headers)
        leaves_origin = target.origin != request.url.origin
        self._is_tainted |= leaves_origin and not self._is_same_origin
        self._is_redirected = True
        method = redirected_method(request.method, status)
        drops_body = method != request.method
        self._request = replace(
            request,
            url=replace(target, fragment=request.url.fragment) if target.fragment is None else target,
            method=method,
            headers=redirected_headers(request.headers, drops_body=drops_body, leaves_origin=leaves_origin),
        )

    def _accept(self, status: int, headers: Pairs) -> FetchVerdict:
        """Let the page see the answer, or what it may see of it."""
        request = self._request
        self._check_access(headers)
        if request.mode == "no-cors" and (self._is_tainted or not self._is_same_origin):
            check_resource_policy(headers, request.url, self._browser.page)
            if not http_cache.is_hidden_type(headers):
                self._store(status, headers)
            return self._verdict("opaque")
        self._store(status, headers)
        if request.redirect == "manual" and status in REDIRECT_STATUSES:
            return self._verdict("opaqueredirect")
        kind: Literal["cors", "basic"] = "cors" if self._has_cors_flag else "basic"
        names = readable_headers(headers, is_cors=self._has_cors_flag, with_credentials=request.with_credentials)
        return self._verdict(kind, status, names)

    def _store(self, status: int, headers: Pairs) -> None:
        stored = http_cache.stored(status, headers, self._request, self._sent_origin)
        if stored:
            self._browser.cache[key_of(self._request.url)] = stored

    def _verdict(
        self,
        kind: Literal["basic", "cors", "opaque", "opaqueredirect"],
        status: int = 0,
        names: tuple[str, ...] = (),
    ) -> FetchVerdict:
        unreadable = kind in {"opaque", "opaqueredirect"}
        return FetchVerdict(
            allowed=True,
            error=None,
            message="The fetch succeeds, but its answer cannot be read." if unreadable else "The fetch succeeds.",
            preflight_sent=self._preflight_sent,
            readable_headers=names,
            request_sent=self._request_sent,
            status=status,
            final_url=str(self._request.url),
            response_type=kind,
        )


def _arrived(answer: Answer) -> Response:
    match answer:
        case Dropped(error=error):
            raise RefusedError("The server did not answer.", net_error=error)
        case Response(status=status) if status < 200:
            # An interim answer, and nothing after it.
            raise RefusedError("The server sent no final answer.", net_error="net::ERR_EMPTY_RESPONSE")
        case Response(status=407):
            text = "The server asks for proxy authentication."
            raise RefusedError(text, net_error="net::ERR_UNEXPECTED_PROXY_AUTH")
    return answer
