"""The handshake needs a bearer token, and the page's JavaScript cannot send the header."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from diag.lab.config import LabConfig
from diag.lab.fault import Fault

AUTHORIZATION = "Bearer lab"


def _demand_token(connection: HTTPConnection) -> Response | None:
    if connection.headers.get("authorization") == AUTHORIZATION:
        return None
    return JSONResponse({"detail": "Not authenticated"}, 401, headers={"WWW-Authenticate": 'Bearer realm="lab"'})


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, gate=_demand_token))


FAULT = Fault(
    name="auth",
    where="backend",
    summary="wants 'Authorization: Bearer lab', else 401",
    causes=("auth-required",),
    apply=_apply,
)
