"""Which hop answered: every proxy writes its error pages in a hand of its own."""

from __future__ import annotations

from diag.observations import Answer
from diag.rules._words import body_text, is_vite

_PAGES = (
    ("<hr><center>nginx", "nginx"),
    ("<hr><center>openresty", "OpenResty"),
    ("no server is available to handle this request", "HAProxy"),
    ("request forbidden by administrative rules", "HAProxy"),
    ("<address>apache", "Apache"),
    ("the server is temporarily unable to service your request due to maintenance", "Apache"),
    ("the proxy server received an invalid", "Apache"),
    ("guru meditation", "Varnish"),
    ("upstream connect error or disconnect/reset", "Envoy"),
    ("no healthy upstream", "Envoy"),
    ("cloudflare", "Cloudflare"),
    ("error occurred while trying to proxy", "http-proxy-middleware"),
    ("cannot get /", "Express"),
)
_SERVERS = ("nginx", "openresty", "apache", "caddy", "haproxy", "envoy", "traefik", "varnish", "lighttpd", "cloudflare")
_NAMES = {"openresty": "OpenResty", "haproxy": "HAProxy", "lighttpd": "lighttpd", "nginx": "nginx"}


def answered_by(answer: Answer | None) -> str | None:
    """The software that wrote an answer, or the nearest hop that signed it; None when nobody did.

    A proxy signs answers that it merely passes on with its Server header, so the body's hand is asked first.
    """
    if answer is None:
        return None
    if is_vite(answer):
        return "Vite"
    text = body_text(answer)
    if answer.status >= 400:
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
    text = body_text(answer)
    found = next((name for mark, name in _PAGES if mark in text and name != "Express"), None)
    if found:
        return found
    server = (answer.header("server") or "").lower()
    empty = not answer.body
    if "caddy" in server and empty:
        return "Caddy"
    return "Traefik" if text == "404 page not found\n" and not server else None
