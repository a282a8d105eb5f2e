"""The opening handshake: what Chromium asks, and whether it takes the answer for a WebSocket (RFC 6455 §4.1).

Every failure before `open` looks the same to the page (`error`, then close 1006), so the verdict carries the text
that Chromium writes to the console. The rules and their order are those of net/websockets: upgrade, accept,
connection, subprotocol, extensions; the first that is broken names the failure.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from diag.browser.extensions import OFFER, DeflateParameters, ExtensionProblem, judge_extensions
from diag.browser.http_head import Head, HeadFailure, parse_head, values_of
from diag.model import Headers

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_DURING = "Error during WebSocket handshake: "

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"


@dataclass(frozen=True, slots=True)
class Offer:
    """What one upgrade request asked for: its Sec-WebSocket-Key, the subprotocols in order, permessage-deflate."""

    key: str
    subprotocols: tuple[str, ...] = ()
    deflate: bool = True


@dataclass(frozen=True, slots=True)
class HandshakeVerdict:
    """Chromium's verdict on a response.

    `problem` is a short stable name and `message` the console text without its "WebSocket connection to … failed: ";
    both are None when the socket opens. `subprotocol` and `extensions` are what the page reads from the socket.
    """

    opens: bool
    problem: str | None = None
    message: str | None = None
    subprotocol: str = ""
    extensions: str = ""
    deflate: DeflateParameters | None = None


def accept_value(key: str) -> str:
    """Compute the Sec-WebSocket-Accept that answers a key (RFC 6455 §4.2.2, step 5.4)."""
    digest = hashlib.sha1(key.encode("latin-1", "replace") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def chromium_request_headers(
    host_header: str,
    origin: str,
    offer: Offer,
    *,
    cookie: str | None = None,
    user_agent: str = USER_AGENT,
    extra: Headers = (),
) -> Headers:
    """Build the upgrade's headers in Chromium's order; `origin` is "null" for an opaque one. `extra` go last."""
    headers = [
        ("Host", host_header),
        ("Connection", "Upgrade"),
        ("Pragma", "no-cache"),
        ("Cache-Control", "no-cache"),
        ("User-Agent", user_agent),
        ("Upgrade", "websocket"),
        ("Origin", origin),
        ("Sec-WebSocket-Version", "13"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Accept-Language", "en-US,en;q=0.9"),
    ]
    if cookie:
        headers.append(("Cookie", cookie))
    headers.append(("Sec-WebSocket-Key", offer.key))
    if offer.deflate:
        headers.append(("Sec-WebSocket-Extensions", OFFER))
    if offer.subprotocols:
        headers.append(("Sec-WebSocket-Protocol", ", ".join(offer.subprotocols)))
    return (*headers, *extra)


def judge_head(offer: Offer, raw_head: bytes) -> HandshakeVerdict:
    """Judge the bytes a server answered with before it fell silent or closed. Never raises."""
    head = parse_head(raw_head)
    if isinstance(head, Head):
        return judge_response(offer, head.status, head.version, head.headers)
    return judge_no_head(head, raw_head)


def judge_no_head(failure: HeadFailure, received: bytes, *, secure: bool = False) -> HandshakeVerdict:
    """Judge an answer that is no HTTP head, or was cut off inside it; `secure` when it came over TLS."""
    if failure.problem != "incomplete":
        return _fails(f"head-{failure.problem}", f"{_DURING}{failure.error}")
    if not received:
        return _fails("head-absent", "Connection closed before receiving a handshake response")
    if secure:
        return _fails("head-truncated", f"{_DURING}net::ERR_RESPONSE_HEADERS_TRUNCATED")
    head = parse_head(received + b"\r\n\r\n")
    if isinstance(head, HeadFailure):
        # A cut-off answer that does not begin like HTTP is taken for HTTP/0.9.
        return _fails("head-truncated", f"{_DURING}{head.error or 'net::ERR_INVALID_HTTP_RESPONSE'}")
    if head.status in {401, 407}:
        return _judge_status(head.status, head.version)
    return _fails("head-truncated", f"{_DURING}net::ERR_CONNECTION_CLOSED")


def judge_response(offer: Offer, status: int, version: tuple[int, int], headers: Headers) -> HandshakeVerdict:
    """Judge a parsed response. HTTP/1.0 and HTTP/2.0 in the status line of a 101 do not matter to Chromium.

    An interim response (100, 103) is final here and fails the handshake, where RFC 9110 §15.2 has clients wait on.
    """
    if status != 101:
        return _judge_status(status, version)
    problem = (
        _check_upgrade(headers)
        or _check_accept(headers, accept_value(offer.key))
        or _check_connection(headers)
        or _check_subprotocol(headers, offer.subprotocols)
    )
    if problem:
        return _fails(problem[0], _DURING + problem[1])
    extensions = values_of(headers, "Sec-WebSocket-Extensions")
    agreed = judge_extensions(extensions, offered=offer.deflate)
    if isinstance(agreed, ExtensionProblem):
        return _fails(agreed.problem, _DURING + agreed.message)
    subprotocol = next(iter(values_of(headers, "Sec-WebSocket-Protocol")), "")
    return HandshakeVerdict(opens=True, subprotocol=subprotocol, extensions=", ".join(extensions), deflate=agreed)


_Problem = tuple[str, str] | None


def _fails(problem: str, message: str) -> HandshakeVerdict:
    return HandshakeVerdict(opens=False, problem=problem, message=_as_utf8(message))


def _as_utf8(text: str) -> str:
    """Show a quoted header value as UTF-8, as browsers do; as latin-1 when it is none (Chromium: an empty message)."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _judge_status(status: int, version: tuple[int, int]) -> HandshakeVerdict:
    if status == 401:
        return _fails("status", "HTTP Authentication failed; no valid credentials available")
    if status == 407:
        return _fails("status", "Error in connection establishment: net::ERR_UNEXPECTED_PROXY_AUTH")
    if version == (0, 9):
        return _fails("status", f"{_DURING}Invalid status line")
    return _fails("status", f"{_DURING}Unexpected response code: {status}")


