"""What the parts of a URL mean on the wire. Pure, and shared by those who ask and those who judge."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

from diag.model import DEFAULT_PORTS

NO_SUCH_PATH = "no-such-path-wsdiag"
"""Proxies take whatever begins with `/ws` for `/ws`, so it must not."""


def host_and_port(url: str) -> tuple[str, int, bool]:
    """Host (no brackets), port and whether the scheme is encrypted."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme], parts.scheme in ("wss", "https")


def host_header(url: str) -> str:
    """The Host header's value: the port only where it is not the scheme's default (RFC 9110, section 7.2)."""
    host, port, _ = host_and_port(url)
    host = f"[{host}]" if ":" in host else host
    return host if port == DEFAULT_PORTS[urlsplit(url).scheme] else f"{host}:{port}"


def netloc_of(host: str, port: int | str = "") -> str:
    """Host and port as a URL has them: IPv6 in brackets, no colon without a port."""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def portless(origin: str) -> str | None:
    """An origin without its port; None where it has none."""
    parts = urlsplit(origin)
    return f"{parts.scheme}://{netloc_of(parts.hostname or '')}" if parts.port else None


def path_of(url: str) -> str:
    """The path, `/` when it is empty, without the query."""
    return urlsplit(url).path or "/"


def request_path(url: str) -> str:
    """Path and query as they stand in the request line."""
    query = urlsplit(url).query
    return path_of(url) + (f"?{query}" if query else "")


def at_path(url: str, path: str) -> str:
    """The same URL with another path; its query stays unless the path brings one, since a token may be in it."""
    path, _, query = path.partition("?")
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=path, query=query or parts.query))


def sibling_path(url: str) -> str:
    """A path beside the URL's that nobody serves."""
    return path_of(url).rpartition("/")[0] + "/" + NO_SUCH_PATH


def is_literal(host: str) -> bool:
    """Whether a URL's host is an address, for which TLS knows no server name (RFC 6066, section 3)."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a URL's host is this machine, by name or address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
