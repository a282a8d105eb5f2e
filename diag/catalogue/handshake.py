"""A 101 without its required headers."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import NGINX_WEBSOCKET, nginx_websocket, snippet
from diag.model import Fix, Severity

_USE_A_LIBRARY = snippet(
    "Node (let a library write the answer)",
    """
    server.on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request))
    })
    """,
)

_PYTHON_ACCEPT = snippet(
    "Python (RFC 6455, section 4.2.2)",
    """
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    accept = base64.b64encode(digest).decode()
    """,
)

ENTRIES = (
    Entry(
        code="accept-missing",
        severity=Severity.ERROR,
        layer="handshake",
        title="The 101 has no Sec-WebSocket-Accept",
        explanation=(
            "The server switches protocols without the header that proves it understood the handshake, so a browser "
            "drops the connection. Hand-written servers and proxies with a list of allowed response headers do this. "
            "Lenient command-line clients may still connect."
        ),
        recognised=(
            "101 without the header. Told apart from accept-wrong by its absence, and from a proxy's doing by the "
            "direct route."
        ),
        fix=Fix(
            "Let a WebSocket library answer the handshake, and let proxies pass the header.",
            (_USE_A_LIBRARY, _PYTHON_ACCEPT),
        ),
        sources=("RFC 6455, sections 4.1 and 4.2.2", "measured: Chromium 156"),
        browser=browser.console("'Sec-WebSocket-Accept' header is missing"),
    ),
    Entry(
        code="accept-wrong",
        severity=Severity.ERROR,
        layer="handshake",
        title="The 101 has a wrong Sec-WebSocket-Accept",
        explanation=(
            "The value does not match the key of this request. It was computed wrongly, or comes from an earlier "
            "handshake: a cached or fixed answer."
        ),
        recognised=(
            "The header is there and differs from the value for the key that was sent; the same value for different "
            "keys means a cached or constant answer. Told apart from accept-missing by its presence."
        ),
        fix=Fix(
            "Let a WebSocket library compute the value, and never cache the path.",
            (
                _USE_A_LIBRARY,
                _PYTHON_ACCEPT,
                nginx_websocket(where="nginx (no cache on the path)", directives=("proxy_cache off;",)),
            ),
        ),
        sources=("RFC 6455, sections 4.1 and 4.2.2", "measured: Chromium 156"),
        browser=browser.console("Incorrect 'Sec-WebSocket-Accept' header value"),
    ),
    Entry(
        code="upgrade-or-connection-missing-in-101",
        severity=Severity.ERROR,
        layer="handshake",
        title="The 101 lacks Upgrade or Connection",
        explanation=(
            "The answer must carry “Upgrade: websocket” and “Connection: Upgrade”, and one is missing or has another "
            "value. A proxy that removes hop-by-hop headers from answers does this to a correct backend."
        ),
        recognised=(
            "101 in which one of the two is absent or wrong; the direct route tells whether backend or proxy is at "
            "fault. Told apart from upgrade-headers-stripped, which concerns the request and yields no 101."
        ),
        fix=Fix("Let the server send both headers and every proxy relay them.", (NGINX_WEBSOCKET, _USE_A_LIBRARY)),
        sources=("RFC 6455, section 4.1", "RFC 9110, section 7.8", "measured: Chromium 156"),
        browser=browser.console("'Upgrade' header is missing” or “'Connection' header is missing"),
    ),
)
