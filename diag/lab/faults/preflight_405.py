"""The CORS headers are right, but nothing answers OPTIONS: the preflight's status is 405."""

from __future__ import annotations

from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from diag.lab.config import LabConfig, Origins
from diag.lab.fault import Fault


def _preflight_unknown(app: ASGIApp, _origins: Origins) -> ASGIApp:
    """Hides what makes OPTIONS a preflight: the middleware adds its headers, and the router answers 405."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            lines = [line for line in scope["headers"] if line[0] != b"access-control-request-method"]
            scope = {**scope, "headers": lines}
        await app(scope, receive, send)

    return layer


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, layers=(*config.backend.layers, _preflight_unknown)))


FAULT = Fault(
    name="preflight-405",
    where="backend",
    summary="answers OPTIONS with 405",
    causes=("cors-preflight-rejected",),
    apply=_apply,
)
