"""The proxy gives up a tunnel after one silent second, the client beats every three, and little is pushed."""

from __future__ import annotations

from dataclasses import replace

from diag.lab.config import LabConfig
from diag.lab.fault import Fault

_CUT_S = 1.0
_HEARTBEAT_S = 3.0
_OBSERVE_S = 4.0
_PUSH_S = 3600.0


def _apply(config: LabConfig) -> LabConfig:
    client = replace(config.page.client, heartbeat_interval_s=_HEARTBEAT_S)
    return replace(
        config,
        page=replace(config.page, client=client, expect=(), observe_s=_OBSERVE_S),
        proxy=replace(config.proxy, idle_cut_s=_CUT_S),
        backend=replace(config.backend, push_interval_s=_PUSH_S),
    )


FAULT = Fault(
    name="idle-cut",
    where="proxy",
    summary="cuts a tunnel that is silent for 1 s",
    causes=("idle-timeout-proxy",),
    apply=_apply,
)
