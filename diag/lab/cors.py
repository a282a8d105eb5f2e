"""CORS for the REST routes, as ASGI layers. None of this ever touches a WebSocket."""

from __future__ import annotations

from collections.abc import Collection

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HeaderLines = list[tuple[bytes, bytes]]


def allow_list(app: ASGIApp, origins: Collection[str]) -> ASGIApp:
    """The incident's own middleware: the backend's origin and the development server's, with credentials."""
    return CORSMiddleware(
        app, allow_origins=list(origins), allow_credentials=True, allow_methods=["*"], allow_headers=["*"]
    )


def adding(app: ASGIApp, lines: HeaderLines) -> ASGIApp:
    """A layer that appends header lines to every HTTP response, whatever stands there already."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_lines(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *lines]}
            await send(message)

        await app(scope, receive, send_with_lines if scope["type"] == "http" else send)

    return layer
