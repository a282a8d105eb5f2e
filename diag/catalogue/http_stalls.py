"""Answers that do not come, or do not end."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import NO_SERVER
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="backend-hang",
        severity=Severity.ERROR,
        layer="http",
        title="The backend accepts connections and never answers",
        explanation=(
            "TCP connects, since the kernel does that, and no byte of HTTP ever comes, neither for the upgrade nor "
            "for a plain GET. The process is stuck: a blocking call in the event loop, a deadlock, a debugger, or no "
            "worker left."
        ),
        recognised=(
            "Upgrade and plain GET both stay unanswered, on every route (a proxy may turn it into 504). Told apart "
            "from vite-proxy-rule-missing and vite-proxy-ws-disabled by the GET, which those answer at once."
        ),
        fix=Fix(
            "Find where the process is stuck and take the blocking call out of its event loop.",
            (
                snippet("Python (where is it stuck; shell)", "py-spy dump --pid $(pgrep -of uvicorn)"),
                snippet(
                    "Python asyncio",
                    """
                    result = await asyncio.to_thread(blocking_call)
                    """,
                ),
                snippet("Node (attach the inspector; shell)", "kill -USR1 $(pgrep -of node)"),
            ),
        ),
        sources=("Python documentation: Developing with asyncio, “Running Blocking Code”",),
        browser=browser.HANGS,
        explains=(
            *NO_SERVER,
            "rest-unhealthy",
            "gateway-upstream-timeout",
            "backend-event-loop-blocked",
            "cors-missing-on-errors",
        ),
    ),
    Entry(
        code="response-head-slow",
        severity=Severity.ERROR,
        layer="http",
        title="The answer begins and never ends",
        explanation=(
            "The server sends the first bytes of an answer and then stops before the empty line that ends its head. "
            "The handler or a proxy on the way is stuck in the middle of writing it."
        ),
        recognised=(
            "Some bytes of a head and then nothing until the deadline. Told apart from backend-hang, where no byte "
            "comes at all, and from response-head-too-large by the size."
        ),
        fix=Fix(
            "Let the server end the head of its answer with CRLF CRLF and flush it at once.",
            (
                snippet(
                    "Shell (see the bytes as they come)",
                    """
                    curl -sS -N -i --http1.1 --max-time 5 -H 'Connection: Upgrade' -H 'Upgrade: websocket' \\
                      -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \\
                      {page}{path}
                    """,
                ),
            ),
        ),
        sources=("RFC 9112, section 2.1", "RFC 6455, section 4.2.2"),
        browser=browser.HANGS,
        explains=("rest-timeout",),
    ),
    Entry(
        code="response-head-too-large",
        severity=Severity.ERROR,
        layer="http",
        title="The answer's headers are too large",
        explanation=(
            "The head of the server's answer exceeds 256 KiB, the most that Chromium reads. A loop that adds headers, "
            "or a flood of Set-Cookie lines, is the usual source. The browser gives up although a 101 may be in it."
        ),
        recognised=(
            "More than 256 KiB arrived without the empty line that ends the head. Told apart from response-head-slow "
            "by the size, and from port-wrong-protocol by the valid status line."
        ),
        fix=Fix(
            "Find what adds the headers, and send cookies with ordinary answers instead of the handshake's.",
            (
                snippet(
                    "Shell (count the headers of the answer)",
                    """
                    curl -sS -o /dev/null -D - --max-time 5 {page}{path} \\
                      | cut -d: -f1 | sort | uniq -c | sort -rn
                    """,
                ),
            ),
        ),
        sources=("Chromium source: net/http/http_stream_parser.h, kMaxHeaderBufSize", "RFC 9110, section 5.4"),
        browser=browser.console("net::ERR_RESPONSE_HEADERS_TOO_BIG"),
        explains=("rest-unreachable",),
    ),
)
