"""The socket opens and beats, and nothing is ever pushed."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig
from diag.lab.fault import Fault


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, pushes=False))


FAULT = Fault(
    name="no-updates",
    where="backend",
    summary="pushes nothing",
    causes=("ws-connected-but-no-updates",),
    apply=_apply,
)
