"""The backend's REST routes: the same state as the pushes, for the page's first look and its polling fallback."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from diag.lab.state import State


def routes(state: State, *, snake_case: bool) -> list[Route]:
    """`GET /api/health`, `/api/health/{serviceName}` and `/api/bots`."""

    def answer(value: Any, status: int = 200) -> Response:
        return JSONResponse(snake_cased(value) if snake_case else value, status, headers={"Cache-Control": "no-store"})

    async def health(_: Request) -> Response:
        return answer(state.health())

    async def service(request: Request) -> Response:
        name = request.path_params["name"]
        found = state.service(name)
        return answer(found) if found else answer({"detail": f"unknown service {name}"}, 404)

    async def bots(_: Request) -> Response:
        return answer(state.bots())

    return [Route("/api/health", health), Route("/api/health/{name}", service), Route("/api/bots", bots)]


def snake_cased(value: Any) -> Any:
    """The same JSON value with every key in snake_case."""
    match value:
        case dict():
            return {re.sub(r"([A-Z])", r"_\1", key).lower(): snake_cased(part) for key, part in value.items()}
        case list():
            return [snake_cased(part) for part in value]
        case _:
            return value
