"""A 101 that does not fit the client's offer of subprotocols and extensions."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

_CHOOSE_SUBPROTOCOL = (
    snippet(
        "Starlette or FastAPI",
        """
        offered = websocket.scope["subprotocols"]
        await websocket.accept(subprotocol="app.v1" if "app.v1" in offered else None)
        """,
    ),
    snippet(
        "Node (ws)",
        """
        const sockets = new WebSocketServer({
          server,
          handleProtocols: (offered) => (offered.has('app.v1') ? 'app.v1' : false),
        })
        """,
    ),
    snippet("websockets (Python)", 'server = await serve(handler, "127.0.0.1", 3000, subprotocols=["app.v1"])'),
)

ENTRIES = (
    Entry(
        code="subprotocol-not-echoed",
        severity=Severity.ERROR,
        layer="handshake",
        title="The server picks none of the offered subprotocols",
        explanation=(
            "The page passes subprotocols and the 101 names none of them. A browser then fails the connection; wscat "
            "and Python clients do not, so the server looks fine from a shell."
        ),
        recognised=(
            "Subprotocols were offered and the answer has no Sec-WebSocket-Protocol; without an offer it opens. Told "
            "apart from subprotocol-mismatch, where the answer names one that was not offered."
        ),
        fix=Fix(
            "Let the server choose one of the offered subprotocols, or offer none.",
            (
                *_CHOOSE_SUBPROTOCOL,
                snippet("Browser code (offer none)", "const socket = new WebSocket(url)"),
            ),
        ),
        sources=(
            "WebSockets Standard, “establish a WebSocket connection”",
            "RFC 6455, section 4.2.2",
            "swoole/swoole-src#946",
            "measured: Chromium 156",
        ),
        browser=browser.console("Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received"),
    ),
    Entry(
        code="subprotocol-mismatch",
        severity=Severity.ERROR,
        layer="handshake",
        title="The server picks a subprotocol that was not offered",
        explanation=(
            "The 101 names a subprotocol that is not on the page's list, so every browser fails the connection. The "
            "comparison is exact, case included."
        ),
        recognised=(
            "Sec-WebSocket-Protocol in the answer is not among the offered values. Told apart from "
            "subprotocol-unrequested, where nothing was offered."
        ),
        fix=Fix("Use one list of subprotocols on both sides.", _CHOOSE_SUBPROTOCOL),
        sources=("RFC 6455, section 4.1", "measured: Chromium 156"),
        browser=browser.console(
            "'Sec-WebSocket-Protocol' header value '…' in response does not match any of sent values"
        ),
    ),
    Entry(
        code="subprotocol-unrequested",
        severity=Severity.ERROR,
        layer="handshake",
        title="The server names a subprotocol nobody asked for",
        explanation=(
            "The page offers no subprotocol and the 101 names one; even an empty header counts. Every browser fails "
            "the connection."
        ),
        recognised=(
            "Sec-WebSocket-Protocol in the answer to a handshake without an offer. Told apart from "
            "subprotocol-mismatch by the absence of the offer."
        ),
        fix=Fix("Leave Sec-WebSocket-Protocol out unless the client offered one.", _CHOOSE_SUBPROTOCOL),
        sources=("RFC 6455, section 4.1", "websockets/ws#2016", "measured: Chromium 156"),
        browser=browser.console("Response must not include 'Sec-WebSocket-Protocol' header if not present in request"),
    ),
    Entry(
        code="subprotocol-literal-null",
        severity=Severity.ERROR,
        layer="handshake",
        title="The page offers a subprotocol named null",
        explanation=(
            "new WebSocket(url, null) or (url, undefined as text) offers a subprotocol of that very name, because the "
            "constructor turns its second argument into a string. A server that picks none of the offered names is "
            "then failed by the browser, and one that insists on its own refuses the handshake."
        ),
        recognised=(
            "The page's list holds “null” or “undefined”, and the handshake fails with it and opens without. Told "
            "apart from subprotocol-not-echoed, where the offer is a real name."
        ),
        fix=Fix(
            "Pass an empty list when there is no subprotocol.",
            (snippet("Browser code", "const socket = new WebSocket(url, protocol ? [protocol] : [])"),),
        ),
        sources=("WebSockets Standard, “WebSocket(url, protocols)” constructor", "gamestdio/websocket#5"),
        browser=browser.console("Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received"),
        explains=(
            "subprotocol-not-echoed",
            "subprotocol-mismatch",
            "auth-forbidden",
            "auth-required",
            "server-error-in-handshake",
        ),
    ),
    Entry(
        code="extension-unoffered",
        severity=Severity.ERROR,
        layer="handshake",
        title="The server turns on an extension nobody offered",
        explanation=(
            "The 101 names an extension that the client did not offer, or parameters that it cannot accept. Every "
            "browser fails the connection. A proxy that drops Sec-WebSocket-Extensions from the request, or a server "
            "with a fixed answer, does this."
        ),
        recognised=(
            "Sec-WebSocket-Extensions in the answer that the offer does not cover. Told apart from frame-rsv-bit, "
            "where the handshake is fine and compressed frames come without agreement."
        ),
        fix=Fix(
            "Let the server answer only what was offered, or switch permessage-deflate off.",
            (
                snippet("Node (ws)", "const sockets = new WebSocketServer({ server, perMessageDeflate: false })"),
                snippet("uvicorn (shell)", "uvicorn app:app --ws-per-message-deflate false"),
            ),
        ),
        sources=("RFC 6455, sections 4.1 and 9.1", "RFC 7692, section 5", "measured: Chromium 156"),
        browser=browser.console("Found an unsupported extension"),
        explains=("frame-rsv-bit",),
    ),
)
