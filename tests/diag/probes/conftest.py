"""Scripted WebSocket servers: a real handshake on a real socket, and then whatever a script writes."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from diag import dialects
from diag.model import Client, Route, Target
from diag.observations import Session
from diag.probes.requests import request
from diag.probes.session import watch
from diag.probes.upgrade import upgrade
from diag.wire.dial import Dialer

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
PATIENCE_S = 10.0
Script = Callable[["Peer"], None]


class Peer:
    """The server's side of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffer = b""
        connection.settimeout(PATIENCE_S)
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self._received()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.head = head.decode("latin-1")

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers, by their names in lower case."""
        pairs = (line.partition(":") for line in self.head.split("\r\n")[1:])
        return {name.lower(): value.strip() for name, _, value in pairs}

    @property
    def is_upgrade(self) -> bool:
        return "upgrade" in self.headers and "sec-websocket-key" in self.headers

    def switch(self, *lines: str, behind: bytes = b"") -> None:
        """A good 101, and these bytes behind it in the same segment."""
        key = self.headers["sec-websocket-key"]
        guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        digest = hashlib.sha1(f"{key}{guid}".encode(), usedforsecurity=False).digest()
        accept = f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}"
        head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", accept, *lines]
        self.connection.sendall("\r\n".join([*head, "", ""]).encode() + behind)

    def answer(self, status: int, body: str = "", *lines: str) -> None:
        head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body.encode())}", *lines]
        self.connection.sendall("\r\n".join([*head, "", body]).encode())

    def say(self, value: Any) -> None:
        self.connection.sendall(frame(TEXT, json.dumps(value).encode()))

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def close(self, code: int | None, reason: str = "") -> None:
        """A Close frame, and then the client's side until it ends."""
        payload = b"" if code is None else struct.pack("!H", code) + reason.encode()
        self.send(frame(CLOSE, payload))
        self.drain()

    def frame(self) -> tuple[int, bytes] | None:
        """The client's next frame, unmasked; None at the end of the stream."""
        first = self._exactly(2)
        if first is None:
            return None
        size = first[1] & 127
        if size > 125:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8) or b"", "big")
        mask, payload = self._exactly(4), self._exactly(size)
        if mask is None or payload is None:
            return None
        return first[0] & 15, bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """The client's frames until its Close, which is answered, or the end of the stream."""
        while (got := self.frame()) is not None:
            yield got
            if got[0] == CLOSE:
                self.send(frame(CLOSE, got[1]))
                return

    def messages(self) -> Iterator[dict[str, Any]]:
        """The client's JSON messages; its pings are answered."""
        for opcode, payload in self.frames():
            if opcode == PING:
                self.send(frame(PONG, payload))
            elif opcode == TEXT:
                yield json.loads(payload)

    def drain(self) -> None:
        while self.frame() is not None:
            pass

    def finish(self) -> None:
        """FIN, whatever the client still sends."""
        self.connection.shutdown(socket.SHUT_WR)
        self.drain()

    def reset(self) -> None:
        """RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _exactly(self, size: int) -> bytes | None:
        while len(self.buffer) < size:
            data = self._received()
            if not data:
                return None
            self.buffer += data
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def _received(self) -> bytes:
        try:
            return self.connection.recv(65_536)
        except OSError:
            return b""


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes = b"") -> bytes:
    """A server's frame; `rsv` are its three reserved bits, `mask` what no server may use."""
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
    if size > 0xFFFF:
        length = b"\x7f" + size.to_bytes(8, "big")
    length = bytes([length[0] | (0x80 if mask else 0)]) + length[1:]
    masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload)) if mask else payload
    return bytes([(0x80 if fin else 0) | rsv << 4 | opcode]) + length + mask + masked


def deflated(payload: bytes) -> bytes:
    """The payload of a compressed message (RFC 7692, section 7.2.1)."""
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return (squeeze.compress(payload) + squeeze.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


@pytest.fixture
def speaking(serve) -> Callable[..., int]:
    """`speaking(script)` is the port of a server that gives every connection, its head read, to the script."""

    def start(script: Script) -> int:
        return int(serve(lambda connection: script(Peer(connection))).port)

    return start


@pytest.fixture
def accepting(speaking) -> Callable[..., int]:
    """`accepting(script)`: the same behind a good 101 with these header lines."""

    def start(script: Script, *lines: str, behind: bytes = b"") -> int:
        def accept(peer: Peer) -> None:
            peer.switch(*lines, behind=behind)
            script(peer)

        return speaking(accept)

    return start


@pytest.fixture
def watched() -> Callable[..., Session]:
    """`watched(port)` opens a session and watches it, as a page whose heartbeats are due every 45 seconds."""

    def start(
        port: int,
        *,
        seconds: float = 0.5,
        variant: str = "browser",
        stop: Callable[[], bool] = lambda: False,
        client: Client | None = None,
        **target: Any,
    ) -> Session:
        route = Route("proxy", f"ws://127.0.0.1:{port}/ws")
        examined = Target(route.origin, route.url, (route,), client=client or Client())
        examined = replace(examined, **target)
        opened = upgrade(request(examined, route, variant), Dialer(), deadline=time.monotonic() + PATIENCE_S)
        dialect = dialects.load(examined.client.dialect)
        return watch(opened, examined, dialect, variant=variant, observe_s=seconds, stop=stop)

    return start


@pytest.fixture
def wire() -> Any:
    """The functions that make a server's bytes: `wire.frame`, `wire.deflated`."""

    class Bytes:
        frame = staticmethod(frame)
        deflated = staticmethod(deflated)

    return Bytes
