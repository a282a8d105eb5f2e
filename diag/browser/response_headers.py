"""Response headers as Chromium's network stack keeps them, and how a header of several lines becomes one value.

Source: Fetch §2.2.2 ("get, decode, and split"), RFC 9112 §5, and measurements of Chromium where the two leave room: it
skips a malformed line instead of refusing the answer, but refuses any NUL byte.
"""

from __future__ import annotations

import re

from diag.browser.exchange import Pairs, RefusedError, Response
from diag.browser.http_head import is_token

_END_OF_HEAD = re.compile(r"\n\r?\n")
_LINE_BREAKS = re.compile(r"[\r\n]+")
_NEEDS_CARE = re.compile(r"[\0\r\n]|^[ \t]")
_BLANKS = " \t"
_SINGLE_VALUED = ("content-length", "content-disposition", "location")
_NEVER_READABLE = frozenset({"set-cookie", "set-cookie2"})
_SAFELISTED = frozenset(
    {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
)


def kept_headers(response: Response) -> Pairs:
    """Return the headers that Chromium keeps: names in lower case, values without blanks around them.

    Raises RefusedError where the whole answer is thrown away (ERR_INVALID_HTTP_RESPONSE and its kin).
    """
    kept = tuple(header for header in map(_read, _lines(response.headers)) if header)
    chunked = "chunked" in (combined(kept, "transfer-encoding") or "").lower()
    for name in _SINGLE_VALUED:
        values = {value for key, value in kept if key == name}
        if len(values) > 1 and not (chunked and name == "content-length"):
            net_error = f"net::ERR_RESPONSE_HEADERS_MULTIPLE_{name.upper().replace('-', '_')}"
            raise RefusedError(f"The response has several different {name} headers.", net_error=net_error)
    return kept


def combined(headers: Pairs, name: str) -> str | None:
    """Join the values of a header with comma and blank (Fetch, "get"); None when it is absent. `name`: lower case."""
    values = [value for key, value in headers if key == name]
    return ", ".join(values) if values else None


def token_list(value: str | None) -> frozenset[str] | None:
    """Parse `#token` (Access-Control-Allow-Methods and its kin); empty members are skipped, None is a parse failure."""
    members = [member.strip(_BLANKS) for member in (value or "").split(",")]
    tokens = frozenset(member for member in members if member)
    return tokens if all(map(is_token, tokens)) else None


def readable_headers(headers: Pairs, *, is_cors: bool, with_credentials: bool) -> tuple[str, ...]:
    """Names that script may read (Fetch §2.2.2, "CORS-safelisted response-header name").

    Access-Control-Expose-Headers: `*` is every header, but only a name when credentials are included; one malformed
    member voids the list.
    """
    names = {name for name, _ in headers} - _NEVER_READABLE
    if is_cors:
        exposed = token_list(combined(headers, "access-control-expose-headers")) or frozenset()
        if "*" not in exposed or with_credentials:
            names &= _SAFELISTED | {name.lower() for name in exposed}
    return tuple(sorted(names))


def _lines(headers: Pairs) -> list[str]:
    lines = [f"{name}: {value}" for name, value in headers]
    if not any(map(_NEEDS_CARE.search, lines)):
        return lines
    head = "\r\n".join([*lines, ""])
    end = _END_OF_HEAD.search(head)
    head = head[: end.start()] if end else head
    if "\0" in head:
        raise RefusedError("The response's headers contain a NUL byte.", net_error="net::ERR_INVALID_HTTP_RESPONSE")
    return _unfolded([line for line in _LINE_BREAKS.split(head) if line])


def _unfolded(lines: list[str]) -> list[str]:
    """Join lines that begin with a blank to the header above them (obsolete line folding, RFC 9112 §5.2)."""
    joined: list[str] = []
    for line in lines:
        if line[0] in _BLANKS and joined and ":" in joined[-1] and joined[-1][0] not in f"{_BLANKS}:":
            joined[-1] += " " + line.lstrip(_BLANKS)
        else:
            joined.append(line)
    return joined


def _read(line: str) -> tuple[str, str] | None:
    name, colon, value = line.partition(":")
    key = name.rstrip(_BLANKS)
    return (key.lower(), value.strip(_BLANKS)) if colon and is_token(key) else None
