"""Scripted servers behind a WebSocket library that is not ours: a script gets messages and says what it likes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Message, Ping, Request, TextMessage

Data = str | bytes
Script = Callable[["Line"], None]


class Line:
    """The server's side of one session; `got` holds every message of the client's."""

    def __init__(self, connection: socket.socket, got: list[Data], subprotocol: str | None) -> None:
        self.connection = connection
        self.wire = WSConnection(ConnectionType.SERVER)
        self.subprotocol = subprotocol
        self.got = got
        self.opened = False

    def say(self, *messages: Data) -> None:
        for data in messages:
            self.connection.sendall(self.wire.send(Message(data=data)))

    def messages(self) -> Iterator[Data]:
        """The client's messages until its end; the handshake, pings and the Close frame are answered on the way.

        The page's own document, which a probe asks for as well, is not found.
        """
        while data := self.connection.recv(65_536):
            if not self.opened and b"\r\nSec-WebSocket-Key:" not in data:
                self.connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                return
            self.wire.receive_data(data)
            for event in self.wire.events():
                match event:
                    case Request():
                        self.opened = True
                        self.connection.sendall(self.wire.send(AcceptConnection(subprotocol=self.subprotocol)))
                        yield ""
                    case TextMessage(data=message) | BytesMessage(data=message):
                        self.got.append(message if isinstance(message, str) else bytes(message))
                        yield self.got[-1]
                    case Ping():
                        self.connection.sendall(self.wire.send(event.response()))
                    case CloseConnection():
                        self.connection.sendall(self.wire.send(event.response()))
                        return


class Spoken:
    """A running server: its port, what clients said, and whether a session has ended."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.got: list[Data] = []
        self.over = threading.Event()


@pytest.fixture
def speaks(serve) -> Callable[..., Spoken]:
    """`speaks(script)` runs `script(line)` for each session; the first message that it gets is empty: the open."""

    def start(script: Script, subprotocol: str | None = None) -> Spoken:
        def handler(connection: socket.socket) -> None:
            line = Line(connection, spoken.got, subprotocol)
            with contextlib.suppress(OSError):
                script(line)
            if line.opened:
                spoken.over.set()

        spoken = Spoken(0)
        spoken.port = serve(handler).port
        return spoken

    return start
