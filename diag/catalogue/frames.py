"""Frames that break the protocol after the opening; a browser ends the connection at the first one."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import SESSION_OVER
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

_FOLLOWS = (*SESSION_OVER, "close-protocol-error-1002")

ENTRIES = (
    Entry(
        code="frame-rsv-bit",
        severity=Severity.ERROR,
        layer="frames",
        title="A frame has reserved bits set",
        explanation=(
            "A frame has RSV1 set although no compression was agreed, or RSV2 or RSV3, which nothing defines. As a "
            "rule something between client and server removed the extension from one side of the handshake only."
        ),
        recognised=(
            "The first bad frame's RSV bits against the extensions of the 101. If it vanishes on the direct route, "
            "the proxy touches Sec-WebSocket-Extensions; if it vanishes without the offer, the server compresses "
            "unasked. Told apart from frame-invalid by these bits."
        ),
        fix=Fix(
            "Switch permessage-deflate off, or let every hop pass Sec-WebSocket-Extensions unchanged.",
            (
                snippet("Node (ws)", "const sockets = new WebSocketServer({ server, perMessageDeflate: false })"),
                snippet("uvicorn (shell)", "uvicorn app:app --ws-per-message-deflate false"),
                snippet("websockets (Python)", 'server = await serve(handler, "127.0.0.1", 3000, compression=None)'),
            ),
        ),
        sources=(
            "RFC 6455, section 5.2",
            "RFC 7692, section 6",
            "websockets/ws#2282",
            "websockets/ws#1238",
            "measured: Chromium 156",
        ),
        browser=browser.invalid_frame("One or more reserved bits are on"),
        explains=_FOLLOWS,
    ),
    Entry(
        code="frame-masked-by-server",
        severity=Severity.ERROR,
        layer="frames",
        title="The server masks its frames",
        explanation=(
            "Only clients mask. A server that does was written with the client's half of a library, or something "
            "echoes the client's bytes back. The browser ends the connection at the first such frame."
        ),
        recognised="The mask bit of a frame from the server. Told apart from frame-invalid by that bit.",
        fix=Fix(
            "Send unmasked frames from the server.",
            (
                snippet("Node (ws)", "socket.send(data, { mask: false })  // the default of a server"),
                snippet(
                    "wsproto (Python)",
                    """
                    connection = WSConnection(ConnectionType.SERVER)
                    """,
                ),
            ),
        ),
        sources=("RFC 6455, section 5.1", "measured: Chromium 156"),
        browser=browser.invalid_frame("A server must not mask any frames that it sends to the client."),
        explains=_FOLLOWS,
    ),
    Entry(
        code="frame-bad-opcode",
        severity=Severity.ERROR,
        layer="frames",
        title="A frame has an unknown opcode",
        explanation=(
            "A frame carries one of the reserved opcodes (3 to 7, 11 to 15). The server's framing is wrong, or bytes "
            "that are no frames were written into the connection, such as a log line or an HTTP answer."
        ),
        recognised=(
            "The opcode of the first bad frame. Told apart from frame-invalid by a header that is valid otherwise."
        ),
        fix=Fix(
            "Write to the connection through the WebSocket library only.",
            (snippet("Node (ws)", "client.send(JSON.stringify(message))  // never socket.write(…) after the upgrade"),),
        ),
        sources=("RFC 6455, section 5.2", "measured: Chromium 156"),
        browser=browser.invalid_frame("Unrecognized frame opcode"),
        explains=_FOLLOWS,
    ),
    Entry(
        code="frame-invalid-utf8",
        severity=Severity.ERROR,
        layer="frames",
        title="A text message is not valid UTF-8",
        explanation=(
            "A text message holds bytes that are no UTF-8: binary data sent as text, a string in another encoding, or "
            "a message cut in the middle of a character. The browser ends the connection."
        ),
        recognised=(
            "The decoded bytes of the message, after decompression. Told apart from frame-rsv-bit by a valid header."
        ),
        fix=Fix(
            "Send binary data as binary messages and text as UTF-8.",
            (
                snippet("Starlette or FastAPI", "await websocket.send_bytes(payload)"),
                snippet("Node (ws)", "client.send(payload, { binary: true })"),
            ),
        ),
        sources=("RFC 6455, sections 5.6 and 8.1", "measured: Chromium 156"),
        browser=browser.invalid_frame("Could not decode a text frame as UTF-8."),
        explains=_FOLLOWS,
    ),
    Entry(
        code="frame-invalid",
        severity=Severity.ERROR,
        layer="frames",
        title="A frame breaks the protocol",
        explanation=(
            "The server's bytes are no valid sequence of frames: a fragmented or oversized control frame, a "
            "continuation without a beginning, a length that is not minimal, or a broken Close. The browser ends the "
            "connection there."
        ),
        recognised=(
            "Any violation of the framing that has no code of its own; the evidence names the rule. Told apart from "
            "frame-rsv-bit, frame-masked-by-server, frame-bad-opcode and frame-invalid-utf8."
        ),
        fix=Fix(
            "Let a maintained WebSocket library write the frames.",
            (
                snippet("Node (shell)", "npm install ws@8"),
                snippet("Python (shell)", "pip install --upgrade websockets"),
            ),
        ),
        sources=("RFC 6455, sections 5.2, 5.4 and 5.5",),
        browser=browser.invalid_frame("Invalid frame header"),
        explains=_FOLLOWS,
    ),
)