def _single(headers: Headers, name: str, short: str) -> tuple[str, _Problem]:
    values = values_of(headers, name)
    if not values:
        return "", (f"{short}-missing", f"'{name}' header is missing")
    if len(values) > 1:
        return "", (f"{short}-duplicate", f"'{name}' header must not appear more than once in a response")
    return values[0], None


def _check_upgrade(headers: Headers) -> _Problem:
    value, problem = _single(headers, "Upgrade", "upgrade")
    if problem is None and value.lower() != "websocket":
        return "upgrade-wrong", f"'Upgrade' header value is not 'WebSocket': {value}"
    return problem


def _check_accept(headers: Headers, expected: str) -> _Problem:
    value, problem = _single(headers, "Sec-WebSocket-Accept", "accept")
    if problem is None and value != expected:
        return "accept-wrong", "Incorrect 'Sec-WebSocket-Accept' header value"
    return problem


def _check_connection(headers: Headers) -> _Problem:
    values = values_of(headers, "Connection")
    if not values:
        return "connection-missing", "'Connection' header is missing"
    if "upgrade" not in (value.lower() for value in values):
        return "connection-wrong", "'Connection' header value must contain 'Upgrade'"
    return None


def _check_subprotocol(headers: Headers, offered: tuple[str, ...]) -> _Problem:
    """Check what was picked: unanswered fails here, as RFC 6455 §4.1 does not ask; Firefox opens with protocol ""."""
    values = values_of(headers, "Sec-WebSocket-Protocol")
    name = "'Sec-WebSocket-Protocol' header"
    if not values:
        text = f"Sent non-empty {name} but no response was received"
        return ("subprotocol-not-echoed", text) if offered else None
    if not offered:
        return "subprotocol-unrequested", f"Response must not include {name} if not present in request: {values[0]}"
    if values[0] not in offered:
        text = f"{name} value '{values[0]}' in response does not match any of sent values"
        return "subprotocol-mismatch", text
    if len(values) > 1:
        return "subprotocol-duplicate", f"{name} must not appear more than once in a response"
    return None
