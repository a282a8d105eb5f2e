"""The page's REST requests and their preflights, by httpx over this package's own connections.

httpx brings parsing, chunking and connection handling; `_Backend` brings our resolver, Happy Eyeballs and one deadline
for everything, since httpx's own time-outs start anew with every byte. The environment's proxies are out of reach: a
transport of our own never looks at them.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

import httpcore
import httpx

from diag.model import Headers
from diag.observations import Answer, NoAnswer
from diag.wire import tls
from diag.wire.decoding import decoded
from diag.wire.dial import Dialer, reach

BODY_LIMIT = 256 * 1024
BYTES_LIMIT = 1024 * 1024
"""For one connection, head included: h11 bounds a head at 100 KiB and knows no bound for a body."""


class _FailureError(Exception):
    """A failure that already is an observation."""

    def __init__(self, outcome: NoAnswer) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


class _Stream(httpcore.NetworkStream):
    def __init__(self, sock: socket.socket, backend: _Backend) -> None:
        self.sock = sock
        self.backend = backend
        self.received = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - one deadline for all
        self.sock.settimeout(self.backend.left())
        data = self.sock.recv(max_bytes)
        self.received += len(data)
        if self.received > BYTES_LIMIT:
            raise _FailureError(NoAnswer("http", "too-large", f"more than {BYTES_LIMIT} bytes"))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self.sock.settimeout(self.backend.left())
        self.sock.sendall(buffer)

    def close(self) -> None:
        self.sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        wrapped = tls.wrap(self.sock, server_hostname or "", ssl_context, self.backend.deadline)
        if isinstance(wrapped, NoAnswer):
            raise _FailureError(wrapped)
        return _Stream(wrapped, self.backend)

    def get_extra_info(self, info: str) -> Any:
        """httpcore asks an idle connection whether it has become readable; ours are used once."""
        return self.sock if info == "socket" else None


class _Backend(httpcore.NetworkBackend):
    def __init__(self, dialer: Dialer, deadline: float) -> None:
        self.dialer = dialer
        self.deadline = deadline

    def left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        reached = reach(host, port, self.dialer, deadline=self.deadline)
        if reached.sock is None:
            raise _FailureError(reached.failure or NoAnswer("tcp", "unreachable"))
        return _Stream(reached.sock, self)


class _Transport(httpx.BaseTransport):
    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self.pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        core = httpcore.Request(request.method, url, headers=request.headers.raw, content=request.stream)
        answer = self.pool.handle_request(core)
        extensions = answer.extensions
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=extensions)


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self.answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self.answer.iter_stream()

    def close(self) -> None:
        self.answer.close()


def send(method: str, url: str, headers: Headers, dialer: Dialer, *, deadline: float) -> Answer | NoAnswer:
    """One request on a connection of its own, its redirects not followed; never raises for what a peer does."""
    context = tls.context(dialer.tls)
    with httpcore.ConnectionPool(ssl_context=context, network_backend=_Backend(dialer, deadline)) as pool:
        try:
            # Not through httpx.Client: it raises for a Location that is no URL, even where it follows none.
            request = httpx.Request(method, url, headers=list(headers))
            with closing(_Transport(pool).handle_request(request)) as response:
                return _answer(response)
        except _FailureError as error:
            return error.outcome
        except TimeoutError:
            return NoAnswer("http", "timeout")
        except ConnectionResetError:
            return NoAnswer("http", "reset")
        except (httpcore.RemoteProtocolError, httpx.InvalidURL) as error:
            reason = "eof" if "without sending" in str(error) else "not-http"
            return NoAnswer("http", reason, str(error))
        except OSError as error:
            return NoAnswer("http", "reset", str(error))


def _answer(response: httpx.Response) -> Answer:
    body, complete = b"", True
    try:
        for chunk in response.iter_raw():
            body += chunk
            if len(body) >= BODY_LIMIT:
                complete = False
                break
    except (_FailureError, OSError, httpcore.RemoteProtocolError):
        complete = False
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    version = response.extensions.get("http_version", b"HTTP/1.1").decode("latin-1")
    body = decoded(body, response.headers.get("content-encoding"), BODY_LIMIT)
    return Answer(response.status_code, response.reason_phrase, version, headers, body, complete)
