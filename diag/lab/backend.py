"""The backend: Starlette on uvicorn, with the CORSMiddleware and the origin check of the incident's service."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from diag.lab import rest, session
from diag.lab.config import SOCKET_ROUTES, BackendConfig, Origins
from diag.lab.site import Site
from diag.lab.state import State

_POLL_S = 0.005
_GRACE_S = 0.5


def application(config: BackendConfig, origins: Origins, site: Site) -> ASGIApp:
    """The ASGI application: the socket's routes, REST, and the built page as in production."""
    state = State(config.push_interval_s)

    async def socket_endpoint(websocket: WebSocket) -> None:
        refusal = config.gate(websocket) or _origin_refusal(websocket, config, origins)
        if refusal:
            await websocket.send_denial_response(refusal)
            return
        await session.serve(websocket, state, config)

    async def plain_endpoint(request: Request) -> Response:
        return config.gate(request) or _not_an_upgrade(request)

    async def page(request: Request) -> Response:
        asset = site.get(request.url.path)
        return Response(asset.body, media_type=asset.content_type, headers=dict(site.HEADERS))

    routes = [
        *(WebSocketRoute(path, socket_endpoint) for path in SOCKET_ROUTES),
        *(Route(path, plain_endpoint) for path in SOCKET_ROUTES),
        *rest.routes(state, snake_case=config.snake_case_rest),
        *(Route(path, page) for path in site.paths),
    ]
    app: ASGIApp = Starlette(routes=routes)
    for layer in config.layers:
        app = layer(app, origins)
    return app


@asynccontextmanager
async def serving(app: ASGIApp, config: BackendConfig, sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
    """Serves on these sockets while the body runs; open sessions get a Close 1012 at its end, as from any uvicorn."""
    settings = uvicorn.Config(
        app,
        http="h11",
        ws=config.protocol,
        ws_max_size=1 << 20,
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(settings)
    task = asyncio.create_task(server.serve(sockets=list(sockets)))
    while not server.started and not task.done():
        await asyncio.sleep(_POLL_S)
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait([task], timeout=_GRACE_S)
        for connection in server.server_state.connections.copy():  # a peer that does not read what is left for it
            connection.transport.abort()
        await task


def _origin_refusal(websocket: WebSocket, config: BackendConfig, origins: Origins) -> Response | None:
    """An empty 403, as FastAPI answers a `close()` before `accept()`."""
    origin, host = websocket.headers.get("origin"), websocket.headers.get("host", "")
    allowed = origin is None or config.origin_allowed(origin, host, origins)
    return None if allowed else Response(status_code=403)


def _not_an_upgrade(request: Request) -> Response:
    """What a WebSocket endpoint says to a request that is no upgrade, in Tornado's words."""
    if "websocket" not in request.headers.get("upgrade", "").lower():
        return PlainTextResponse('Can "Upgrade" only to "WebSocket".', 426, headers={"Upgrade": "websocket"})
    return PlainTextResponse('"Connection" must be "Upgrade".', 400)
