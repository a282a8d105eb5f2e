"""URLs as a browser reads them (URL Standard §4.4): what `new URL()` accepts, normalised; None for what it rejects.

`urllib.parse` will not do: it accepts ports and hosts that a browser rejects and keeps what a browser rewrites
(`http:\\\\host`, a tab inside, `http://2130706433`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from diag.browser.hosts import parse_host

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
_SPECIAL = frozenset({*_DEFAULT_PORTS, "file"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_FORBIDDEN_IN_OPAQUE_HOST = re.compile(r"[\x00\t\n\r #/:<>?@\[\\\]^|]")
_TWO_SLASHES = re.compile(r"[/\\]{2}")
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:]*)(?::([0-9]*))?")
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_KEPT_IN_USERINFO = "!$%&'()*+,-."
_KEPT_IN_PATH = _KEPT_IN_USERINFO + "/:;=@[\\]^_|~"
_KEPT_IN_QUERY = _KEPT_IN_PATH.replace("'", "") + "?`{}"
_KEPT_IN_OPAQUE_PATH = _KEPT_IN_PATH + ' "<>?`{}'


@dataclass(frozen=True, slots=True)
class Url:
    """A parsed URL; `port` is None for the scheme's default, `host` is empty where a URL has none (`data:`)."""

    scheme: str
    host: str = ""
    port: int | None = None
    path: str = ""
    query: str | None = None
    fragment: str | None = None
    userinfo: str = ""

    @property
    def effective_port(self) -> int | None:
        """The port that is connected to; None for a scheme without one."""
        return _DEFAULT_PORTS.get(self.scheme) if self.port is None else self.port

    @property
    def origin(self) -> str:
        """The serialized origin, `null` when it is opaque (§4.7)."""
        if self.scheme == "blob":
            inner = parse_url(self.path)
            return inner.origin if inner and inner.scheme in {"http", "https"} else "null"
        return f"{self.scheme}://{self._authority}" if self.scheme in _DEFAULT_PORTS else "null"

    @property
    def _authority(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        """Serialize the URL (§4.5)."""
        userinfo = f"{self.userinfo}@" if self.userinfo else ""
        authority = f"//{userinfo}{self._authority}" if self.host or self.scheme in _SPECIAL else ""
        query = f"?{self.query}" if self.query is not None else ""
        fragment = f"#{self.fragment}" if self.fragment is not None else ""
        return f"{self.scheme}:{authority}{self.path}{query}{fragment}"


def parse_url(text: str, base: Url | None = None) -> Url | None:
    """Parse a URL, relative to `base` if there is one; None if it is invalid."""
    text = re.sub(r"[\t\n\r]", "", text.strip(_C0_AND_SPACE))
    rest, hash_sign, after_hash = text.partition("#")
    fragment = after_hash if hash_sign else None
    found = _SCHEME.match(rest)
    scheme = found[1].lower() if found else ""
    after = rest[found.end() :] if found else rest
    # `http:path` and `http:/path` are relative to a page of the same scheme; only `http://` starts a host.
    is_relative = not found or (base and scheme == base.scheme in _SPECIAL and not _TWO_SLASHES.match(after))
    if base and is_relative:
        return _relative(after, base, fragment)
    return _absolute(scheme, after, fragment) if found else None


def websocket_url(text: str, base: Url | None) -> Url | None:
    """Resolve a WebSocket's URL; http and https stand for ws and wss (WebSockets Standard §3.1)."""
    url = parse_url(text, base)
    if url is None or url.scheme not in {"http", "https"}:
        return url
    scheme = {"http": "ws", "https": "wss"}[url.scheme]
    return Url(scheme, url.host, url.port, url.path, url.query, url.fragment, url.userinfo)


def _absolute(scheme: str, rest: str, fragment: str | None) -> Url | None:
    before, question, query = rest.partition("?")
    if scheme in _SPECIAL:
        before = before.replace("\\", "/")
        if scheme != "file":
            # Any number of slashes will do, even none.
            before = "//" + before.lstrip("/")
        elif not before.startswith("//"):
            before = f"///{before}"
    if not before.startswith("//"):
        path = quote(before, safe=_KEPT_IN_OPAQUE_PATH, errors="replace")
        return Url(scheme, path=path, query=_escaped_query(question, query), fragment=fragment)
    authority, slash, path = before[2:].partition("/")
    parsed = _authority(scheme, authority)
    if parsed is None:
        return None
    host, port, userinfo = parsed
    path = _normalised_path(slash + path) if slash or scheme in _SPECIAL else ""
    return Url(scheme, host, port, path, _escaped_query(question, query), fragment, userinfo)


def _authority(scheme: str, text: str) -> tuple[str, int | None, str] | None:
    """Split `user:password@host:port`; the host of a non-special URL stays as written, a file's may be empty."""
    userinfo, at_sign, rest = text.rpartition("@")
    match = _HOST_AND_PORT.fullmatch(rest)
    if match is None:
        return None
    digits = match[2] and (match[2].lstrip("0") or "0")
    port = int(digits) if digits and len(digits) <= 5 else None
    if (digits and port is None) or (port or 0) > 65535:
        return None
    if not match[1]:
        # Only `file:///x` and `x:///y` have an empty host, and then nothing else beside it.
        return ("", None, "") if not (at_sign or match[2] or scheme in _DEFAULT_PORTS) else None
    if scheme not in _SPECIAL and not match[1].startswith("["):
        return None if _FORBIDDEN_IN_OPAQUE_HOST.search(match[1]) else (match[1], port, _escaped_userinfo(userinfo))
    # Bytes that are no UTF-8 make no host.
    host = None if "\ufffd" in unquote(match[1]) else parse_host(match[1])
    if host is None or (scheme == "file" and (at_sign or match[2] is not None)):
        return None
    return host, None if port == _DEFAULT_PORTS.get(scheme) else port, _escaped_userinfo(userinfo)


def _relative(text: str, base: Url, fragment: str | None) -> Url | None:
    if not base.path.startswith("/"):
        return None
    before, question, query = text.partition("?")
    before = before.replace("\\", "/") if base.scheme in _SPECIAL else before
    if before.startswith("//"):
        return _absolute(base.scheme, text, fragment)
    new_query = _escaped_query(question, query)
    if before.startswith("/"):
        path = _normalised_path(before)
    elif before:
        path = _normalised_path(base.path.rpartition("/")[0] + "/" + before)
    else:
        path, new_query = base.path, new_query if question else base.query
    return Url(base.scheme, base.host, base.port, path, new_query, fragment, base.userinfo)


def _escaped_query(question: str, query: str) -> str | None:
    return quote(query, safe=_KEPT_IN_QUERY, errors="replace") if question else None


def _escaped_userinfo(userinfo: str) -> str:
    user, _, password = (quote(part, safe=_KEPT_IN_USERINFO, errors="replace") for part in userinfo.partition(":"))
    return f"{user}:{password}" if password else user


def _normalised_path(path: str) -> str:
    """Remove dot segments and escape what may not stand in a path."""
    kept: list[str] = []
    segments = path.split("/")[1:] or [""]
    for index, segment in enumerate(segments):
        dots = segment.lower().replace("%2e", ".")
        is_last = index == len(segments) - 1
        if dots == ".." and kept:
            kept.pop()
        if dots in {".", ".."}:
            kept.extend([""] if is_last else [])
        else:
            kept.append(segment)
    return quote("/" + "/".join(kept), safe=_KEPT_IN_PATH, errors="replace")
