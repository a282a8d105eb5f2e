"""A 101 whose Sec-WebSocket-Accept answers another key, as a cached or hand-written handshake does."""

from __future__ import annotations

import re
from dataclasses import replace

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

from diag.lab.config import LabConfig
from diag.lab.fault import Fault

# The example of RFC 6455, section 1.3: the accept value is always s3pPLMBiTxaQ9kYGzzhZRbK+xOo=.
_KEY_LINE = b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


class FixedAccept(WSProtocol):
    """Answers every handshake as if it had sent the same key."""

    def data_received(self, data: bytes) -> None:
        """Rewrites the handshake's head, which uvicorn hands over first and whole; frames pass unchanged."""
        if not self.handshake_complete:
            data = re.sub(rb"(?i)sec-websocket-key:[^\r\n]*\r\n", _KEY_LINE, data, count=1)
        super().data_received(data)


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, protocol=FixedAccept))


FAULT = Fault(
    name="bad-accept",
    where="backend",
    summary="answers 101 with a wrong accept value",
    causes=("accept-wrong",),
    apply=_apply,
)
