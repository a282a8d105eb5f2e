"""A client's frames, as bytes to hand to `Session.send`."""

from __future__ import annotations

import random

from diag.browser.frames import encode_frame


def masked(opcode: int, payload: bytes) -> bytes:
    """One whole frame with a fresh mask."""
    return encode_frame(opcode, payload, fresh_mask())


def fresh_mask() -> bytes:
    """Random, but no secret: a mask protects proxies from scripts that a page did not choose (RFC 6455, section 10.3),

    and here nobody but the target's own tester writes the payload.
    """
    return random.getrandbits(32).to_bytes(4, "big")
