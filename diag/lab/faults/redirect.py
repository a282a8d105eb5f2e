"""The socket's path is redirected to https, which no browser follows for a WebSocket."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

from diag.lab.config import LabConfig
from diag.lab.fault import Fault


def _to_https(connection: HTTPConnection) -> Response:
    return RedirectResponse(f"https://{connection.headers.get('host', '')}{connection.url.path}", 301)


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, gate=_to_https))


FAULT = Fault(
    name="redirect",
    where="backend",
    summary="redirects the socket's path to https, 301",
    causes=("redirect-to-https",),
    apply=_apply,
)
