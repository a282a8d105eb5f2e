"""What `wsdiag load` and `wsdiag compare` load: the target, as its users will see it, if it may be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from diag.commands._load_options import Traffic
from diag.commands.options import LabChoice
from diag.config.errors import ConfigError, NoTargetError
from diag.config.flags import Flags, Settings, overridden, settings
from diag.loading import descriptors, guard, plan
from diag.model import ApiRequest, Fallback, Target

_SOCKETS_OF_LAB = 3


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is loaded: its settings, the hosts that may be, and the lab's process when the lab is the target."""

    settings: Settings
    allowed: tuple[str, ...] = ()
    lab_pid: int | None = None

    @property
    def target(self) -> Target:
        """The target, with its fallback as the users will poll it."""
        return self.settings.target


@contextmanager
def loaded(flags: Flags, lab: LabChoice, traffic: Traffic, users: int) -> Iterator[Loaded]:
    """The target of a load, with the lab up while the body runs.

    ConfigError for a target that is not this machine and that nobody has allowed to be loaded.
    """
    if not lab.wanted:
        yield _permitted(_settings(flags), traffic)
        return
    if flags.url or flags.routes or flags.config:
        raise ConfigError("wsdiag: --lab brings its own routes: drop the URL, --proxy, --direct, --route and --config")
    from diag.loading import lab as labs  # noqa: PLC0415 - subprocesses

    ensure_descriptors(users * _SOCKETS_OF_LAB + descriptors.OWN, f"--lab: with --users {users} it", "load less")
    with labs.running(lab.faults) as running:
        found = Settings(overridden(running.target, flags))
        yield replace(_permitted(found, traffic), lab_pid=running.pid)


def ensure_descriptors(wanted: int, who: str, way_out: str) -> None:
    """Raises the soft limit, or a ConfigError when the hard one does not allow it."""
    problem = descriptors.shortage(wanted)
    if problem is not None:
        raise ConfigError(f"wsdiag: {who} {problem}, or {way_out}")


def polls_of(target: Target) -> tuple[ApiRequest, ...]:
    """The requests that polling users send, as `scenarios.load` picks them."""
    fallback = target.client.fallback
    if fallback is not None and fallback.request is not None:
        return (fallback.request,)
    return tuple(request for request in target.api if request.method == "GET")


def ensure_polls(target: Target, scenario: str) -> None:
    """ConfigError when users of this scenario would have nothing to poll."""
    if "PollingUser" in plan.SCENARIOS[scenario] and not polls_of(target):
        raise ConfigError("wsdiag: nothing to poll: give --poll URL, or name api or client.fallback in wsdiag.yaml")


def _settings(flags: Flags) -> Settings:
    try:
        return settings(flags)
    except NoTargetError:
        offers = "give a URL (ws://localhost:5173/ws), name a route in wsdiag.yaml, or try --lab"
        raise ConfigError(f"wsdiag: nothing to load: {offers}") from None


def _permitted(found: Settings, traffic: Traffic) -> Loaded:
    target = _polling(found.target, traffic)
    allowed = (*traffic.allowed, *guard.listed(found.load))
    hosts = guard.strangers(target, polls_of(target), allowed)
    if hosts:
        raise ConfigError(guard.refusal(hosts))
    return Loaded(replace(found, target=target), allowed)


def _polling(target: Target, traffic: Traffic) -> Target:
    """The target whose fallback is what the flags say: several requests are the page's own, in their order."""
    if not traffic.polls and traffic.poll_every_s is None:
        return target
    fallback = target.client.fallback or Fallback()
    api = target.api
    if traffic.polls:
        declared = {(each.method, each.url): each for each in target.api}
        if len(traffic.polls) > 1 and any(each.method != "GET" for each in traffic.polls):
            raise ConfigError("wsdiag: --poll: several requests must all be GETs")
        api = tuple(declared.get((each.method, each.url), each) for each in traffic.polls)
        fallback = replace(fallback, request=api[0] if len(api) == 1 else None)
    fallback = replace(fallback, every_s=traffic.poll_every_s or fallback.every_s)
    return replace(target, api=api, client=replace(target.client, fallback=fallback))
