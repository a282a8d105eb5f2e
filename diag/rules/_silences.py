"""Upgrades that a proxy does not take as such: what a plain GET of the same path, and the next upgrade, tell."""

from __future__ import annotations

from diag.model import Route
from diag.observations import Answer
from diag.seen import Seen, same_answer
from diag.urls import path_of

_GATEWAY = (500, 502, 503, 504)
_ENGINE_IO_MS = (900.0, 1300.0)
"""Engine.IO ends an upgrade outside its path after one second; that is the backend's own doing."""


def lost_upstream(seen: Seen, page: Route) -> bool:
    """The upgrade ends, or gets a bare text, and a GET a gateway's error: Node proxies write no status to a socket."""
    silence, get = seen.silence(page), seen.answer(page, "get")
    ended = silence is not None and silence.stage == "http" and silence.reason in ("eof", "reset", "not-http")
    return ended and get is not None and get.status in _GATEWAY


def cut_off(seen: Seen, page: Route) -> bool:
    """The proxy ends the upgrade and answers a GET of the path, while the backend itself opens."""
    silence, get, exchange = seen.silence(page), seen.answer(page, "get"), seen.exchange(page)
    if page.name != "proxy" or silence is None or get is None or exchange is None or seen.reference is None:
        return False
    took = exchange.phases.upgrade or 0.0
    engine_io = silence.reason == "eof" and _ENGINE_IO_MS[0] <= took <= _ENGINE_IO_MS[1]
    return silence.stage == "http" and silence.reason in ("eof", "reset") and get.status < 500 and not engine_io


def listens_late(seen: Seen, page: Route) -> bool:
    """The first upgrade was passed on as a plain request, and every later one opens.

    http-proxy-middleware subscribes to upgrades with its first request, unless it is told to before.
    """
    answer = seen.answer(page)
    first = answer is not None and answer.status < 500 and answer.status not in (101, 429)
    return first and all(seen.opens(page, variant) for variant in ("repeat", "no-origin", "own-origin"))


def like_any_path(seen: Seen, page: Route, answer: Answer) -> bool:
    """Whether a GET of a path that nobody serves gets the same answer; some (Express) name the path in it."""
    other = seen.exchange(page, "get-sibling")
    if other is None or other.answer is None or other.answer.status != answer.status:
        return False
    asked, unknown = path_of(page.url).encode(), path_of(other.url).encode()
    return same_answer(answer, other.answer) or (
        len(asked) > 1 and answer.body.replace(asked, b"") == other.answer.body.replace(unknown, b"")
    )
