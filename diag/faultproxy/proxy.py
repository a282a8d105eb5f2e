"""`FaultProxy`: a listener on loopback in a thread of its own, and the faults that are in force."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from diag.faultproxy.fault import CloseWith, Fault, Flap, Reset, Restart, conditions, lasts
from diag.faultproxy.link import Link, abort, leave
from diag.faultproxy.pump import Peer
from diag.faultproxy.weather import Weather

CONNECTIONS = 500
"""More than that at once are reset: a client that retries into a black hole must not eat the machine."""
CONNECT_S = 15.0
_BACKLOG = 512
_Started = Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where connections lead. `host` is the Host header to write, None to leave the client's.

    With `tls` the proxy encrypts towards the server, and can look into the frames; without it, what a client encrypts
    passes as it is.
    """

    addresses: tuple[str, ...]
    port: int
    host: str | None = None
    tls: ssl.SSLContext | None = None
    server_name: str | None = None


class FaultProxy:
    """In front of one server while the `with` block runs; without a fault until `set`.

    `port` is where it listens on `listen`, a loopback address; 0 picks a free one. `on_link` hears, on the proxy's own
    thread, of every connection that begins and ends: ("opened", number), ("ended", number).
    """

    def __init__(
        self,
        upstream: Upstream,
        port: int = 0,
        listen: str = "127.0.0.1",
        seed: int = 0,
        on_link: Callable[[str, int], None] = lambda _what, _number: None,
    ) -> None:
        """Nothing listens before the `with` block."""
        self.upstream = upstream
        self.port = port
        self.listen = listen
        self.accepted = 0
        self._seed = seed
        self._on_link = on_link
        self._lasting: tuple[Fault, ...] = ()
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flapping: asyncio.Task[None] | None = None
        self._listener: socket.socket | None = None

    def __enter__(self) -> Self:
        """Returns when it accepts; OSError when the port is taken."""
        with ExitStack() as opened:
            keeper = opened.enter_context(_bound(self.listen, self.port))
            self.port = keeper.getsockname()[1]
            started = _Started()
            self._thread = threading.Thread(target=self._run, args=(started,), daemon=True, name="fault proxy")
            self._thread.start()
            self._loop, self._stopping = started.result()
            self._keeper = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Resets what is still open; no thread and no port is left behind."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._keeper.close()

    def set(self, *faults: Fault) -> None:
        """These faults and no others from now on; those that strike do so unless they are in force already.

        Returns when they are. A Close needs frames: it ends a connection that has none without.
        """
        asyncio.run_coroutine_threadsafe(self._set(faults), self._loop).result()

    @property
    def open(self) -> int:
        """How many connections are open."""
        return len(self._links)

    def _run(self, started: _Started) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _serve(self, started: _Started) -> None:
        stopping = asyncio.Event()
        self._weather = Weather(self._seed)
        self._accept(accepts=True)
        started.set_result((asyncio.get_running_loop(), stopping))
        try:
            await stopping.wait()
        finally:
            self._flap(None)
            self._accept(accepts=False)
            for link in self._links:
                link.reset()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _set(self, faults: tuple[Fault, ...]) -> None:
        before, self._lasting = self._lasting, tuple(filter(lasts, faults))
        now = conditions(faults)
        self._weather.change(now)
        if now.flap is None or now.flap not in before:
            self._flap(now.flap)
        if now.flap is None:
            self._accept(accepts=now.accepts)
        for fault in faults:
            if fault not in before:
                self._strike(fault)
        await asyncio.sleep(0)

    def _strike(self, fault: Fault) -> None:
        for link in self._links:
            match fault:
                case Reset():
                    link.reset()
                case CloseWith(code, reason) | Restart(code, reason):
                    link.close(code, reason)

    def _flap(self, flap: Flap | None) -> None:
        if self._flapping:
            self._flapping.cancel()
        self._flapping = asyncio.create_task(self._by_turns(flap)) if flap else None

    async def _by_turns(self, flap: Flap) -> None:
        while True:
            self._accept(accepts=False)
            self._strike(Reset())
            await asyncio.sleep(flap.down_s)
            self._accept(accepts=self._weather.conditions.accepts)
            await asyncio.sleep(flap.up_s)

    def _accept(self, *, accepts: bool) -> None:
        """Opens or closes the listener; the port stays ours, because another socket keeps it without listening."""
        loop = asyncio.get_running_loop()
        if accepts and self._listener is None:
            self._listener = _bound(self.listen, self.port)
            self._listener.listen(_BACKLOG)
            loop.add_reader(self._listener, self._accept_one, self._listener)
        elif not accepts and self._listener is not None:
            loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def _accept_one(self, listener: socket.socket) -> None:
        with suppress(OSError):
            sock, _ = listener.accept()
            self.accepted += 1
            if len(self._tasks) >= CONNECTIONS:
                sock.close()
                return
            sock.setblocking(False)
            task = asyncio.create_task(self._connection(sock, self.accepted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            # A task that is cancelled before its first step closes nothing by itself.
            task.add_done_callback(lambda _: sock.close())

    async def _connection(self, sock: socket.socket, number: int) -> None:
        peers = [Peer(*await asyncio.open_connection(sock=sock))]
        self._on_link("opened", number)
        try:
            await self._relay(peers)
        finally:  # whatever a cancellation left out
            for peer in peers:
                abort(peer, with_rst=False)
            self._on_link("ended", number)

    async def _relay(self, peers: list[Peer]) -> None:
        """Adds the server's end to the client's, and relays."""
        client = peers[0]
        await self._weather.passable("to-server")
        upstream = None if client.reader.at_eof() or client.reader.exception() else await self._dial()
        if upstream is None:
            await leave(client)
            return
        peers.append(upstream)
        link = Link(client, upstream, self._weather, self.upstream.host)
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)

    async def _dial(self) -> Peer | None:
        """The first address that accepts, or None."""
        to = self.upstream
        for address in to.addresses:
            with suppress(OSError):
                async with asyncio.timeout(CONNECT_S):
                    name = to.server_name if to.tls else None
                    return Peer(*await asyncio.open_connection(address, to.port, ssl=to.tls, server_hostname=name))
        return None


def _bound(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
