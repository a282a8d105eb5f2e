"""The values of a fetch: what a page asks for, what servers answer, and what the browser makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Pairs = tuple[tuple[str, str], ...]
"""Header names and values in their order, as text in which one character is one byte (latin-1)."""


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """A call of fetch() or XMLHttpRequest, as the page's script makes it.

    For `api` "xhr", `credentials` "include" means `withCredentials`; `mode`, `redirect` and `cache` do not apply.
    `body` is None for none, text for a string, or one of `@formdata`, `@urlsearchparams`, `@arraybuffer`, `@stream`
    and `@blob:<type>`. `upload_listener` tells whether `xhr.upload` has a listener.
    """

    url: str
    api: str = "fetch"
    method: str = "GET"
    mode: str = "cors"
    credentials: str = "same-origin"
    redirect: str = "follow"
    cache: str = "default"
    headers: Pairs = ()
    body: str | None = None
    upload_listener: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as it came: the headers verbatim, in their order, before any reading."""

    status: int
    reason: str = ""
    headers: Pairs = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """No answer. `reached` is False when not even the request arrived: refused connection, unknown name."""

    error: str = "net::ERR_EMPTY_RESPONSE"
    reached: bool = True


Answer = Response | Dropped


@dataclass(frozen=True, slots=True)
class Redirect:
    """What the server says at one later URL: to a preflight, and to anything else. None: the plain 404 of a server."""

    url: str
    preflight_response: Answer | None
    response: Answer | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier fetch of the same page, and what the server said to it."""

    request: FetchRequest
    preflight_response: Answer | None
    response: Answer | None


@dataclass(frozen=True, slots=True)
class FetchVerdict:
    """What the page sees.

    `allowed`: the promise resolves, or XHR's load event fires; an opaque answer is allowed although it cannot be read.
    `error`: Chromium's CORS error, None when the refusal has another reason (`net_error` where it has a name).
    `message`: one sentence, Chromium's console text where there is one. `readable_headers`: what the script can read
    of the answer, lower case and sorted. `preflight_sent` and `request_sent`: what reached a server, at any hop.
    """

    allowed: bool
    error: str | None
    message: str
    preflight_sent: bool
    readable_headers: tuple[str, ...] = ()
    net_error: str | None = None
    request_sent: bool = False
    status: int | None = None
    final_url: str = ""
    response_type: Literal["basic", "cors", "opaque", "opaqueredirect"] | None = None


class RefusedError(Exception):
    """Ends a fetch inside this package; no public function lets it out."""

    def __init__(self, message: str, error: str | None = None, net_error: str | None = None) -> None:
        """`message` explains the refusal; `error` is Chromium's CORS error, `net_error` its network error."""
        super().__init__(message)
        self.message = message
        self.error = error
        self.net_error = net_error
