"""Which hop answered: every proxy writes its error pages in a hand of its own."""

from __future__ import annotations

from http import HTTPStatus

from diag.observations import Answer
from diag.rules._words import body_text, is_html, is_vite

_PAGES = (
    ("<hr><center>nginx", "nginx"),
    ("<hr><center>openresty", "OpenResty"),
    ("no server is available to handle this request", "HAProxy"),
    ("request forbidden by administrative rules", "HAProxy"),
    ("<h1>500 internal server error</h1> an internal server error occurred.", "HAProxy"),
    ("<address>apache", "Apache"),
    ("the server is temporarily unable to service your request due to maintenance", "Apache"),
    ("the proxy server received an invalid", "Apache"),
    ("the proxy server could not handle the request", "Apache"),
    ("guru meditation", "Varnish"),
    ("upstream connect error or disconnect/reset", "Envoy"),
    ("no healthy upstream", "Envoy"),
    ("no available server", "Traefik"),
    ("cloudflare", "Cloudflare"),
    ("error occurred while trying to proxy", "http-proxy-middleware"),
    ("cannot get /", "Express"),
)
_SERVERS = ("nginx", "openresty", "apache", "caddy", "haproxy", "envoy", "traefik", "varnish", "lighttpd", "cloudflare")
_NAMES = {"openresty": "OpenResty", "haproxy": "HAProxy", "lighttpd": "lighttpd", "nginx": "nginx"}
_DOCTYPES = (("apache", "//dtd html ", "Apache"), ("lighttpd", "//dtd xhtml 1.0 transitional//en", "lighttpd"))
"""Servers whose own error pages carry a document type of the last century, as no backend's do."""


def answered_by(answer: Answer | None) -> str | None:
    """The software that wrote an answer, or the nearest hop that signed it; None when nobody did.

    A proxy signs answers that it merely passes on with its Server header, so the body's hand is asked first.
    """
    if answer is None:
        return None
    if is_vite(answer):
        return "Vite"
    if answer.status >= 400:
        text = body_text(answer)
        for mark, name in _PAGES:
            if mark in text:
                return name
    if answer.header("cf-ray"):
        return "Cloudflare"
    server = answer.header("server") or ""
    for name in _SERVERS:
        if name in server.lower():
            return _NAMES.get(name, name.capitalize())
    return server.partition("/")[0].strip() or None


def written_by_proxy(answer: Answer | None) -> str | None:
    """The proxy whose own error page this certainly is; None when the answer may be the backend's."""
    if answer is None or answer.status < 400:
        return None
    text, server = body_text(answer), (answer.header("server") or "").lower()
    found = next((name for mark, name in _PAGES if mark in text and name != "Express"), None)
    if found:
        return found
    if is_html(answer):
        return next((name for begin, mark, name in _DOCTYPES if server.startswith(begin) and mark in text), None)
    return _unadorned(answer, text, server)


def _unadorned(answer: Answer, text: str, server: str) -> str | None:
    """Proxies that write no page: an empty body, or the reason phrase alone.

    Caddy keeps the backend's Server header and Content-Type beside its own signature; Envoy signs everything, and adds
    the time of its upstream to what an upstream wrote; Traefik signs nothing.
    """
    if server == "caddy" and not text and not answer.header("content-type") and not answer.header("via"):
        return "Caddy"
    if server == "envoy" and not text and not answer.header("x-envoy-upstream-service-time"):
        return "Envoy"
    if server:
        return None
    bare = {name.lower() for name, _ in answer.headers} <= {"date", "content-length", "connection"}
    phrase = bare and text == _phrase(answer.status)
    return "Traefik" if phrase or text == "404 page not found" else None


def _phrase(status: int) -> str | None:
    try:
        return HTTPStatus(status).phrase.lower()
    except ValueError:
        return None
