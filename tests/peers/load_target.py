"""A target for load runs that counts what it does, and misbehaves by path. Prints its port when it is ready.

    python load_target.py [PORT]

`/ws/NAME` and `/api/NAME` are the behaviours below; `/counts` tells what has been counted since the start.
"""

from __future__ import annotations

import asyncio
import json
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from hashlib import sha1

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter

PUSHES = 20
"""What each session of `/ws/good` is told at once when it opens."""
PONG_SIZE = 200
"""Bytes of each answer to a heartbeat, so that a client's bytes can be added up."""
LIMIT = 3
"""How many sessions `/ws/limited` has room for."""
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PONG = 0x81, 0x88, 0x8A

counts: Counter[str] = Counter()
open_now: Counter[str] = Counter()


def frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    return bytes((first, 126)) + size.to_bytes(2, "big") + payload


async def read_frame(reader: Reader) -> tuple[int, bytes]:
    first, length = await reader.readexactly(2)
    size = length & 127
    if size >= 126:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    mask, masked = await reader.readexactly(4), await reader.readexactly(size)
    return first, bytes(byte ^ mask[at % 4] for at, byte in enumerate(masked))


async def talk(reader: Reader, writer: Writer) -> None:
    """Counts every message and answers heartbeats, until the page closes."""
    while True:
        first, payload = await read_frame(reader)
        if first == CLOSE:
            writer.write(frame(CLOSE, payload[:2]))
            return
        counts["received"] += 1
        counts["bytes_received"] += len(payload)
        message = json.loads(payload)
        if message["type"] == "connection:ping":
            answer = {"type": "connection:pong", "correlationId": message["messageId"]}
            writer.write(frame(TEXT, json.dumps(answer).ljust(PONG_SIZE).encode()))


async def good(reader: Reader, writer: Writer) -> None:
    greeting = json.dumps({"type": "connection:established"}).encode()
    updates = [json.dumps({"type": "bot:status_change", "sequence": number}).encode() for number in range(PUSHES - 1)]
    for payload in (greeting, *updates):
        counts["pushed"] += 1
        counts["bytes_pushed"] += len(payload)
        writer.write(frame(TEXT, payload))
    await talk(reader, writer)


async def clinging(reader: Reader, writer: Writer) -> None:
    """Answers the Close frame, and leaves it to the client to hang up."""
    await good(reader, writer)
    await reader.read()


async def mute(reader: Reader, _writer: Writer) -> None:
    await reader.read()


def saying(data: bytes) -> Callable[[Reader, Writer], Awaitable[None]]:
    async def say(reader: Reader, writer: Writer) -> None:
        writer.write(data)
        await reader.read()

    return say


async def huge(_reader: Reader, writer: Writer) -> None:
    writer.write(b"\x82\x7f" + (1 << 30).to_bytes(8, "big"))
    await pour(writer, b"x" * 65536)


async def flood(_reader: Reader, writer: Writer) -> None:
    push = frame(TEXT, json.dumps({"type": "health:update", "padding": "x" * 100}).encode())
    await pour(writer, push * 100)


async def pour(writer: Writer, data: bytes) -> None:
    while True:
        writer.write(data)
        await writer.drain()


async def drip(reader: Reader, writer: Writer, data: bytes) -> None:
    for byte in data:
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(1)


def status(line: str, body: str = "", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {line}", f"Content-Length: {len(body)}", *headers, "", body)
    return "\r\n".join(lines).encode()


OPENED: dict[str, Callable[[Reader, Writer], Awaitable[None]]] = {
    "good": good,
    "limited": good,
    "clinging": clinging,
    "mute": mute,
    "noise": saying(bytes(range(256)) * 4),
    "masked": saying(bytes((TEXT, 0x80 | 5)) + b"\1\2\3\4hello"),
    "not-utf8": saying(frame(TEXT, b'{"type": "\xff\xfe"}')),
    "huge": huge,
    "flood": flood,
}
"""What is done behind a proper 101."""

ANSWERED = {
    "forbidden": status("403 Forbidden", '{"error": "origin not allowed"}', "Content-Type: application/json"),
    "busy": status("429 Too Many Requests", "slow down", "Retry-After: 1"),
    "down": status("503 Service Unavailable", "maintenance"),
    "not-http": b"\x00\x01SMTP ready\r\n\r\n" * 3,
    "error": status("500 Internal Server Error", "oops"),
    "half": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of it",
    "bad-chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzzz\r\nworld",
    "fine": status("200 OK", '{"bots": []}', "Content-Type: application/json"),
}
"""What is said instead, or to a request."""


async def upgraded(name: str, key: bytes, reader: Reader, writer: Writer) -> None:
    accept = b64encode(sha1(key + _GUID, usedforsecurity=False).digest())
    counts["opened"] += 1
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    open_now[name] += 1
    try:
        await OPENED[name](reader, writer)
    finally:
        open_now[name] -= 1


async def serve(reader: Reader, writer: Writer) -> bool:
    """One request; whether there may be another one."""
    head = await reader.readuntil(b"\r\n\r\n")
    path, _, name = head.split(b" ", 2)[1].decode().rpartition("/")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    counts[name] += 1
    if name == "counts":
        writer.write(status("200 OK", json.dumps(counts)))
    elif name == "limited" and open_now[name] >= LIMIT:
        writer.write(status("503 Service Unavailable", "too many connections"))
    elif path == "/ws" and name in OPENED:
        await upgraded(name, fields[b"Sec-WebSocket-Key"], reader, writer)
        return False
    elif name == "silent":
        await reader.read()
    elif name == "drip":
        await drip(reader, writer, b"HTTP/1.1 101 Switching Protocols\r\n\r\n" * 10)
    elif name == "endless":
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await pour(writer, b"x" * 65536)
    else:
        writer.write(ANSWERED.get(name) or status("404 Not Found"))
    return name in ("error", "fine")


async def connected(reader: Reader, writer: Writer) -> None:
    try:
        while await serve(reader, writer):
            pass
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(connected, "127.0.0.1", port, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
