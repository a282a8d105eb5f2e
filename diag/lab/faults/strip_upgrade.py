"""A proxy that does not forward hop-by-hop headers: nginx without its two `proxy_set_header` lines."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig
from diag.lab.fault import Fault
from diag.model import Headers


def _stripped(headers: Headers) -> Headers:
    kept = tuple(line for line in headers if line[0].lower() not in ("upgrade", "connection"))
    return (*kept, ("Connection", "close"))


def _apply(config: LabConfig) -> LabConfig:
    return replace(config, proxy=replace(config.proxy, upgrade_headers=_stripped))


FAULT = Fault(
    name="strip-upgrade",
    where="proxy",
    summary="forwards without Upgrade and Connection",
    causes=("upgrade-headers-stripped",),
    apply=_apply,
)
