"""A proxy rule without `ws: true`: requests are forwarded, an upgrade is left waiting for ever."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig
from diag.lab.fault import Fault


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, proxy=replace(config.proxy, answers_upgrades=False))


FAULT = Fault(
    name="unanswered-upgrade",
    where="proxy",
    summary="forwards requests, never answers an upgrade",
    causes=("proxy-ws-disabled", "vite-proxy-ws-disabled"),
    apply=_apply,
)
