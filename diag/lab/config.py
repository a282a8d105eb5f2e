"""The lab's switches: the defaults are a healthy system, a fault is a function from one `LabConfig` to another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp

from diag.lab import cors, origins
from diag.model import Client, Fallback, Headers, Reconnect

SOCKET_ROUTES = ("/ws", "/api/websocket/connect")


class Origins(NamedTuple):
    """The two places that serve the page: the backend itself (production) and the development proxy."""

    backend: str
    proxy: str


OriginCheck = Callable[[str, str, Origins], bool]
"""Whether a handshake passes, given its Origin, its Host, and the lab's own origins."""

Gate = Callable[[HTTPConnection], Response | None]
"""What stands before the socket's URL: an answer that ends the request, or None to let it pass."""

Layer = Callable[[ASGIApp, Origins], ASGIApp]
"""ASGI middleware around everything the backend serves."""


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """The Close frame that the backend sends so long after it accepted a session; 0: instead of the greeting."""

    after_s: float
    code: int
    reason: str


PAGE_CLIENT = Client(
    heartbeat_interval_s=1.0,
    heartbeat_timeout_s=2.0,
    connect_timeout_s=5.0,
    reconnect=Reconnect(attempts=3, interval_s=1.0, max_interval_s=3.0),
    fallback=Fallback(after_attempts=3, every_s=1.0),
)
"""The incident's policy, ten times as fast: three attempts with exponential backoff, then polling."""


@dataclass(frozen=True, slots=True)
class PageConfig:
    """The page as a client, and what a probe should expect of it."""

    opens: Literal["proxy", "direct"] = "proxy"
    client: Client = PAGE_CLIENT
    expect: tuple[str, ...] = ("bot:status_change", "system:health_update")
    observe_s: float = 5.0
    stale_after_s: float = 5.0


@dataclass(frozen=True, slots=True)
class ProxyConfig:
    """The development proxy. `upgrade_headers` rewrites the header lines of an upgrade on its way to the backend."""

    forwards: tuple[str, ...] = ("/ws", "/api")
    answers_upgrades: bool = True
    upgrade_headers: Callable[[Headers], Headers] = lambda headers: headers
    idle_cut_s: float | None = None


@dataclass(frozen=True, slots=True)
class BackendConfig:
    """The backend. `protocol` is what uvicorn takes as `ws`: a name or a protocol class."""

    listens: bool = True
    push_interval_s: float = 1.0
    pushes: bool = True
    answers_heartbeat: bool = True
    snake_case_rest: bool = False
    origin_allowed: OriginCheck = origins.same_or_listed
    gate: Gate = lambda _: None
    layers: tuple[Layer, ...] = (cors.allow_list,)
    session_end: SessionEnd | None = None
    protocol: str | type[asyncio.Protocol] = "wsproto"


@dataclass(frozen=True, slots=True)
class LabConfig:
    """The whole system."""

    page: PageConfig = PageConfig()
    proxy: ProxyConfig = ProxyConfig()
    backend: BackendConfig = BackendConfig()
