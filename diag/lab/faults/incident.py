"""The incident: a hardcoded URL takes the page past the proxy, to a backend that accepts its own origin only."""

from __future__ import annotations

from dataclasses import replace

from diag.lab import origins
from diag.lab.config import LabConfig
from diag.lab.fault import Fault


def _apply(config: LabConfig) -> LabConfig:
    return replace(
        config,
        page=replace(config.page, opens="direct"),
        backend=replace(config.backend, origin_allowed=origins.same_host),
    )


FAULT = Fault(
    name="incident",
    where="page",
    summary="opens the backend's URL past the proxy: 403",
    causes=("url-bypasses-dev-proxy", "client-url-wrong", "origin-rejected"),
    apply=_apply,
)
