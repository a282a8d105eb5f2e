"""Engine.IO, the transport under Socket.IO, as it shows from outside: its URLs, its open packet, its refusals. Pure.

Sources: the Engine.IO protocol, revisions 3 and 4; the error texts of engine.io 6 and python-engineio 4.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from diag.model import Target
from diag.observations import Answer
from diag.urls import path_of

OWN_VERSION = "4"
_PATH = re.compile(r"/(?:socket|engine)\.io(?:/|$)")
_OPEN = re.compile(r"\s*(\d+:)?0(\{.*)", re.DOTALL)
_REFUSALS = (
    ("unsupported-version", ("unsupported protocol version", "unsupported version of the socket.io")),
    ("unknown-session", ("session id unknown", "invalid session")),
    ("unknown-transport", ("transport unknown", "invalid transport")),
)


@dataclass(frozen=True, slots=True)
class OpenPacket:
    """What a polling request without a session gets: the session's id and the transports to which it may upgrade.

    `version` is that of the packet's encoding: revision 3 puts each packet's length in front of it.
    """

    sid: str
    upgrades: tuple[str, ...]
    version: str


def speaks(target: Target) -> bool:
    """Whether the page's socket is meant to be Engine.IO: by its dialect, or by its path."""
    return target.client.dialect == "socketio" or bool(_PATH.search(path_of(target.url)))


def polls(target: Target) -> bool:
    """Whether the page's REST requests show that its client begins with polling."""
    return any(asked(api.url).get("transport") == "polling" for api in target.api)


def asked(url: str) -> dict[str, str]:
    """The parameters of a URL's query."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def engine_url(url: str, **parameters: str) -> str:
    """The same URL with these parameters in its query, without a session unless they name one."""
    kept = {"EIO": OWN_VERSION} | {name: value for name, value in asked(url).items() if name != "sid"}
    return urlunsplit(urlsplit(url)._replace(query=urlencode(kept | parameters)))


def open_packet(answer: Answer | None) -> OpenPacket | None:
    """The open packet in an answer to a polling request; None when there is none."""
    if answer is None or answer.status != 200:
        return None
    found = _OPEN.match(answer.body.decode("utf-8", "replace"))
    if found is None:
        return None
    try:
        fields, _ = json.JSONDecoder().raw_decode(found[2])
    except (ValueError, RecursionError):
        return None
    sid, upgrades = fields.get("sid"), fields.get("upgrades")
    if not isinstance(sid, str) or not re.fullmatch(r"[\w-]{1,100}", sid) or not isinstance(upgrades, list):
        return None
    return OpenPacket(sid, tuple(map(str, upgrades[:10])), "3" if found[1] else OWN_VERSION)


def refusal(answer: Answer | None) -> str | None:
    """Why Engine.IO refuses a request: `unsupported-version`, `unknown-session`, `unknown-transport`, or None."""
    if answer is None or answer.status != 400:
        return None
    text = answer.body.decode("utf-8", "replace").lower()
    return next((name for name, marks in _REFUSALS if any(mark in text for mark in marks)), None)
