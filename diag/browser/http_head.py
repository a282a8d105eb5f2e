"""The head of an HTTP/1 response, parsed with Chromium's leniency.

Chromium (net/http: http_stream_parser, http_util, http_response_headers) accepts far more than RFC 9112 allows:
four bytes of slop before "HTTP", bare LF, tabs around names, folded lines, a missing reason. What it refuses is
refused before any WebSocket rule is asked. Firefox and strict clients (h11, wsproto) refuse more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from diag.model import Headers

MAX_HEAD = 256 * 1024
"""Bytes Chromium reads before it gives up on a head (kMaxHeaderBufSize)."""

_SLOP = 4
_ENOUGH = _SLOP + len("http")
_LWS = " \t"
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_HEADER_LINES = re.compile(rb"[^\r\n]+")
_VERSION = re.compile(rb"http/([0-9])[^.]*\.([0-9])", re.IGNORECASE)
_CODE = re.compile(rb" +([0-9]+)")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_INT_MAX = 2**31 - 1

# A comma in these values does not separate: dates, URLs, cookies, challenges (HttpUtil::IsNonCoalescingHeader).
_NOT_LISTS = frozenset(
    {
        "date", "expires", "last-modified", "location", "retry-after", "set-cookie", "www-authenticate",
        "proxy-authenticate", "strict-transport-security",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """A parsed head: `size` is its length in bytes with the blank line, so frames start at `raw[size:]`."""

    status: int
    version: tuple[int, int]
    headers: Headers
    size: int


@dataclass(frozen=True, slots=True)
class HeadFailure:
    """Why there is no head: `incomplete` (more bytes may come) or Chromium's network error, `net::ERR_…`."""

    problem: Literal["incomplete", "invalid", "too-big", "ambiguous"]
    error: str | None = None


def is_token(text: str) -> bool:
    """Tell whether the text is a token (RFC 9110 §5.6.2)."""
    return _TOKEN.fullmatch(text) is not None


def parse_head(raw: bytes) -> Head | HeadFailure:
    """Parse the first response head in `raw`; whatever follows the blank line is not looked at. Never raises."""
    start = _start_of_status_line(raw)
    if start is None:
        # Chromium takes this for HTTP/0.9, which it does not speak on any port but the scheme's own.
        return HeadFailure("incomplete") if len(raw) < _ENOUGH else _invalid()
    end = _END_OF_HEAD.search(raw, start, MAX_HEAD)
    if end is None:
        if len(raw) < MAX_HEAD:
            return HeadFailure("incomplete")
        return HeadFailure("too-big", "net::ERR_RESPONSE_HEADERS_TOO_BIG")
    if b"\0" in raw[: end.end()]:
        return _invalid()
    block = raw[start : end.end()]
    lines = [match.group() for match in _HEADER_LINES.finditer(block)]
    headers = tuple(_headers(_unfold(lines[1:])))
    version = _version(lines[0], bool(lines[1:]))
    clash = _ambiguous(headers, version)
    if clash:
        return HeadFailure("ambiguous", f"net::ERR_RESPONSE_HEADERS_MULTIPLE_{clash}")
    return Head(_status(lines[0]), version, headers, end.end())


def values_of(headers: Headers, name: str) -> list[str]:
    """All values of a header in order, lists taken apart at commas outside quotes; empty elements are kept."""
    wanted = name.lower()
    lines = [value for key, value in headers if key.lower() == wanted]
    if wanted in _NOT_LISTS:
        return lines
    return [element for line in lines for element in split_list(line)]


def split_list(value: str) -> list[str]:
    """Split a header value at the commas outside double quotes (a quote may open anywhere, `\\` escapes in it)."""
    if '"' not in value:
        return [element.strip(_LWS) for element in value.split(",")]
    elements = [""]
    quoted = escaped = False
    for char in value:
        if char == "," and not quoted:
            elements.append("")
            continue
        elements[-1] += char
        if escaped:
            escaped = False
        elif char == '"':
            quoted = not quoted
        elif char == "\\":
            escaped = quoted
    return [element.strip(_LWS) for element in elements]


def _invalid() -> HeadFailure:
    return HeadFailure("invalid", "net::ERR_INVALID_HTTP_RESPONSE")


def _start_of_status_line(raw: bytes) -> int | None:
    at = raw[:_ENOUGH].lower().find(b"http")
    return None if at < 0 else at


def _version(line: bytes, has_headers: bool) -> tuple[int, int]:
    found = _VERSION.match(line)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if version == (0, 9) and not has_headers:
        return version
    if version == (2, 0):
        return version
    return (1, 1) if version >= (1, 1) else (1, 0)


def _status(line: bytes) -> int:
    """The number behind the first blank; without one Chromium assumes 200, as HTTP/0.9 gateways need it."""
    at = line.find(b" ")
    found = _CODE.match(line, at) if at >= 0 else None
    if found is None:
        return 200
    digits = found[1].lstrip(b"0")[:11]
    return min(int(digits or b"0"), _INT_MAX)


def _unfold(lines: Iterable[bytes]) -> list[str]:
    """Join obs-fold continuations to the line above (RFC 9112 §5.2), as one blank."""
    joined: list[str] = []
    continuable = False
    for raw in lines:
        line = raw.decode("latin-1")
        if continuable and line[0] in _LWS:
            joined[-1] += " " + line.lstrip(_LWS)
            continue
        joined.append(line)
        continuable = line.find(":") > 0 and line[0] not in _LWS
    return joined


def _headers(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Header lines without a colon or with a name that is no token are skipped, not errors."""
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name[:1] not in _LWS and is_token(name := name.rstrip(_LWS)):
            yield name, value.strip(_LWS)


def _ambiguous(headers: Headers, version: tuple[int, int]) -> str | None:
    """Headers whose copies differ, a sign of response splitting; equal copies pass."""
    encodings = [value.lower() for value in values_of(headers, "Transfer-Encoding")]
    chunked = version >= (1, 1) and "chunked" in encodings
    names = ["Content-Disposition", "Location"] if chunked else ["Content-Length", "Content-Disposition", "Location"]
    for name in names:
        if len(set(values_of(headers, name))) > 1:
            return name.upper().replace("-", "_")
    return None
