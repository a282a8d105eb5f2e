"""A backend that keeps restarting: every session ends after half a second with 1012."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig, SessionEnd
from diag.lab.fault import Fault

_END = SessionEnd(after_s=0.5, code=1012, reason="service restart")


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, session_end=_END))


FAULT = Fault(
    name="close-1012",
    where="backend",
    summary="closes after 0.5 s: service restart",
    causes=("close-restart",),
    apply=_apply,
    warning=True,
)
