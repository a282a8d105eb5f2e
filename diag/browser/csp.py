"""Content-Security-Policy: may the page connect to this URL? (CSP Level 3 §6.7.2, directive connect-src)"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from diag.browser.urls import Url

_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_NETWORK_SCHEMES = frozenset(_DEFAULT_PORTS)
_SCHEME_ONLY = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_HOST_SOURCE = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://)?"
    r"(?P<host>\*|(?:\*\.)?[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*)"
    r"(?::(?P<port>[0-9]+|\*))?"
    r"(?:(?P<path>/[^?#]*)(?:[?#].*)?)?"
)
_Match = Literal["no", "exact", "wildcard", "upgrade"]


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: its directives by lower-case name (the first of a name counts), values as written."""

    directives: dict[str, str]

    @property
    def connect(self) -> tuple[str, str] | None:
        """The directive that governs connections and its value: connect-src, else default-src."""
        return next(((name, self.directives[name]) for name in _GOVERNING if name in self.directives), None)


_GOVERNING = ("connect-src", "default-src")


def parse_policies(headers: Iterable[str]) -> list[Policy]:
    """Parse the values of Content-Security-Policy headers; each may hold several policies, apart by commas."""
    return [Policy(dict(_directives(text))) for header in headers for text in header.split(",") if text.strip()]


def blocking_directive(policies: Iterable[Policy], url: Url, page: Url) -> tuple[str, str] | None:
    """Return name and value of the directive that forbids the page to connect to the URL; None when all allow it."""
    for policy in policies:
        governing = policy.connect
        if governing and not allows(governing[1], url, page):
            return governing[0], " ".join(governing[1].split())
    return None


def allows(source_list: str, url: Url, page: Url) -> bool:
    """Tell whether a source list matches a URL; 'none', unknown keywords and broken expressions match nothing."""
    return any(_allows(expression, url, page) for expression in source_list.split())


def _directives(policy: str) -> Iterator[tuple[str, str]]:
    # Reversed, so that in a dict the first of a name wins.
    for token in reversed(policy.split(";")):
        name, _, value = token.strip().replace("\t", " ").partition(" ")
        if name:
            yield name.lower(), value.strip()


def _allows(expression: str, url: Url, page: Url) -> bool:
    if expression == "*":
        return url.scheme in _NETWORK_SCHEMES or url.scheme == page.scheme
    if expression.lower() == "'self'":
        return _is_self(url, page)
    if scheme := _SCHEME_ONLY.fullmatch(expression):
        return _scheme_match(scheme[1].lower(), url.scheme) != "no"
    source = _HOST_SOURCE.fullmatch(expression)
    return source is not None and _source_match(source, url, page)


def _source_match(source: re.Match[str], url: Url, page: Url) -> bool:
    scheme = (source["scheme"] or page.scheme).lower()
    schemes = _scheme_match(scheme, url.scheme)
    ports = _port_match(scheme, source["port"], url)
    if "no" in {schemes, ports} or not _host_match(source["host"].lower(), url.host):
        return False
    # http://a:80 may match https://a:443, but never only the scheme or only the port of it.
    if schemes == "upgrade" and ports not in {"upgrade", "wildcard"}:
        return False
    if ports == "upgrade" and schemes != "upgrade":
        return False
    return _path_match(source["path"] or "", url.path)


def _scheme_match(allowed: str, scheme: str) -> _Match:
    if allowed == scheme:
        return "exact"
    return "upgrade" if (allowed, scheme) in {("http", "https"), ("ws", "wss")} else "no"


def _host_match(pattern: str, host: str) -> bool:
    if pattern == "*":
        return True
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _port_match(scheme: str, pattern: str | None, url: Url) -> _Match:
    if pattern == "*":
        return "wildcard"
    port = url.effective_port
    if pattern is None:
        if port == _DEFAULT_PORTS.get(url.scheme):
            return "wildcard"
    elif int(pattern) == port:
        return "exact"
    allowed = _DEFAULT_PORTS.get(scheme) if pattern is None else int(pattern)
    return "upgrade" if (allowed, port) == (80, 443) else "no"


def _path_match(pattern: str, path: str) -> bool:
    pattern, path = unquote(pattern), unquote(path)
    if not pattern:
        return True
    return path.startswith(pattern) if pattern.endswith("/") else path == pattern


def _is_self(url: Url, page: Url) -> bool:
    """'self' is the page's origin, its secure twin, and the WebSocket of either (CSP §6.7.2.7, step 4)."""
    if url.host != page.host:
        return False
    same_port = url.effective_port == page.effective_port
    defaults = page.port is None and url.port is None
    if url.scheme == page.scheme and same_port:
        return True
    return (same_port or defaults) and (url.scheme in {"https", "wss"} or page.scheme == "http")
