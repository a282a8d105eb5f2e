"""The small notations that flags and `wsdiag.yaml` share: headers, REST requests, routes, overrides, waivers.

Every function takes foreign text and raises ValueError with one line that says what is wrong. A value that may be a
secret is never repeated in it.
"""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit

from diag.config.errors import quoted, suggestion
from diag.config.urls import host_name, request_url, websocket_url
from diag.model import ApiRequest, Headers
from diag.waivers import Waiver

CREDENTIALS = ("include", "same-origin", "omit")
BACKOFFS = ("exponential", "linear", "fixed")

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ROUTE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UPPERCASED = ("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT")
_FORBIDDEN_METHODS = ("CONNECT", "TRACE", "TRACK")
_OWN_HEADERS = {
    "origin": "it is the page's: page, --page",
    "sec-websocket-protocol": "it is the client's: client.subprotocols, --subprotocol",
    "sec-websocket-key": "the handshake writes it",
    "sec-websocket-version": "the handshake writes it",
    "sec-websocket-extensions": "it is the client's: client.permessage_deflate",
    "connection": "the handshake writes it",
    "upgrade": "the handshake writes it",
    "content-length": "there is no body",
    "transfer-encoding": "there is no body",
}


def header(text: str) -> tuple[str, str]:
    """`Name: value`, as in curl."""
    name, colon, value = text.partition(":")
    if not colon:
        raise ValueError('a header reads "Name: value"')
    return header_pair(name.strip(), value.strip())


def header_pair(name: str, value: str) -> tuple[str, str]:
    """A header that a request can carry: a token (RFC 9110, section 5.6.2) and a value of one line."""
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{quoted(name)} is not a header name")
    if name.lower() in _OWN_HEADERS:
        raise ValueError(f"{name} cannot be set as a header: {_OWN_HEADERS[name.lower()]}")
    return name, header_value(value)


def header_value(value: str) -> str:
    """A value that fits one header line. Characters beyond Latin-1 go out as UTF-8, as curl sends them; the message
    never repeats the value."""
    if any((ord(char) < 0x20 and char != "\t") or ord(char) == 0x7F for char in value):
        raise ValueError("the value has control characters")
    if any(ord(char) > 0xFF for char in value):
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    return value


def merged_headers(below: Headers, above: Headers) -> Headers:
    """Both; a name that is in `above` replaces every line of that name in `below`."""
    replaced = {name.lower() for name, _ in above}
    return tuple(line for line in below if line[0].lower() not in replaced) + above


def api_request(text: str) -> ApiRequest:
    """`URL` or `METHOD URL`."""
    before, blank, after = text.partition(" ")
    return ApiRequest(request_url(after.strip()), method(before)) if blank else ApiRequest(request_url(text))


def method(text: str) -> str:
    """A method as fetch would send it: six of them in upper case, others untouched (Fetch, "normalize a method")."""
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a method")
    if text.upper() in _FORBIDDEN_METHODS:
        raise ValueError(f"{text} is a method that fetch refuses")
    return text.upper() if text.upper() in _UPPERCASED else text


def token(text: str) -> str:
    """A subprotocol: a token (RFC 6455, section 4.1, item 10)."""
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a subprotocol (a word without blanks)")
    return text


def count(text: str) -> int:
    """How often: 1 to a million."""
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= 1_000_000:
        raise ValueError(f"{quoted(text)} is not a whole number from 1 to 1000000")
    return int(text)


def forward_proxy(text: str) -> str:
    """The http URL of a forward proxy, or `env` for the one that the environment names. Userinfo is kept: credentials;
    a message never repeats the value."""
    if text == "env":
        return text
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0 and parts.path in ("", "/")
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("a forward proxy reads http://HOST:PORT, or env")
    return f"http://{parts.netloc}"


def one_of(text: str, known: tuple[str, ...]) -> str:
    """The word itself, when it is known."""
    if text not in known:
        raise ValueError(f"{quoted(text)} is not one of {', '.join(known)}")
    return text


def credentials(text: str) -> str:
    """Fetch's credentials mode."""
    return one_of(text, CREDENTIALS)


def backoff(text: str) -> str:
    """How the reconnect interval grows."""
    return one_of(text, BACKOFFS)


def dialect(text: str) -> str:
    """The name of a dialect that exists."""
    from diag import dialects  # noqa: PLC0415 - lists a folder

    if text not in dialects.names():
        raise ValueError(f"{quoted(text)} is not a dialect; there are {', '.join(dialects.names())}")
    return text


def route_name(text: str) -> str:
    """A name that is safe in every report."""
    if not _ROUTE_NAME.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a route name (letters, digits, and _ . - inside)")
    return text


def route(text: str) -> tuple[str, str]:
    """`NAME=URL`."""
    name, equals, url = text.partition("=")
    if not equals or "://" in name:
        raise ValueError("a route reads NAME=URL")
    return route_name(name), websocket_url(url)


def resolve(text: str) -> tuple[str, str]:
    """`HOST=ADDRESS`, or `HOST:PORT:ADDRESS` as in curl; the override holds for every port of the host."""
    host, equals, address = text.partition("=")
    if not equals:
        host, _, rest = text.partition(":")
        port, colon, address = rest.partition(":")
        if not colon or not port.isdecimal():
            raise ValueError(f"{quoted(text)}: an override reads HOST=ADDRESS or HOST:PORT:ADDRESS")
    return override(host, address)


def override(host: str, address: str) -> tuple[str, str]:
    """A host name and the IP address to use for it; an IPv6 address may stand in brackets."""
    from ipaddress import ip_address  # noqa: PLC0415 - rarely needed

    try:
        return host_name(host), ip_address(address.removeprefix("[").removesuffix("]")).compressed
    except ValueError:
        bad = quoted(f"{host}={address}")
        raise ValueError(f"{bad}: an override maps a host name to an IP address") from None


def day(text: str) -> date:
    """`YYYY-MM-DD`."""
    try:
        return date.fromisoformat(text if _DATE.fullmatch(text) else "")
    except ValueError:
        raise ValueError(f"{quoted(text)} is not a date (like 2027-01-31)") from None


def code(text: str) -> str:
    """A code of the catalogue. A typo in a waiver would otherwise waive nothing, silently."""
    from diag import catalogue  # noqa: PLC0415 - only waivers need it

    known = tuple(catalogue.entries())
    if text not in known:
        raise ValueError(f"{quoted(text)} is not a code of the catalogue{suggestion(text, known)}")
    return text


def waiver(text: str) -> Waiver:
    """`CODE` or `CODE@YYYY-MM-DD`: the last day on which it holds."""
    name, at, until = text.partition("@")
    return Waiver(code(name), day(until) if at else None)
