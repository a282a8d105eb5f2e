"""`connection:ping` is never answered; protocol pings are, and pushes go on."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig
from diag.lab.fault import Fault


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, answers_heartbeat=False))


FAULT = Fault(
    name="mute-heartbeat",
    where="backend",
    summary="does not answer connection:ping",
    causes=("heartbeat-unanswered",),
    apply=_apply,
)
