"""`Lab`: backend and development proxy in one background thread, started and stopped like a file."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from diag.lab import backend, ports
from diag.lab.config import LabConfig, Origins
from diag.lab.fault import broken
from diag.lab.proxy import Proxy
from diag.lab.site import Site, inline_config
from diag.lab.target import target
from diag.model import Target

_OWN = "/ws"
"""The socket's URL as a path of whatever serves the page."""

_Sockets = list[socket.socket]
_Started = Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]


class Lab:
    """The incident's system on loopback, 127.0.0.1 and ::1, while the `with` block runs."""

    def __init__(
        self,
        faults: Sequence[str] = (),
        backend_port: int = 0,
        proxy_port: int = 0,
        push_interval_s: float = 1.0,
    ) -> None:
        """Port 0 picks a free one. UnknownFaultError for a fault that does not exist."""
        healthy = LabConfig()
        paced = replace(healthy, backend=replace(healthy.backend, push_interval_s=push_interval_s))
        self.faults = tuple(faults)
        self.config = broken(paced, faults)
        self.backend_port = backend_port
        self.proxy_port = proxy_port

    def __enter__(self) -> Self:
        """Returns when both accept; PortInUseError when a port is taken."""
        with ExitStack() as opened:
            keep = ports.listening if self.config.backend.listens else ports.refusing
            backend_sockets = [opened.enter_context(sock) for sock in keep(self.backend_port)]
            proxy_sockets = [opened.enter_context(sock) for sock in ports.listening(self.proxy_port)]
            self.backend_port = _port(backend_sockets)
            self.proxy_port = _port(proxy_sockets)
            started = _Started()
            self._thread = threading.Thread(
                target=self._run, args=(started, backend_sockets, proxy_sockets), daemon=True
            )
            self._thread.start()
            self._loop, self._stopping = started.result()
            self._sockets = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends open sessions with Close 1012 and stops both; nothing is left behind."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._sockets.close()

    @property
    def origins(self) -> Origins:
        """Where the page is served from, in production and in development."""
        return Origins(f"http://localhost:{self.backend_port}", f"http://localhost:{self.proxy_port}")

    @property
    def page(self) -> str:
        """The origin of the page as the user opens it."""
        return self.origins.proxy

    def target(self) -> Target:
        """What `wsdiag probe` would be told about this lab."""
        return target(self.config.page, self.origins)

    def _run(self, started: _Started, backend_sockets: _Sockets, proxy_sockets: _Sockets) -> None:
        """The thread. What keeps it from starting is raised where `started` is awaited."""
        try:
            asyncio.run(self._serve(started, backend_sockets, proxy_sockets))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _serve(self, started: _Started, backend_sockets: _Sockets, proxy_sockets: _Sockets) -> None:
        page, stopping = self.config.page, asyncio.Event()
        in_production = Site(inline_config(page, _OWN))
        in_development = Site(inline_config(page, _OWN if page.opens == "proxy" else self.target().url))
        app = backend.application(self.config.backend, self.origins, in_production)
        proxy = Proxy(self.config.proxy, self.backend_port, in_development)
        async with AsyncExitStack() as running:
            if self.config.backend.listens:
                await running.enter_async_context(backend.serving(app, self.config.backend, backend_sockets))
            await running.enter_async_context(proxy.serving(proxy_sockets))
            started.set_result((asyncio.get_running_loop(), stopping))
            await stopping.wait()
            await _stop_accepting([*backend_sockets, *proxy_sockets])


async def _stop_accepting(sockets: _Sockets) -> None:
    """To be called before the servers are closed.

    asyncio forgets, unclosed, a connection that it accepts in the turn in which its server closes: a few turns later
    every one has a task or a transport that can be ended.
    """
    for sock in sockets:
        asyncio.get_running_loop().remove_reader(sock)
    for _ in range(5):
        await asyncio.sleep(0)


def _port(sockets: _Sockets) -> int:
    return int(sockets[0].getsockname()[1])
