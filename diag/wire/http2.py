"""One extended CONNECT over HTTP/2 (RFC 8441), as a browser opens a WebSocket on a connection that it already has.

Just enough of HTTP/2 (RFC 9113) for a single stream: our header block is written in literals without Huffman coding,
and of the answer's block only `:status` is read, which must come first.
"""

from __future__ import annotations

import contextlib
import socket
import struct

from diag.model import Headers
from diag.observations import Http2Answer
from diag.wire.http1 import receive

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
BYTES_LIMIT = 256 * 1024
_HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY = 1, 3, 4, 7
_ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x4, 0x8, 0x20
_ENABLE_CONNECT_PROTOCOL = 0x8
_CANCEL = 0x8
_STATIC_STATUSES = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
_HUFFMAN_DIGITS = {
    "00000": "0", "00001": "1", "00010": "2", "011001": "3", "011010": "4", "011011": "5", "011100": "6",
    "011101": "7", "011110": "8", "011111": "9",
}  # fmt: skip
"""RFC 7541, appendix B: all that a status has."""


def extended_connect(sock: socket.socket, fields: Headers, *, deadline: float) -> Http2Answer:
    """Sends the preface, waits for the server's SETTINGS and, where they allow it, asks with these header fields.

    Never raises for what the peer does. The stream is cancelled at the end; the socket stays the caller's.
    """
    reader = _Reader(sock, deadline)
    try:
        sock.sendall(PREFACE + _frame(_SETTINGS, 0, 0, b""))
        kind, flags, _, payload = reader.frame()
        if kind != _SETTINGS or flags & _ACK:
            return Http2Answer(False, "not-http2")
        sock.sendall(_frame(_SETTINGS, _ACK, 0, b""))
        if _setting(payload, _ENABLE_CONNECT_PROTOCOL) != 1:
            return Http2Answer(False, "not-asked")
        reader.settled = True
        sock.sendall(_frame(_HEADERS, _END_HEADERS, 1, b"".join(_literal(*field) for field in fields)))
        found = _answer(reader)
    except TimeoutError:
        return Http2Answer(reader.settled, "timeout")
    except ValueError:
        return Http2Answer(reader.settled, "not-http2")
    except OSError:
        return Http2Answer(reader.settled, "eof")
    with contextlib.suppress(OSError):
        sock.sendall(_frame(_RST_STREAM, 0, 1, struct.pack("!I", _CANCEL)))
    return found


def _answer(reader: _Reader) -> Http2Answer:
    while True:
        kind, flags, stream, payload = reader.frame()
        if kind == _HEADERS and stream == 1:
            return Http2Answer(True, "answered", status_of(_block(payload, flags)))
        if kind == _RST_STREAM and stream == 1 and len(payload) == 4:
            return Http2Answer(True, "reset", error=int.from_bytes(payload, "big"))
        if kind == _GOAWAY and len(payload) >= 8:
            return Http2Answer(True, "goaway", error=int.from_bytes(payload[4:8], "big"))


class _Reader:
    """Frames of a stream of bytes; ValueError for what is none, ConnectionError at the end of the stream."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock = sock
        self.deadline = deadline
        self.buffer = b""
        self.total = 0
        self.settled = False

    def frame(self) -> tuple[int, int, int, bytes]:
        """Type, flags, stream and payload (RFC 9113, section 4.1)."""
        head = self._exactly(9)
        size = int.from_bytes(head[:3], "big")
        if size > 16_384:
            raise ValueError("no HTTP/2 frame: longer than anybody agreed to")
        return head[3], head[4], int.from_bytes(head[5:], "big") & 0x7FFFFFFF, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            data = receive(self.sock, self.deadline)
            self.total += len(data)
            if not data or self.total > BYTES_LIMIT:
                raise ConnectionError("the stream ended")
            self.buffer += data
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _setting(payload: bytes, wanted: int) -> int | None:
    """The last value of a setting: a later one replaces an earlier one."""
    pairs = dict(struct.unpack_from("!HI", payload, at) for at in range(0, len(payload) - 5, 6))
    return pairs.get(wanted)


def _literal(name: str, value: str) -> bytes:
    """A field without indexing, its name spelled out (RFC 7541, section 6.2.2)."""
    return b"\0" + b"".join(_string(text.encode("latin-1", "replace")) for text in (name.lower(), value))


def _string(data: bytes) -> bytes:
    """Length and bytes, not Huffman-coded; the length is an integer with a prefix of 7 bits (RFC 7541, section 5)."""
    rest = len(data) - 127
    if rest < 0:
        return bytes([len(data)]) + data
    out = bytearray([127])
    while rest >= 128:
        out.append(rest % 128 + 128)
        rest //= 128
    return bytes(out) + bytes([rest]) + data


def _block(payload: bytes, flags: int) -> bytes:
    """A header block without its frame's padding and priority; the padding behind it does no harm."""
    start = (1 if flags & _PADDED else 0) + (5 if flags & _PRIORITY else 0)
    return payload[start:]


def status_of(block: bytes) -> int | None:
    """The `:status` that a response's header block begins with, or None when it does not."""
    at = 0
    while block[at : at + 1] and block[at] & 0xE0 == 0x20:  # a change of the table's size, which we never use
        long = block[at] & 0x1F == 0x1F
        at += 1
        while long and block[at : at + 1]:
            long = block[at] >= 0x80
            at += 1
    first = block[at : at + 1]
    if not first:
        return None
    if first[0] & 0x80:
        return _STATIC_STATUSES.get(first[0] & 0x7F)
    index = first[0] & (0x3F if first[0] & 0x40 else 0x0F)
    if index not in _STATIC_STATUSES or at + 2 > len(block):
        return None
    length, coded = block[at + 1] & 0x7F, block[at + 1] & 0x80
    value = block[at + 2 : at + 2 + length]
    text = _digits(value) if coded else value.decode("latin-1")
    return int(text) if len(text) == 3 and text.isascii() and text.isdigit() else None


def _digits(value: bytes) -> str:
    bits, text, code = "".join(f"{byte:08b}" for byte in value[:8]), "", ""
    for bit in bits:
        code += bit
        if code in _HUFFMAN_DIGITS:
            text, code = text + _HUFFMAN_DIGITS[code], ""
    return text
