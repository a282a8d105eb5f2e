"""Rules: from what was seen to findings, and from findings to one root cause. Pure; nothing here asks the network.

Every module whose name has no leading underscore is a rule family: it exports `CODES`, the codes that it may raise,
and `judge(seen)`. No list to edit; a missing or mistyped export is an error at start.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache

from diag.catalogue import entries
from diag.dialects import AUTO
from diag.model import Finding, Verdict
from diag.observations import Broken, Environment, Session
from diag.recording import Recording
from diag.report import Check, Report
from diag.rules import _api, _fixes, _root_cause, _routes
from diag.seen import Seen

Rule = Callable[[Seen], Iterator[Finding]]


@cache
def families() -> dict[str, tuple[Rule, tuple[str, ...]]]:
    """Every rule family by name, with its codes; TypeError for a module that does not declare itself properly."""
    found = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_"):
        module = importlib.import_module(f"{__name__}.{name}")
        rule, codes = getattr(module, "judge", None), getattr(module, "CODES", None)
        if not callable(rule) or not isinstance(codes, tuple) or not set(codes) <= entries().keys():
            raise TypeError(f"diag/rules/{name}.py does not export judge() and CODES of the catalogue")
        found[name] = (rule, codes)
    return found


def findings(seen: Seen) -> tuple[Finding, ...]:
    """Everything that any rule finds, in the order of the families."""
    return tuple(finding for rule, _ in families().values() for finding in rule(seen))


def judge(recording: Recording, command: str = "probe") -> Report:
    """The report of one run: findings, the primary cause, the verdict, and the routes stage by stage."""
    seen = Seen(recording.target, recording.observations)
    named = _root_cause.explained(seen, findings(seen))
    broken = [item for item in recording.observations if isinstance(item, Broken)]
    broken.sort(key=lambda item: (item.probe, item.route or "", item.reason))
    unknown = bool(broken) or recording.interrupted
    checks = tuple(Check(f"probe {item.route or item.probe}", "broken", item.reason, 0.0) for item in broken)
    notes = ("interrupted: this is what was seen until then",) if recording.interrupted else ()
    return Report(
        command=command,
        started_at=recording.started_at,
        duration_ms=recording.duration_ms,
        target=recording.target,
        verdict=_verdict(seen, named.primary, unknown=unknown),
        primary_cause=named.primary.code if named.primary else None,
        findings=tuple(_fixes.tailored(seen, item) for item in named.findings),
        routes=tuple(_routes.report(seen, route) for route in recording.target.routes),
        api=tuple(_api.report(seen, call) for call in seen.calls),
        checks=checks,
        proxies_set=tuple(
            name for item in recording.observations if isinstance(item, Environment) for name in item.proxies_set
        ),
        notes=notes + _notes(seen),
    )


def _verdict(seen: Seen, primary: Finding | None, *, unknown: bool) -> Verdict:
    if primary is not None:
        return Verdict.DEGRADED if _usable(seen) else Verdict.BROKEN
    return Verdict.UNKNOWN if unknown or seen.session(seen.page) is None else Verdict.HEALTHY


def _usable(seen: Seen) -> bool:
    """Whether the page's route gives a socket that can be used: open, and not taken away at once.

    A server that restarts (1001, 1012) takes it away for a while only.
    """
    session = seen.session(seen.page)
    if session is None or not seen.context.allowed:
        return False
    closed = session.closed
    return closed is None or closed.code in (1001, 1012) or closed.after_ms >= _root_cause.AT_ONCE_MS


def _spoken(session: Session) -> str:
    if not session.dialect_why:
        return "no dialect was recognised; heartbeats were the protocol's pings"
    return f"the dialect is {session.dialect}: {session.dialect_why}"


def _notes(seen: Seen) -> tuple[str, ...]:
    notes = []
    if len(seen.target.routes) == 1 and seen.verdict(seen.page) and not seen.opens(seen.page):
        notes.append("only one route was given; a second one (--direct URL) would tell the proxy from the backend")
    if not seen.target.idle_limit_s:
        notes.append("idle timeouts longer than the watch were not looked for (--idle-limit)")
    if seen.target.client.dialect == AUTO:
        sessions = [session for route in seen.target.routes if (session := seen.session(route))]
        notes += [f"{session.route}: {_spoken(session)}" for session in sessions]
    return tuple(notes)
