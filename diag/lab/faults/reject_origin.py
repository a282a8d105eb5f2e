"""An allow-list of origins that names the backend's own and forgets the page's: 403 whatever the route."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig, Origins
from diag.lab.fault import Fault


def _is_own(origin: str, _host: str, origins: Origins) -> bool:
    return origin == origins.backend


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, origin_allowed=_is_own))


FAULT = Fault(
    name="reject-origin",
    where="backend",
    summary="refuses the page's origin, 403",
    causes=("origin-rejected",),
    apply=_apply,
)
