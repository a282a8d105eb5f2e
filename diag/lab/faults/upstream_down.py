"""The backend is not running: refused directly; through the proxy EOF for an upgrade and 502 for a request."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig
from diag.lab.fault import Fault


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, listens=False))


FAULT = Fault(
    name="upstream-down",
    where="backend",
    summary="does not listen; the proxy finds nobody",
    causes=("vite-proxy-target-down", "gateway-upstream-refused", "tcp-refused"),
    apply=_apply,
)
