"""Something answers, and it is not the service: a dev server's own hot-reload socket, a directory listing."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.rules._words import body_text, finding, quoted
from diag.seen import Seen

CODES = ("dev-server-hmr-collision", "wrong-server-on-port")
_HMR_TYPES = frozenset({"connected", "update", "full-reload", "hot", "liveReload", "overlay", "hash", "ok", "progress"})
_HMR_GREETINGS = frozenset({"connected", "hot", "hash"})
_LISTINGS = ("directory listing for", "<title>index of /", "<h1>index of /")
_FILE_SERVERS = ("simplehttp",)


def judge(seen: Seen) -> Iterator[Finding]:
    """The messages of Vite's or webpack's hot reload, or the pages of a plain file server."""
    page, session = seen.page, seen.session(seen.page)
    if session is not None and not session.subprotocol:
        came = {row.type for row in session.types}
        if came and came <= _HMR_TYPES and came & _HMR_GREETINGS:
            evidence = [("messages", ", ".join(sorted(came))), ("expected", ", ".join(seen.target.expect) or "nothing")]
            detail = "The socket opens, and it is the development server's own hot-reload channel."
            yield finding(seen, "dev-server-hmr-collision", detail, route=page, evidence=evidence)
    answer = seen.answer(page)
    if answer is None or answer.status == 101:
        return
    server = (answer.header("server") or "").lower()
    listing = any(
        mark in body_text(seen.answer(page, variant)) for variant in ("get", "get-root") for mark in _LISTINGS
    )
    if listing or any(name in server for name in _FILE_SERVERS):
        detail = "A plain file server answers on this port."
        evidence = [quoted(seen, page), quoted(seen, page, "get"), ("Server", server or "absent")]
        yield finding(seen, "wrong-server-on-port", detail, route=page, evidence=evidence)
