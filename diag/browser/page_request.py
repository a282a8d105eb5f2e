"""From the script's call to the request that goes out: what fetch() and XMLHttpRequest throw for, drop and add.

Source: Fetch §5.4 (Request constructor) and §5.2 (bodies), XMLHttpRequest §3.5 (open, setRequestHeader, send).
"""

from __future__ import annotations

from dataclasses import dataclass

from diag.browser import safelists
from diag.browser.exchange import FetchRequest, Pairs, RefusedError
from diag.browser.http_head import is_token
from diag.browser.urls import Url, parse_url

_ENUMS = {
    "mode": ("RequestMode", ("cors", "no-cors", "same-origin", "navigate")),
    "credentials": ("RequestCredentials", ("omit", "same-origin", "include")),
    "cache": ("RequestCache", ("default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached")),
    "redirect": ("RequestRedirect", ("follow", "error", "manual")),
}
_BODY_TYPES = {
    "@formdata": "multipart/form-data; boundary=----WebKitFormBoundary",
    "@urlsearchparams": "application/x-www-form-urlencoded;charset=UTF-8",
    "@arraybuffer": None,
    "@stream": None,
}
_CONDITIONAL = frozenset({"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it leaves the page: method normalized, forbidden headers gone, the body's Content-Type added."""

    api: str
    url: Url
    method: str
    mode: str
    with_credentials: bool
    redirect: str
    cache: str
    headers: Pairs
    is_stream: bool
    forces_preflight: bool


def outgoing(request: FetchRequest, page: Url | None) -> Outgoing:
    """Build the request that goes out; raises RefusedError where the API throws or rejects before the network.

    A stream and a listener on `xhr.upload` force a preflight, whatever the method and the headers. Conditional headers
    switch the cache off. XMLHttpRequest drops a body with GET and HEAD, fetch() throws for it.
    """
    url = parse_url(request.url, page)
    is_fetch = request.api == "fetch"
    method = safelists.normalized_method(request.method)
    _check_call(request, url, method)
    if url is None:
        raise _thrown(request, f"Failed to parse URL from {request.url}" if is_fetch else "Invalid URL")
    body = None if method in {"GET", "HEAD"} else request.body
    mode = request.mode if is_fetch else "cors"
    headers = _settable(request, no_cors=mode == "no-cors")
    content_type = _content_type(body, is_fetch=is_fetch)
    if content_type and not any(name == "content-type" for name, _ in headers):
        headers = (*headers, ("content-type", content_type))
    is_conditional = any(name in _CONDITIONAL for name, _ in headers)
    cache = request.cache if is_fetch else "default"
    return Outgoing(
        api=request.api,
        url=url,
        method=method,
        mode=mode,
        with_credentials=request.credentials == "include",
        redirect=request.redirect if is_fetch else "follow",
        cache="no-store" if is_conditional and cache == "default" else cache,
        headers=headers,
        is_stream=body == "@stream",
        forces_preflight=body == "@stream" or (not is_fetch and request.upload_listener and body is not None),
    )


def _check_call(request: FetchRequest, url: Url | None, method: str) -> None:
    if not is_token(request.method):
        raise _thrown(request, f"'{request.method}' is not a valid HTTP method.")
    if safelists.is_forbidden_method(request.method):
        raise _thrown(request, f"'{request.method}' HTTP method is unsupported.")
    if request.api != "fetch":
        return
    for member, (enum, values) in _ENUMS.items():
        value = getattr(request, member)
        if value not in values:
            text = f"The provided value '{value}' is not a valid enum value of type {enum}."
            raise _thrown(request, f"Failed to read the '{member}' property from 'RequestInit': {text}")
    if url and url.userinfo:
        raise _thrown(request, f"Request cannot be constructed from a URL that includes credentials: {request.url}")
    if request.mode == "navigate":
        text = "Cannot construct a Request with a RequestInit whose mode member is set as 'navigate'."
        raise _thrown(request, text)
    if request.cache == "only-if-cached" and request.mode != "same-origin":
        raise _thrown(request, "'only-if-cached' can be set only with 'same-origin' mode")
    if request.mode == "no-cors" and not safelists.is_safelisted_method(method):
        raise _thrown(request, f"'{request.method}' is unsupported in no-cors mode.")
    if request.body is not None and method in {"GET", "HEAD"}:
        raise _thrown(request, "Request with GET/HEAD method cannot have body.")
    if request.body == "@stream" and request.mode not in {"cors", "same-origin"}:
        raise _thrown(request, 'If request is made from ReadableStream, mode should be"same-origin" or "cors"')


def _settable(request: FetchRequest, *, no_cors: bool) -> Pairs:
    """Headers that survive the guard, in lower case; the values of one name are joined."""
    kept: dict[str, str] = {}
    for name, raw in request.headers:
        value = raw.strip(" \t\r\n")
        if not is_token(name):
            raise _thrown(request, f"'{name}' is not a valid HTTP header field name.", "setRequestHeader")
        if any(char in "\0\r\n" or char > "\xff" for char in value):
            raise _thrown(request, f"'{value}' is not a valid HTTP header field value.", "setRequestHeader")
        key = name.lower()
        joined = f"{kept[key]}, {value}" if key in kept else value
        if safelists.is_forbidden_header(key, value) or (no_cors and not safelists.is_no_cors_header(key, joined)):
            continue
        kept[key] = joined
    return tuple(kept.items())


def _content_type(body: str | None, *, is_fetch: bool) -> str | None:
    if body is None or body in _BODY_TYPES:
        return _BODY_TYPES.get(body or "")
    if body.startswith("@blob:"):
        kind = body.removeprefix("@blob:").lower()
        # XMLHttpRequest leaves out a type that is none, fetch() sends whatever the blob says.
        return kind if is_fetch or safelists.essence(kind) else None
    return "text/plain;charset=UTF-8"


def _thrown(request: FetchRequest, text: str, xhr_method: str = "open") -> RefusedError:
    call = "'fetch' on 'Window'" if request.api == "fetch" else f"'{xhr_method}' on 'XMLHttpRequest'"
    return RefusedError(f"Failed to execute {call}: {text}")
