"""URLs as a browser would read them (WHATWG URL, reduced to the schemes http, https, ws and wss), or a clear refusal.

Every function takes foreign text and raises ValueError with one line; userinfo and query values never appear in it.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit

from diag.config.errors import quoted
from diag.model import DEFAULT_PORTS, http_origin

_WEBSOCKET = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
_HTTP = {"http": "http", "https": "https"}
_FORBIDDEN_IN_HOST = re.compile(r'[\s\x00-\x20\x7f"#%/:<>?@\[\\\]^`{|}]')
_SECRETS = re.compile(r"(?<=//)[^/?#]*(?=@)|(?<==)[^&#]+")


def websocket_url(text: str) -> str:
    """The URL of a route, normalised. http and https are mapped to ws and wss, as `new WebSocket` does.

    A fragment is refused, as the constructor refuses it (WHATWG WebSockets, section 3.1, SyntaxError).
    """
    return _request(text, _WEBSOCKET, "ws")


def request_url(text: str) -> str:
    """The http(s) URL of a REST request, normalised."""
    return _request(text, _HTTP, "http")


def page_origin(text: str) -> str:
    """The origin of a page, from an origin or from the page's URL (its path does not matter); `null` is an origin too.

    Serialised as RFC 6454, section 6.2, has it: lower case, no default port, no final slash.
    """
    if text == "null":
        return text
    return http_origin(_normalised(text, _split(text, _HTTP, "http"), _HTTP))


def masked(text: str) -> str:
    """The URL with its userinfo and the values of its query replaced by `***`, for messages."""
    return _SECRETS.sub("***", text)


def host_name(text: str) -> str:
    """A host as it goes on the wire: lower case, ASCII (IDNA), an IPv6 address without brackets."""
    if ":" in text:
        return _ipv6(text)
    try:
        host = text.lower() if text.isascii() else text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError(f"{quoted(text)} is not a host name") from None
    labels = host.removesuffix(".").split(".")
    if _FORBIDDEN_IN_HOST.search(host) or len(host) > 254 or not all(0 < len(label) < 64 for label in labels):
        raise ValueError(f"{quoted(text)} is not a host name")
    return host


def _request(text: str, schemes: dict[str, str], example: str) -> str:
    parts = _split(text, schemes, example)
    if "#" in text:
        raise ValueError(f"{quoted(masked(text))}: a fragment (#…) is not allowed here")
    return _normalised(text, parts, schemes)


def _split(text: str, schemes: dict[str, str], example: str) -> SplitResult:
    """The URL taken apart. Characters are checked first, because urlsplit silently drops tabs and line ends."""
    shown = quoted(masked(text))
    if not text:
        raise ValueError(f"is empty; a URL reads {example}://host/path")
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError(f"{shown}: blanks and control characters are not allowed in a URL")
    scheme, separator, _ = text.partition("://")
    if not separator:
        raise ValueError(f"{shown} has no scheme; write {example}://{masked(text)[:60]}?")
    if scheme.lower() not in schemes:
        raise ValueError(f"{shown}: unknown scheme {quoted(scheme)}; write {example}:// or {example}s://")
    try:
        return urlsplit(text)
    except ValueError:
        raise ValueError(f"{shown} has no valid host") from None


def _normalised(text: str, parts: SplitResult, schemes: dict[str, str]) -> str:
    shown = quoted(masked(text))
    if not parts.hostname:
        raise ValueError(f"{shown} has no host")
    try:
        host = host_name(parts.hostname)
    except ValueError:
        raise ValueError(f"{shown} has no valid host") from None
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"{shown}: the port must be a number from 1 to 65535")
    scheme = schemes[parts.scheme]
    userinfo, at, _ = parts.netloc.rpartition("@")
    place = f"[{host}]" if ":" in host else host
    place += "" if port in (None, DEFAULT_PORTS[scheme]) else f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{_ascii(userinfo)}{at}{place}{_ascii(parts.path or '/')}{_ascii(query)}"


def _ascii(text: str) -> str:
    return text if text.isascii() else "".join(char if char.isascii() else quote(char) for char in text)


def _ipv6(text: str) -> str:
    from ipaddress import IPv6Address  # noqa: PLC0415 - rarely needed

    try:
        address = IPv6Address(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is not an IPv6 address") from None
    if address.scope_id:
        raise ValueError(f"{quoted(text)}: a zone is not allowed in a URL")
    return address.compressed
