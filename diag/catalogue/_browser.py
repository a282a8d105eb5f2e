"""What a page and its console show, in Chromium's words; many causes look the same from there.

A page gets no reason for a failure before the opening, by design (WebSockets Standard, "Feedback from the protocol").
"""

from __future__ import annotations

CLOSES_1006 = "The page gets an error event, then close 1006 with no reason and wasClean false."

HANGS = "The socket stays in CONNECTING with nothing on the console until the page's own timer gives up."

NO_ANSWER = f"Console: “Connection closed before receiving a handshake response”. {CLOSES_1006}"

DROPPED = "The page gets close 1006 with wasClean false: no error event, and no line on the console."

TUNNEL_OPEN = "The page gets open and sees a working socket; nothing on the console."

CORS_BLOCKED = (
    "Console: “Access to fetch at '…' from origin '…' has been blocked by CORS policy: …”; "
    "fetch rejects with TypeError."
)


def console(message: str) -> str:
    """The console line of a failed opening and the events that follow it."""
    return f"Console: “{message}”. {CLOSES_1006}"


def status(code: int) -> str:
    """The console line for an HTTP answer other than 101; the page itself never learns the status."""
    return console(f"Unexpected response code: {code}")


def invalid_frame(message: str) -> str:
    """The console line for a frame that breaks the protocol after the opening."""
    return f"Console: “{message}”. The page gets an error event, then close 1006."


def closes(code: int) -> str:
    """The close event for a Close frame of the server; an application can read its code and reason."""
    return f"The page gets close {code} with the server's reason and wasClean true; nothing on the console."
