"""Which methods and request headers a page may set, and which of them need no preflight.

Source: Fetch §2.2.1 (methods) and §2.2.2 (headers). Chromium differs from the standard in these points:
client hints such as `DPR`, `Width` and `Save-Data` count as safelisted when their value has the right form,
`User-Agent` never asks for a preflight (Firefox sends one), and `Access-Control-Request-Private-Network` may be set.
"""

from __future__ import annotations

import re

from diag.browser.exchange import Pairs
from diag.browser.http_head import is_token

_MAX_VALUE_BYTES = 128
_MAX_TOTAL_BYTES = 1024
_NORMALIZED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
_FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_FORBIDDEN_NAMES = frozenset(
    {
        "accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method",
        "connection", "content-length", "cookie", "cookie2", "date", "dnt",
        "expect", "host", "keep-alive", "origin", "referer", "set-cookie", "te", "trailer", "transfer-encoding",
        "upgrade", "via",
    }
)  # fmt: skip
_METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
_UNSAFE_BYTE = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]')
_LANGUAGE = re.compile(r"[0-9A-Za-z *,.;=\-]*")
_SIMPLE_CONTENT_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
_INTEGER = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_INT64_MAX = 2**63 - 1
_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]*)")
_CLIENT_HINTS = {
    "device-memory": _DECIMAL,
    "downlink": _DECIMAL,
    "dpr": _DECIMAL,
    "ect": re.compile(r"slow-2g|[234]g"),
    "rtt": _INTEGER,
    "save-data": re.compile(r"on", re.IGNORECASE),
    "viewport-width": _INTEGER,
    "width": _INTEGER,
}
_NO_CORS_NAMES = frozenset({"accept", "accept-language", "content-language", "content-type"})


def normalized_method(method: str) -> str:
    """Upper-case the six methods that the standard names; `patch` stays `patch` (Fetch §2.2.1, "normalize")."""
    return method.upper() if method.upper() in _NORMALIZED_METHODS else method


def is_forbidden_method(method: str) -> bool:
    """CONNECT, TRACE and TRACK, in any case."""
    return method.upper() in _FORBIDDEN_METHODS


def is_safelisted_method(method: str) -> bool:
    """Methods that need no preflight and no Access-Control-Allow-Methods."""
    return method in {"GET", "HEAD", "POST"}


def is_forbidden_header(name: str, value: str) -> bool:
    """Headers that a script cannot set: they are dropped without an error."""
    name = name.lower()
    if name in _METHOD_OVERRIDES:
        return any(is_forbidden_method(method.strip(" \t")) for method in value.split(","))
    return name in _FORBIDDEN_NAMES or name.startswith(("proxy-", "sec-"))


def is_safelisted_header(name: str, value: str) -> bool:
    """CORS-safelisted request-header: sent without a preflight."""
    name = name.lower()
    if len(value) > _MAX_VALUE_BYTES:
        return False
    match name:
        case "accept":
            return not _UNSAFE_BYTE.search(value)
        case "accept-language" | "content-language":
            return _LANGUAGE.fullmatch(value) is not None
        case "content-type":
            return not _UNSAFE_BYTE.search(value) and essence(value) in _SIMPLE_CONTENT_TYPES
        case "range":
            return _is_simple_range(value)
        case "intervention":
            return True
        case _:
            form = _CLIENT_HINTS.get(name)
            return form is not None and form.fullmatch(value) is not None


def is_no_cors_header(name: str, value: str) -> bool:
    """Headers that survive in a no-cors request (Fetch, "no-CORS-safelisted request-header")."""
    return name.lower() in _NO_CORS_NAMES and is_safelisted_header(name, value)


def unsafe_names(headers: Pairs) -> tuple[str, ...]:
    """CORS-unsafe request-header names, lower case and sorted: those that ask for a preflight.

    Safelisted headers join them once their values exceed 1,024 bytes together.
    """
    settable = [(name.lower(), value) for name, value in headers if name.lower() != "user-agent"]
    unsafe = {name for name, value in settable if not is_safelisted_header(name, value)}
    safe = [(name, value) for name, value in settable if name not in unsafe]
    if sum(len(value) for _, value in safe) > _MAX_TOTAL_BYTES:
        unsafe |= {name for name, _ in safe}
    return tuple(sorted(unsafe))


def essence(content_type: str) -> str | None:
    """Type and subtype of a media type, lower case; None when it is malformed (MIME Sniffing §4.4)."""
    kind, slash, subtype = content_type.partition(";")[0].strip(" \t").partition("/")
    return f"{kind}/{subtype}".lower() if slash and is_token(kind) and is_token(subtype) else None


def _is_simple_range(value: str) -> bool:
    found = _RANGE.fullmatch(value)
    if found is None:
        return False
    first, last = int(found[1]), int(found[2] or found[1])
    return first <= last < _INT64_MAX
