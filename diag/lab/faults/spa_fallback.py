"""A web server whose catch-all for single-page applications also catches the socket's path."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig
from diag.lab.fault import Fault


def _apply(config: LabConfig) -> LabConfig:
    forwards = tuple(prefix for prefix in config.proxy.forwards if prefix != "/ws")
    return replace(config, proxy=replace(config.proxy, forwards=forwards))


FAULT = Fault(
    name="spa-fallback",
    where="proxy",
    summary="answers /ws with the page, 200",
    causes=("spa-fallback-200",),
    apply=_apply,
)
