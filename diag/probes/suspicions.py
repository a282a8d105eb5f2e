"""What to ask about single suspicions, each only where something seen before gives cause for it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from diag.model import DEFAULT_PORTS, Route
from diag.probes.requests import FOREIGN_HOST
from diag.seen import LITERALS, Seen
from diag.urls import host_and_port, host_header, is_literal, is_loopback, netloc_of, portless

Ask = tuple[Route, str]
"""A route and the variant to send over it."""

_DRIFTS_TO = 3
"""How many ports above its own a development server tries that finds it taken."""
_BAD_CERTIFICATE = ("untrusted", "name-mismatch", "expired", "error", "eof", "reset")


def first(seen: Seen) -> Iterator[Ask]:
    """Beside the differential, where the page's route did not open."""
    page, answer, silence = seen.page, seen.answer(seen.page), seen.silence(seen.page)
    if set(seen.target.client.subprotocols) & set(LITERALS):
        yield page, "no-subprotocol"
    if silence and (silence.stage, silence.reason) == ("tcp", "refused"):
        yield from _drifted(seen, page)
    for route in seen.target.routes:
        yield from _server_names(seen, route)
    if (answer and answer.status >= 500) or (silence and silence.stage == "http"):
        yield from ((route, "sni=") for route in seen.others if seen.opens(route) and route.url.startswith("wss:"))
    if answer and 400 <= answer.status < 500 and seen.target.page.startswith("https:"):
        asked = (page, *(route for route in seen.others if seen.answer(route) and not seen.opens(route)))
        yield from ((route, f"forwarded-proto={host_header(page.url)}") for route in asked)
    if answer and not 300 <= answer.status < 400 and _is_plain_default(page):
        yield from ((page, "wss"), (page, "wss-no-upgrade"))


def opened(seen: Seen) -> Iterator[Ask]:
    """Of a page that opens: does it on the connection, too, over which a browser has loaded the page?"""
    page = seen.page
    if page.url.startswith("wss:") and page.origin == seen.target.page:
        yield page, "h2"


def second(seen: Seen) -> Iterator[Ask]:
    """Once the differential is back."""
    page, answer = seen.page, seen.answer(seen.page)
    root = seen.answer(page, "get-root")
    if answer and root and not (root.status == 200 and "html" in (root.header("content-type") or "")):
        yield from _drifted(seen, page)
    bare = portless(seen.target.page)
    if answer and bare and any(seen.opens(route, f"host={host_header(page.url)}") for route in seen.others):
        yield page, f"origin={bare}"


def allow_list(seen: Seen) -> Iterator[Ask]:
    """Of a page that opens: a foreign origin was refused, and the check may still be a sloppy one."""
    page = seen.page
    if seen.answer(page, "foreign-origin") is None or seen.opens(page, "foreign-origin"):
        return
    for origin in look_alikes(seen.target.page):
        yield page, f"origin={origin}"


def look_alikes(origin: str) -> tuple[str, ...]:
    """Origins that a stranger can have and that a prefix, a suffix or an unquoted dot takes for this one."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if not host:
        return ()
    names = [f"{host}.{FOREIGN_HOST}"]
    if not is_literal(host):
        names.append(f"wsdiag-foreign-{host}")
        names += [host.replace(".", "x", 1)] if host.count(".") > 1 else []
    return (*(f"{parts.scheme}://{netloc_of(name, parts.port or '')}" for name in names), "null")


def _server_names(seen: Seen, route: Route) -> Iterator[Ask]:
    """Where TLS fails: the certificate as a browser asks for it, without a server name, and (for an address, with
    which no browser sends one) by the names that the target knows."""
    silence = seen.silence(route)
    if silence is None or silence.stage != "tls" or silence.reason not in _BAD_CERTIFICATE:
        return
    host, _, _ = host_and_port(route.url)
    yield route, "sni="
    urls = [seen.target.page, *(other.url for other in seen.target.routes)] if is_literal(host) else [route.url]
    names = dict.fromkeys(urlsplit(url).hostname or "" for url in urls)
    yield from ((route, f"sni={name}") for name in names if name and not is_literal(name))


def _drifted(seen: Seen, page: Route) -> Iterator[Ask]:
    """The ports above the page's own, on this machine only, and none that belongs to another route."""
    host, port, _ = host_and_port(page.url)
    if not is_loopback(host) or page.origin != seen.target.page:
        return
    taken = {host_and_port(route.url)[1] for route in seen.others}
    for other in range(port + 1, min(port + _DRIFTS_TO, 65_535) + 1):
        if other not in taken:
            yield from ((page, f"drift={other}"), (page, f"drift-get={other}"))


def _is_plain_default(page: Route) -> bool:
    host, port, encrypted = host_and_port(page.url)
    return not encrypted and port == DEFAULT_PORTS["ws"] and not is_loopback(host)
