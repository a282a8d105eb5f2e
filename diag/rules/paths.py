"""The path is wrong: another one of the same server opens, or the answer is that of a path nobody serves."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from diag.model import Finding, Route
from diag.rules._hops import written_by_proxy
from diag.rules._words import body_text, finding, quoted
from diag.seen import Seen, same_answer
from diag.urls import path_of

CODES = ("ws-path-not-found", "ws-path-trailing-slash")
ENGINE_PATH = "path=/socket.io/"
_USUAL_NAMES = ("ws", "wss", "websocket", "websockets", "socket", "stream", "live", "cable", "connect", "")
_FOLLOWS = ("auth-forbidden", "server-error-in-handshake", "tcp-reset-in-handshake")
"""How servers refuse an upgrade of an unknown path: 403, 500, or the end of the connection."""


def refused_like_any_path(seen: Seen, page: Route) -> bool:
    """An empty 403 for this path, whatever the Origin, and for a path that nobody serves.

    Starlette closes an upgrade that no route matches, and uvicorn, hypercorn and daphne's kin make 403 of it. A route
    that wants a token does so too; it is likelier where credentials were sent, or where the path has a usual name
    although no other one opens.
    """
    answer, target = seen.answer(page), seen.target
    variants = ("sibling", "no-origin", "own-origin")
    if answer is None or answer.status != 403 or answer.body or written_by_proxy(answer) or seen.other_path:
        return False
    alike = all(same_answer(answer, seen.answer(page, variant)) for variant in variants)
    credentials = target.cookies or target.headers or urlsplit(page.url).query
    last = path_of(page.url).rstrip("/").rpartition("/")[2].lower()
    return alike and not credentials and last not in _USUAL_NAMES


def judge(seen: Seen) -> Iterator[Finding]:
    """The page's route, where no other route of the target opens: there the differential knows more."""
    page, other = seen.page, seen.other_path
    if seen.opens(page) or seen.reference is not None:
        return
    asked = path_of(page.url)
    if other and not other.startswith(ENGINE_PATH):
        path = other.partition("=")[2]
        evidence = [quoted(seen, page), quoted(seen, page, "sibling"), quoted(seen, page, other)]
        detail = f"The server answers {asked} as it answers any unknown path; it opens at {path}."
        code = "ws-path-trailing-slash" if path.rstrip("/") == asked.rstrip("/") else "ws-path-not-found"
        yield finding(seen, code, detail, route=page, evidence=evidence, explains=_FOLLOWS)
        return
    if refused_like_any_path(seen, page):
        evidence = [quoted(seen, page), quoted(seen, page, "sibling"), quoted(seen, page, "no-origin")]
        detail = (
            f"The server refuses upgrades of {asked} and of any unknown path alike, with an empty 403, as ASGI servers "
            "do where no route matches. An application that refuses before it accepts looks the same."
        )
        yield finding(seen, "ws-path-not-found", detail, route=page, evidence=evidence, explains=_FOLLOWS)
        return
    answer = seen.answer(page)
    if answer is None or answer.status != 400 or body_text(answer).strip() != "bad request":
        return
    if same_answer(answer, seen.answer(page, "sibling")) and not same_answer(answer, seen.answer(page, "get")):
        evidence = [quoted(seen, page), quoted(seen, page, "sibling"), quoted(seen, page, "get")]
        detail = f"The server refuses upgrades of {asked} and of any unknown path alike, as Node's ws outside its path."
        yield finding(seen, "ws-path-not-found", detail, route=page, evidence=evidence)
