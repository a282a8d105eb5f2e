"""The connection is cut for a while: the page's client goes through the fault proxy, which then refuses it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from diag.client.policy import window_s
from diag.drill.losses import CONNECTED, GAVE_UP, POLLING
from diag.drill.through import through, upstream
from diag.faultproxy.fault import Refuse, Reset
from diag.faultproxy.proxy import FaultProxy
from diag.verify.living import Living
from diag.verify.observed import Cut
from diag.verify.plan import Plan

_STEADY_S = 2.0
_GRACE_S = 1.0

Say = Callable[[str], None]


def cut(plan: Plan, halt: threading.Event, say: Say) -> Cut:
    """Connects, waits for what is expected, cuts, lets through again, and waits for what came before.

    OSError when this machine has no port for the proxy.
    """
    with FaultProxy(upstream(plan.cutting)) as proxy:
        life = Living(through(plan.cutting, proxy.port), halt)
        found = Cut(life.leave()) if not _steady(plan, life) else None
        if found is None:
            found = _cut(plan, proxy, life, say)
    return found


def _cut(plan: Plan, proxy: FaultProxy, life: Living, say: Say) -> Cut:
    came = life.types()
    wanted = came & frozenset(plan.cutting.expect)
    say(f"cut off for {plan.outage_s:.1f} s")
    cut_s = life.now_s
    proxy.set(Reset(), Refuse())
    life.wait(lambda: False, cut_s + plan.outage_s)
    life.wait(lambda: not life.connected, life.now_s + _GRACE_S)
    life.forget_types()
    clear_s = life.now_s
    proxy.set()
    say("waiting for the client to come back")
    policy = plan.cutting.client.reconnect
    patience_s = min(window_s(policy), 1.5 * plan.pace.back_s) + _GRACE_S
    life.wait(lambda: life.state in (CONNECTED, POLLING, GAVE_UP), clear_s + patience_s)
    if life.connected and came:
        say("back, waiting for updates")
        life.wait(lambda: bool(life.types()) and wanted <= life.types(), life.now_s + plan.pace.resume_s)
    else:
        life.wait(lambda: False, life.now_s + _GRACE_S)
    return replace(Cut(life.leave()), cut_s=cut_s, clear_s=clear_s)


def _steady(plan: Plan, life: Living) -> bool:
    """Connected, with everything that is expected seen once, if it comes soon."""
    opened = life.wait(lambda: life.connected, plan.cutting.client.connect_timeout_s + _GRACE_S)
    if opened:
        expected = frozenset(plan.cutting.expect)
        life.wait(lambda: bool(life.types()) and expected <= life.types(), life.now_s + _STEADY_S)
    return opened
