"""The development proxy: serves the page and forwards the socket and the API to the backend, as the incident's Vite
does. Every request has a connection of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

from diag.lab.config import ProxyConfig
from diag.lab.http1 import HEAD_LIMIT, BadRequestError, Request, read_request, response
from diag.lab.site import Site
from diag.lab.tunnel import CHUNK, Connection, relay

_TEXT = "text/plain; charset=utf-8"


class Proxy:
    """One proxy."""

    def __init__(self, config: ProxyConfig, backend_port: int, site: Site) -> None:
        """In front of a port of 127.0.0.1."""
        self._config = config
        self._backend_port = backend_port
        self._site = site
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self, sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
        """Serves on these sockets while the body runs; then every open tunnel ends with FIN."""
        servers = [await asyncio.start_server(self._accepted, sock=sock, limit=HEAD_LIMIT) for sock in sockets]
        try:
            yield
        finally:
            for server in servers:
                server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for server in servers:
                await server.wait_closed()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(Connection(reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: Connection) -> None:
        try:
            request = await read_request(client.reader)
            if request:
                await self._handle(request, client)
        except BadRequestError as error:
            client.writer.write(response(HTTPStatus.BAD_REQUEST, _TEXT, f"{error}\n".encode()))
        except OSError:
            client.writer.transport.abort()
        finally:
            await client.close()

    async def _handle(self, request: Request, client: Connection) -> None:
        if not any(request.path == prefix or request.path.startswith(f"{prefix}/") for prefix in self._config.forwards):
            client.writer.write(self._page(request))
        elif not request.is_upgrade:
            await self._forward(request.with_headers((*request.without("connection"), ("Connection", "close"))), client)
        elif self._config.answers_upgrades:
            headers = self._config.upgrade_headers(request.headers)
            await self._forward(request.with_headers(headers), client, upgrade=True)
        else:
            await _until_left(client)

    async def _forward(self, request: Request, client: Connection, *, upgrade: bool = False) -> None:
        """Hands the request on; a backend that is down is a 502, and for an upgrade just the end, as with Vite."""
        try:
            upstream = Connection(*await asyncio.open_connection("127.0.0.1", self._backend_port))
        except OSError as error:
            if not upgrade:
                client.writer.write(response(HTTPStatus.BAD_GATEWAY, _TEXT, f"{error.strerror}\n".encode()))
            return
        try:
            upstream.writer.write(request.encoded())
            await relay(client, upstream, self._config.idle_cut_s if upgrade else None)
        finally:
            upstream.writer.transport.abort()  # what it has not read by now, it never will

    def _page(self, request: Request) -> bytes:
        if request.method not in ("GET", "HEAD"):
            return response(HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, b"", (("Allow", "GET, HEAD"),))
        asset = self._site.get(request.path)
        whole = response(HTTPStatus.OK, asset.content_type, asset.body, self._site.HEADERS)
        return whole if request.method == "GET" else whole.removesuffix(asset.body)


async def _until_left(client: Connection) -> None:
    while await client.reader.read(CHUNK):
        pass
