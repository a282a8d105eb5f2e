"""The ways a server breaks the framing, in Chromium's words (net/websockets/websocket_channel.cc)."""

from __future__ import annotations

from diag.browser.frame_events import Opcode, Violation

_FRAME_NAMES = {Opcode.CLOSE: "Close", Opcode.PING: "Ping", Opcode.PONG: "Pong"}

MASKED = Violation(
    "masked", 1002, "Masked frame from server", "A server must not mask any frames that it sends to the client."
)
# RFC 6455 §8.1 asks for 1007 here; Chromium sends 1002, Firefox 1007.
INVALID_UTF8 = Violation("invalid-utf8", 1002, "Invalid UTF-8 in text frame", "Could not decode a text frame as UTF-8.")
CONTINUATION_UNEXPECTED = Violation(
    "continuation-unexpected", 1002, "Unexpected continuation", "Received unexpected continuation frame."
)
CONTINUATION_EXPECTED = Violation(
    "continuation-expected",
    1002,
    "Previous data frame unfinished",
    "Received start of new message but previous message is unfinished.",
)
CLOSE_PAYLOAD = Violation("close-payload", 1002, "", "Received a broken close frame with an invalid size of 1 byte.")
CLOSE_CODE_RESERVED = Violation(
    "close-code-reserved", 1002, "", "Received a broken close frame containing a reserved status code."
)
CLOSE_REASON = Violation(
    "close-reason-utf8",
    1002,
    "Invalid UTF-8 in Close frame",
    "Received a broken close frame containing invalid UTF-8.",
)
# A frame of 2 GiB and more ends the connection without a Close frame and without a word on the console.
FRAME_TOO_BIG = Violation("too-big", None)


def header_invalid(problem: str) -> Violation:
    """Build the violation for a header that no frame can have; Chromium does not tell these apart."""
    return Violation(problem, 1002, "WebSocket Protocol Error", "Invalid frame header")


UNREADABLE = frozenset(
    {
        FRAME_TOO_BIG,
        *map(header_invalid, ("length-encoding", "control-fragmented", "control-too-long", "rsv-bit", "bad-deflate")),
    }
)
"""The violations that Chromium meets while it takes a read apart, before it acts on the frames in it."""


def reserved_bits(rsv: int) -> Violation:
    """Build the violation for RSV bits that no extension gave a meaning."""
    bits = ", ".join(f"reserved{i} = {rsv >> (3 - i) & 1}" for i in (1, 2, 3))
    return Violation("rsv-bit", 1002, "Invalid reserved bit", f"One or more reserved bits are on: {bits}")


def bad_opcode(opcode: int) -> Violation:
    """Build the violation for a reserved opcode."""
    return Violation("bad-opcode", 1002, "Unknown opcode", f"Unrecognized frame opcode: {opcode}")


def after_close(opcode: int) -> Violation:
    """Build the violation for a frame behind the server's Close (RFC 6455 §5.5.1); our Close is out already."""
    known = "Data frame" if opcode <= Opcode.BINARY else "Unknown frame type"
    name = next((name for code, name in _FRAME_NAMES.items() if code == opcode), known)
    return Violation("frame-after-close", None, "", f"{name} received after close")


def message_too_big(limit: int) -> Violation:
    """Build the violation for a message beyond our own limit; a browser would take it (RFC 6455 §7.4.1, 1009)."""
    return Violation("too-big", 1009, "Message too big", f"Message of more than {limit} bytes")
