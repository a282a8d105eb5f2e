"""Redirects: where an answer leads, and whether a fetch may follow (Fetch §4, "HTTP-redirect fetch")."""

from __future__ import annotations

from diag.browser.access_check import refused
from diag.browser.exchange import Pairs, RefusedError
from diag.browser.page_request import Outgoing
from diag.browser.urls import Url, parse_url

REDIRECT_LIMIT = 20
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_UNSAFE_SCHEMES = frozenset(
    {
        "about", "blob", "chrome", "chrome-extension", "chrome-untrusted", "data", "devtools", "file", "filesystem",
        "view-source",
    }
)  # fmt: skip
_BODY_HEADERS = frozenset({"content-encoding", "content-language", "content-location", "content-type"})


def location(status: int, headers: Pairs, url: Url) -> Url | None:
    """Return the target of a redirect; None for any other answer. An empty Location makes it an ordinary answer.

    Raises RefusedError for a Location that is no URL. A fragment is inherited, bytes beyond ASCII are escaped.
    """
    text = next((value for name, value in headers if name == "location" and value), None)
    if status not in REDIRECT_STATUSES or text is None:
        return None
    escaped = "".join(char if char < "\x80" else f"%{ord(char) & 0xFF:02X}" for char in text)
    target = parse_url(escaped, url)
    if target is None:
        raise RefusedError(f"The redirect's Location '{text}' is no URL.", net_error="net::ERR_INVALID_REDIRECT")
    return target


def check_target(target: Url, request: Outgoing, *, has_cors_flag: bool, is_home: bool) -> None:
    """Raise RefusedError where Chromium does not follow to this URL. `is_home`: the page's own origin, untainted."""
    if target.userinfo and (has_cors_flag or (request.mode == "cors" and not is_home)):
        raise refused("RedirectContainsCredentials", str(target))
    if request.redirect == "error":
        raise RefusedError("The redirect mode is 'error', and the server redirected.", net_error="net::ERR_FAILED")
    if target.userinfo:
        raise RefusedError("Subresource requests whose URLs contain embedded credentials are blocked.")
    if target.scheme in _UNSAFE_SCHEMES:
        raise RefusedError(f"A redirect to {target.scheme}: is unsafe.", net_error="net::ERR_UNSAFE_REDIRECT")


def redirected_method(method: str, status: int) -> str:
    """303 turns all but HEAD into GET; 301 and 302 only POST."""
    becomes_get = (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST")
    return "GET" if becomes_get else method


def redirected_headers(headers: Pairs, *, drops_body: bool, leaves_origin: bool) -> Pairs:
    """Headers that go along: not those of a dropped body, and no Authorization to another origin."""
    gone = (_BODY_HEADERS if drops_body else frozenset()) | ({"authorization"} if leaves_origin else frozenset())
    return tuple((name, value) for name, value in headers if name not in gone)
