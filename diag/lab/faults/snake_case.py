"""REST answers in snake_case where the socket's messages are camelCase: fields that the page reads are undefined."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig
from diag.lab.fault import Fault


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, backend=replace(config.backend, snake_case_rest=True))


FAULT = Fault(
    name="snake-case",
    where="backend",
    summary="snake_cases REST, camelCases the socket",
    causes=("api-field-case-mismatch",),
    apply=_apply,
)
