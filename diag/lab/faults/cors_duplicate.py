"""Two layers both add Access-Control-Allow-Origin: the application and the web server before it."""

from __future__ import annotations

from dataclasses import replace

from starlette.types import ASGIApp

from diag.lab import cors
from diag.lab.config import LabConfig, Origins
from diag.lab.fault import Fault


def _once_more(app: ASGIApp, origins: Origins) -> ASGIApp:
    return cors.adding(app, [(b"access-control-allow-origin", origins.proxy.encode())])


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, layers=(*config.backend.layers, _once_more)))


FAULT = Fault(
    name="cors-duplicate",
    where="backend",
    summary="adds a second Access-Control-Allow-Origin",
    causes=("cors-duplicate-acao",),
    apply=_apply,
)
