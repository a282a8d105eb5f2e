"""Authentication after the handshake: the session is accepted, then closed with 1008."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig, SessionEnd
from diag.lab.fault import Fault

_END = SessionEnd(after_s=0, code=1008, reason="authentication required")


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, session_end=_END))


FAULT = Fault(
    name="close-1008",
    where="backend",
    summary="closes at once: authentication required",
    causes=("close-policy-or-app-auth",),
    apply=_apply,
)
