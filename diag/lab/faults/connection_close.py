"""A proxy that forwards Upgrade, but `Connection: close`: half of the usual nginx recipe."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig
from diag.lab.fault import Fault
from diag.model import Headers


def _closing(headers: Headers) -> Headers:
    return (*(line for line in headers if line[0].lower() != "connection"), ("Connection", "close"))


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, proxy=replace(config.proxy, upgrade_headers=_closing))


FAULT = Fault(
    name="connection-close",
    where="proxy",
    summary="forwards Upgrade, but 'Connection: close'",
    causes=("connection-header-not-upgrade", "upgrade-headers-stripped"),
    apply=_apply,
)
