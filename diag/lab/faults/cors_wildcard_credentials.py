"""`Access-Control-Allow-Origin: *` together with credentials, which Fetch refuses (section 3.2.3, CORS check)."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from diag.lab import cors
from diag.lab.config import LabConfig, Origins
from diag.lab.fault import Fault

_LINES: cors.HeaderLines = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-credentials", b"true"),
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"content-type, x-requested-with"),
]


def _wildcard(app: ASGIApp, _origins: Origins) -> ASGIApp:
    async def answering_options(scope: Scope, receive: Receive, send: Send) -> None:
        preflight = scope["type"] == "http" and scope["method"] == "OPTIONS"
        await (Response(status_code=204) if preflight else app)(scope, receive, send)

    return cors.adding(answering_options, _LINES)


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, layers=(_wildcard,)))


FAULT = Fault(
    name="cors-wildcard-credentials",
    where="backend",
    summary="allows any origin (*) with credentials",
    causes=("cors-credentials-wildcard",),
    apply=_apply,
)
