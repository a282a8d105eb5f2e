"""What the lab's tests see the wire with: a raw HTTP exchange and a WebSocket session, both without proxies."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import websocket

from diag.lab import Lab

PATIENCE_S = 10.0
KEY = "x3JJHMbDL1EzLkh9GBhXDw=="
_DIGEST = hashlib.sha1(f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode(), usedforsecurity=False).digest()
ACCEPT = base64.b64encode(_DIGEST).decode()


@dataclass(frozen=True)
class Reply:
    """An HTTP response, or `status` None when the connection ended without one."""

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


def exchange(
    port: int,
    method: str = "GET",
    path: str = "/ws",
    headers: dict[str, str] | None = None,
    *,
    address: str = "127.0.0.1",
    timeout_s: float = PATIENCE_S,
) -> Reply:
    """One raw request and its response; the connection is closed afterwards. TimeoutError when nothing comes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{port}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    with socket.create_connection((address, port), timeout_s) as sock:
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        return read_reply(sock, method)


def read_reply(sock: socket.socket, method: str = "GET") -> Reply:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = sock.recv(65536)
        if not chunk:
            return Reply(None)
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    reply = Reply(int(first.split()[1]), headers)
    length = int((reply.all("content-length") or ["0"])[0]) if method != "HEAD" else 0
    while len(body) < length and (chunk := sock.recv(65536)):
        body += chunk
    return Reply(reply.status, headers, body)


def upgrade_headers(origin: str | None = None, **more: str) -> dict[str, str]:
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    return {**headers, **({"Origin": origin} if origin else {}), **more}


class Session:
    """A WebSocket session in the incident's dialect."""

    def __init__(self, url: str, origin: str) -> None:
        self.socket = websocket.create_connection(
            url, PATIENCE_S, origin=origin, http_no_proxy=["*"], enable_multithread=False
        )

    def ask(self, type_: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": type_, "data": {"timestamp": 1}, "timestamp": 1, **fields}))

    def next(self) -> dict[str, Any]:
        return json.loads(self.socket.recv())

    def until(self, type_: str) -> dict[str, Any]:
        """The next message of that type; the others are dropped."""
        while (message := self.next())["type"] != type_:
            pass
        return message

    def answered(self, round_trips: int = 3) -> list[str]:
        """The types of everything that came until so many health requests were answered, each after a ping."""
        types: list[str] = []
        for number in range(round_trips):
            self.ask("connection:ping", messageId=f"ping-{number}")
            self.ask("system:health_request", messageId=f"health-{number}")
            while (message := self.next()).get("correlationId") != f"health-{number}":
                types.append(message["type"])
        return types

    def end(self) -> tuple[int, str] | None:
        """Reads to the end: the server's Close code and reason, or None for an end without a Close frame."""
        while True:
            try:
                opcode, data = self.socket.recv_data()
            except websocket.WebSocketConnectionClosedException:
                return None
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big"), data[2:].decode()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with ExitStack() as opened:
        yield Wire(opened)


class Wire:
    """What a test needs of the wire; whatever it opens is closed with the test."""

    accept = ACCEPT
    exchange = staticmethod(exchange)
    upgrade_headers = staticmethod(upgrade_headers)
    read_reply = staticmethod(read_reply)

    def __init__(self, opened: ExitStack) -> None:
        self.opened = opened

    def lab(self, *faults: str, push_interval_s: float = 1.0) -> Lab:
        return self.opened.enter_context(Lab(faults, push_interval_s=push_interval_s))

    def session(self, url: str, origin: str) -> Session:
        session = Session(url, origin)
        self.opened.callback(session.socket.shutdown)
        return session


@pytest.fixture(scope="module")
def healthy() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab
