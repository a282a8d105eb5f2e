"""Something answers, and it is not the service: a dev server's own hot-reload socket, a directory listing."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.rules._words import body_text, finding, quoted, serves_rest
from diag.seen import Seen

CODES = ("dev-server-hmr-collision", "wrong-server-on-port", "wrong-vhost")
_VITE_TYPES = ("connected", "update", "full-reload", "prune", "custom", "error")
_WEBPACK_TYPES = (
    "hot", "liveReload", "reconnect", "overlay", "logging", "progress", "progress-update", "hash", "ok", "still-ok",
    "warnings", "errors", "invalid", "content-changed", "static-changed", "error", "close",
)  # fmt: skip
_HMR_TYPES = frozenset((*_VITE_TYPES, *_WEBPACK_TYPES))
_HMR_GREETINGS = frozenset({"connected", "hot", "hash"})
_LISTINGS = ("directory listing for", "<p>error code explanation: ", "<title>index of /", "<h1>index of /")
_FILE_SERVERS = ("simplehttp",)
_WELCOMES = (
    "welcome to nginx",
    "apache2 debian default page",
    "<h1>it works!</h1>",
    "caddy works",
    "welcome to openresty",
)


def judge(seen: Seen) -> Iterator[Finding]:
    """The messages of Vite's or webpack's hot reload, a plain file server's pages, or a default site's welcome."""
    page, session = seen.page, seen.session(seen.page)
    if session is not None and not session.subprotocol:
        came = {row.type for row in session.types}
        if came and came <= _HMR_TYPES and came & _HMR_GREETINGS and not came & set(seen.target.expect):
            evidence = [("messages", ", ".join(sorted(came))), ("expected", ", ".join(seen.target.expect) or "nothing")]
            detail = "The socket opens, and it is the development server's own hot-reload channel."
            yield finding(seen, "dev-server-hmr-collision", detail, route=page, evidence=evidence)
    answer = seen.answer(page)
    if answer is None or answer.status == 101:
        return
    server = (answer.header("server") or "").lower()
    texts = [body_text(seen.answer(page, variant)) for variant in ("browser", "get", "get-root")]
    if any(mark in text for text in texts for mark in _WELCOMES) and not serves_rest(seen, page):
        detail = "The server answers with its default site: no virtual host of it is named as the URL's host."
        evidence = [quoted(seen, page), quoted(seen, page, "get-root"), ("Server", server or "absent")]
        yield finding(seen, "wrong-vhost", detail, route=page, evidence=evidence)
    elif any(mark in text for text in texts for mark in _LISTINGS) or any(name in server for name in _FILE_SERVERS):
        detail = "A plain file server answers on this port."
        evidence = [quoted(seen, page), quoted(seen, page, "get"), ("Server", server or "absent")]
        yield finding(seen, "wrong-server-on-port", detail, route=page, evidence=evidence)
