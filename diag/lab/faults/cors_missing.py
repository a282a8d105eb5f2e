"""No CORS middleware at all: neither the preflight nor the response names the page's origin."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig
from diag.lab.fault import Fault


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, layers=()))


FAULT = Fault(
    name="cors-missing",
    where="backend",
    summary="sends no CORS headers at all",
    causes=("cors-origin-not-allowed", "cors-preflight-rejected"),
    apply=_apply,
)
